"""Which library is scanned, what it holds, and the scan itself."""

import streamlit as st

from core.assets import HOME_LIBRARY
from core.errors import EigenscopeError
from core.library.store import library_info
from core.structure.entry import CANCELLED
from dashboard import resources
from dashboard.jobs import format_rate, format_seconds
from dashboard.scan_runs import HOME, library_of
from dashboard.state import remember, session
from dashboard.widgets.columns import count_statuses
from dashboard.widgets.geometry_choice import choose_geometry
from dashboard.widgets.guard import show_error
from dashboard.widgets.learner_choice import band_note, choose_learner, current_model_key, learner_of
from dashboard.widgets.own_file import show_own_file
from dashboard.widgets.scan_run import scan_home, scan_upload
from dashboard.widgets.text import escape_markdown

OWN = "own"
LEARNER_WIDTH = 320  # pixels
SOURCE_LABELS = {HOME: "C7H10O2 stereoisomers (home library)", OWN: "Own file"}


def show_source() -> None:
    """Show the choice of library, what it holds, and Run."""
    state = session()
    library = remember(
        st.segmented_control,
        "Library",
        "library",
        options=list(SOURCE_LABELS),
        format_func=SOURCE_LABELS.get,
        label_visibility="collapsed",
    )
    choose_learner(width=LEARNER_WIDTH)
    busy = "scan" in state.jobs
    if library == HOME:
        if not HOME_LIBRARY.exists():
            st.error("The home library is not there: `eigenscope library build` makes it.", icon=":material/error:")
            return
        try:
            st.caption(describe_home())
        except EigenscopeError as error:
            show_error(error)
            return
        if st.button("Run scan", type="primary", key="scan_run", disabled=busy, icon=":material/play_arrow:"):
            scan_home()
            st.rerun()
        return
    upload = show_own_file("scan_upload", done=state.scan_key)
    choose_geometry("Geometry of rows without 3-D coordinates")
    ready = upload is not None and not busy
    if (
        st.button("Run scan", type="primary", key="scan_run_own", disabled=not ready, icon=":material/play_arrow:")
        and upload
    ):
        scan_upload(upload)
        st.rerun()


@st.cache_data(show_spinner=False)
def describe_home() -> str:
    """Return what the home library holds, in one line."""
    info = library_info(resources.home_library())
    formulae = ", ".join(list(info["formulae"])[:3]) + (" …" if len(info["formulae"]) > 3 else "")
    constitutions = f", stereoisomers of {info['n_constitutions']:,} constitutions" if info["n_constitutions"] else ""
    low, high = info["n_atoms"]
    atoms = f"{low}" if low == high else f"{low} to {high}"
    geometry = ", ".join(list(info["geometry"])[:2])
    return (
        f"**{info['n_molecules']:,} molecules**{constitutions} · {formulae} · {atoms} atoms each · geometry: "
        f"{escape_markdown(geometry)}. Mirror images have the same spectrum and are there once."
    )


def show_scan_line() -> None:
    """Say what the scan on the page is of, how long it took, and how many rows have no prediction."""
    state = session()
    if state.scan is None:
        return
    name = SOURCE_LABELS[HOME] if library_of(state.scan_key) == HOME else state.scan_key.split(" #")[0]
    learner = resources.learner_name(learner_of(state.scan))
    reached = state.scan[state.scan["status"] != CANCELLED]
    part = f"{len(reached):,} of {len(state.scan):,}, cancelled · " if len(reached) < len(state.scan) else ""
    st.markdown(
        f"**{escape_markdown(name, limit=60)}** · {escape_markdown(learner)} · {part}{count_statuses(reached)} · "
        f"{format_seconds(state.scan_seconds)}, {format_rate(len(reached), state.scan_seconds)}"
    )
    note = band_note(state.scan)
    if note:
        st.caption(escape_markdown(note))
    if learner_of(state.scan) != current_model_key():
        chosen = escape_markdown(resources.learner_name(current_model_key()))
        st.caption(f":orange[{chosen} is chosen now:] scan again to see its predictions.")


def show_rescan() -> None:
    """Choose the learner whose predictions are ranked; the home library is scanned again from here."""
    state = session()
    chosen = choose_learner(width=LEARNER_WIDTH)
    if state.scan is None or learner_of(state.scan) == chosen:
        return
    if library_of(state.scan_key) != HOME:
        st.page_link("app_pages/scan/page.py", label="Scan your library again", icon=":material/arrow_forward:")
    elif st.button(
        f"Scan again with {resources.learner_name(chosen)}", key="rank_scan_again", disabled="scan" in state.jobs
    ):
        scan_home()
        st.rerun()
