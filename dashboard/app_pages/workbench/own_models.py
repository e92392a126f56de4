"""The learners of the user's own: saved as files, taken from files, deleted."""

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import EigenscopeError
from core.models.own import MODEL_SUFFIX, add_own_model, own_model_keys, pack_own_model, remove_own_model
from dashboard import resources
from dashboard.state import session
from dashboard.widgets.guard import show_error
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import use_learner
from dashboard.widgets.text import escape_markdown


def show_own_models() -> None:
    """List the learners of the user's own, with what can be done with them."""
    section("Your learners", "kept on this computer, for all who use this dashboard")
    keys = own_model_keys()
    if not keys:
        st.caption("None yet.")
    for key in keys:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"**{escape_markdown(resources.learner_name(key))}**  \n:small[{escape_markdown(resources.theory_of(key))}]",
                width="stretch",
            )
            st.download_button(
                "Save", partial(packed, key), file_name=f"{key}{MODEL_SUFFIX}", mime="application/zip",
                key=f"workbench_save_{key}", on_click="ignore", icon=":material/download:",
                help="One file: open it here on another computer, or name it as --model or in load_model().",
            )  # fmt: skip
            if st.button("", key=f"workbench_use_{key}", icon=":material/check_circle:", help="Use it on every page"):
                use_learner(key)
                session().notice = f"{resources.learner_name(key)} is the learner in use on every page."
                st.rerun()
            if st.button("", key=f"workbench_delete_{key}", icon=":material/delete:", help="Delete it"):
                remove_own_model(key)
                resources.forget_learners()
                st.rerun()
    upload = st.file_uploader("Open a saved learner", type=["zip"], key="workbench_open", max_upload_size=50)
    if upload is not None and st.button("Open", key="workbench_open_use"):
        open_saved(upload.getvalue())


def packed(key: str) -> bytes:
    """Return a learner as a file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{key}{MODEL_SUFFIX}"
        pack_own_model(key, path)
        return path.read_bytes()


def open_saved(data: bytes) -> None:
    """Take a saved learner to the user's own, and say so."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"learner{MODEL_SUFFIX}"
        path.write_bytes(data)
        try:
            key = add_own_model(path)
        except EigenscopeError as error:
            show_error(error)
            return
    session().notice = f"{resources.learner_name(key)} is among your learners now."
    st.rerun()
