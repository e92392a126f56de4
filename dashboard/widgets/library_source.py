"""Which library is scanned, what it holds, and the scan itself."""

import streamlit as st

from core.errors import EigenscopeError
from core.library.sources import HOME, SHIPPED
from core.library.store import library_info
from core.structure.entry import CANCELLED
from dashboard import resources
from dashboard.jobs import format_rate, format_seconds
from dashboard.scan_runs import library_of
from dashboard.state import remember, session
from dashboard.widgets.columns import count_statuses
from dashboard.widgets.geometry_choice import choose_geometry
from dashboard.widgets.guard import show_error
from dashboard.widgets.learner_choice import band_note, choose_learner, current_model_key, learner_of
from dashboard.widgets.own_file import show_own_file
from dashboard.widgets.scan_run import scan_shipped, scan_upload
from dashboard.widgets.text import escape_markdown

OWN = "own"
LEARNER_WIDTH = 320  # pixels
SOURCE_LABELS = {key: library.title for key, library in SHIPPED.items()} | {OWN: "Own file"}


def show_source() -> None:
    """Show the choice of library, what it holds, and Run."""
    state = session()
    library = remember(
        st.segmented_control,
        "Library",
        "library",
        options=[key for key in SOURCE_LABELS if key == OWN or is_there(key)],
        format_func=SOURCE_LABELS.get,
        label_visibility="collapsed",
    )
    choose_learner(width=LEARNER_WIDTH)
    busy = "scan" in state.jobs
    if library in SHIPPED:
        try:
            st.caption(describe_library(library))
        except EigenscopeError as error:
            show_error(error)
            return
        if st.button("Run scan", type="primary", key="scan_run", disabled=busy, icon=":material/play_arrow:"):
            scan_shipped(library)
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


def is_there(key: str) -> bool:
    """Return whether a library is offered: the home library always, since its absence is an error to be said."""
    return SHIPPED[key] is HOME or SHIPPED[key].path.exists()


@st.cache_data(show_spinner=False)
def describe_library(key: str) -> str:
    """Return what a library that comes with the program holds, in one line, and which part of all such molecules it is."""
    info = library_info(resources.shipped_library(key))
    formulae = ", ".join(list(info["formulae"])[:3]) + (" …" if len(info["formulae"]) > 3 else "")
    constitutions = f", stereoisomers of {info['n_constitutions']:,} constitutions" if info["n_constitutions"] else ""
    conformers = f" in {info['n_conformers']:,} conformers" if info["n_conformers"] > info["n_molecules"] else ""
    low, high = info["n_atoms"]
    atoms = f"{low}" if low == high else f"{low} to {high}"
    geometry = ", ".join(list(info["geometry"])[:2])
    return (
        f"**{info['n_molecules']:,} molecules**{conformers}{constitutions} ({SHIPPED[key].part}) · {formulae} · {atoms} atoms "
        f"each · geometry: {escape_markdown(geometry)}. Mirror images have the same spectrum and are there once."
    )


def show_scan_line() -> None:
    """Say what the scan on the page is of, how long it took, and how many rows have no prediction."""
    state = session()
    if state.scan is None:
        return
    library = library_of(state.scan_key)
    name = SHIPPED[library].title if library in SHIPPED else state.scan_key.split(" #")[0]
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
    """Choose the learner whose predictions are ranked; a library that comes with the program is scanned again from here."""
    state = session()
    chosen = choose_learner(width=LEARNER_WIDTH)
    if state.scan is None or learner_of(state.scan) == chosen:
        return
    library = library_of(state.scan_key)
    if library not in SHIPPED:
        st.page_link("app_pages/scan/page.py", label="Scan your library again", icon=":material/arrow_forward:")
    elif st.button(
        f"Scan again with {resources.learner_name(chosen)}", key="rank_scan_again", disabled="scan" in state.jobs
    ):
        scan_shipped(library)
        st.rerun()
