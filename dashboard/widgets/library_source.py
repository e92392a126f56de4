"""Which library is scanned, what it holds, and the scan itself."""

import pandas as pd
import streamlit as st

from core.assets import HOME_LIBRARY
from core.errors import EigenscopeError
from core.library.store import library_info
from dashboard import resources
from dashboard.jobs import Job, format_seconds
from dashboard.state import Session, remember, session
from dashboard.widgets.columns import count_statuses
from dashboard.widgets.job_bar import run_job
from dashboard.widgets.learner_choice import band_note, choose_learner, current_model_key, learner_of
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.upload import Upload, show_uploader
from dashboard.widgets.wording import GEOMETRY_LABELS

HOME, OWN = "home", "own"
LEARNER_WIDTH = 320  # pixels
SOURCE_LABELS = {HOME: "C7H10O2 stereoisomers (home library)", OWN: "Own file"}


def collect_scan(state: Session, result: tuple[pd.DataFrame, float]) -> None:
    """Take a finished scan into the session and, when it is whole, into the memory that all sessions share."""
    scan, seconds = result
    key = state.settings["scanning"]
    if not scan["reason"].str.contains("cancelled").any():
        resources.keep_scan(key, scan, seconds)
    set_scan(state, key, scan, seconds)


def set_scan(state: Session, key: str, scan: pd.DataFrame, seconds: float) -> None:
    """Make a scan the one that Scan and Rank show."""
    state.scan, state.scan_key, state.scan_seconds = scan.reset_index(drop=True), key, seconds
    state.selected, state.filters, state.brush = [], [], None
    state.view_version += 1


def begin_scan(key: str, job: Job) -> None:
    """Run a scan beside the page."""
    state = session()
    state.settings["scanning"] = key
    resources.running_scans()[key] = job
    run_job("scan", job, collect_scan)


def scan_home() -> None:
    """Scan the home library, or take the scan from memory."""
    model = current_model_key()
    key = resources.scan_key(HOME, model)
    kept = resources.scans().get(key)
    if kept is not None:
        set_scan(session(), key, *kept)
    else:
        begin_scan(key, resources.join_scan(key) or resources.start_scan(resources.home_library(), model_key=model))


def scan_upload(upload: Upload) -> None:
    """Scan an uploaded file, or take the scan from memory."""
    state, model = session(), current_model_key()
    geometry = state.settings["geometry"]
    key = resources.scan_key(f"{upload.fingerprint} {geometry}", model)
    kept = resources.scans().get(key)
    if kept is not None:
        set_scan(state, key, *kept)
        return
    try:
        entries = upload.read()
    except EigenscopeError as error:
        state.message = str(error)
        return
    running = resources.join_scan(key)
    begin_scan(key, running or resources.start_entry_scan(entries, model_key=model, geometry=geometry))


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
        st.caption(describe_home())
        if st.button("Run scan", type="primary", key="scan_run", disabled=busy, icon=":material/play_arrow:"):
            scan_home()
            st.rerun()
        return
    upload = show_uploader("scan_upload")
    remember(
        st.segmented_control,
        "Geometry of rows without 3-D coordinates",
        "geometry",
        options=list(GEOMETRY_LABELS),
        format_func=GEOMETRY_LABELS.get,
    )
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


def is_home_scan(key: str) -> bool:
    """Return whether a scan is of the home library, by any learner; the key of a file's has its fingerprint."""
    return key.rpartition(" | ")[0] == HOME


def show_scan_line() -> None:
    """Say what the scan on the page is of, how long it took, and how many rows have no prediction."""
    state = session()
    if state.scan is None:
        return
    name = SOURCE_LABELS[HOME] if is_home_scan(state.scan_key) else state.scan_key.split(" #")[0]
    learner = resources.learner_name(learner_of(state.scan))
    speed = len(state.scan) / max(state.scan_seconds, 1e-9)
    st.markdown(
        f"**{escape_markdown(name, limit=60)}** · {escape_markdown(learner)} · {count_statuses(state.scan)} · "
        f"{format_seconds(state.scan_seconds)}, {speed:,.0f} molecules a second"
    )
    note = band_note(state.scan)
    if note:
        st.caption(escape_markdown(note))
    if learner_of(state.scan) != current_model_key():
        chosen = escape_markdown(resources.learner_name(current_model_key()))
        st.caption(f":orange[{chosen} is chosen now:] scan again to see its predictions.")
    if state.scan["reason"].str.contains("cancelled").any():
        st.warning("The scan was cancelled: what follows are the molecules predicted so far. Run it again for all.")


def show_rescan() -> None:
    """Choose the learner whose predictions are ranked; the home library is scanned again from here."""
    state = session()
    chosen = choose_learner(width=LEARNER_WIDTH)
    if state.scan is None or learner_of(state.scan) == chosen:
        return
    if not is_home_scan(state.scan_key):
        st.page_link("app_pages/scan/page.py", label="Scan your library again", icon=":material/arrow_forward:")
    elif st.button(
        f"Scan again with {resources.learner_name(chosen)}", key="rank_scan_again", disabled="scan" in state.jobs
    ):
        scan_home()
        st.rerun()
