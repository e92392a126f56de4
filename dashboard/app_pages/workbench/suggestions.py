"""Which molecules to label next."""

import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.library.sources import SHIPPED
from core.machine.progress import Progress, ShouldCancel
from core.models.registry import load_model
from core.workbench.doubt import DOUBT, as_correction, suggest_molecules
from core.workbench.learner import OwnLearner
from dashboard import resources
from dashboard.jobs import Job, Left
from dashboard.state import Session, remember, session
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.headings import section
from dashboard.widgets.job_bar import run_job, show_job
from dashboard.widgets.library_source import SOURCE_LABELS, is_there

SUGGESTING = "suggestions"
SCANNED = "scanned"


def show_suggestions(made: OwnLearner) -> None:
    """Ask where to choose from and how many, and show what to label next."""
    section("Label these next", "what the correction doubts most, unlike each other")
    options = [key for key in SHIPPED if is_there(key)] + ([SCANNED] if session().scan is not None else [])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = remember(
            st.selectbox, "Choose from", "own_candidates", options=options,
            format_func=(SOURCE_LABELS | {SCANNED: "What Scan shows"}).get, width=240,
        )  # fmt: skip
        wanted = remember(st.number_input, "How many", "own_n_next", min_value=5, max_value=500, step=5, width=120)
        if st.button(
            "Suggest", key="workbench_suggest", icon=":material/lightbulb:", disabled=SUGGESTING in session().jobs
        ):
            begin_suggesting(made, str(source), int(wanted))
            st.rerun()
    show_job(SUGGESTING, collect_suggestions)
    found = session().suggested
    if found is None:
        return
    if found.empty:
        st.info("None of the candidates is covered and without a label.", icon=":material/info:")
        return
    shown = found[[c for c in ("id", "smiles", "formula", DOUBT) if c in found]]
    st.dataframe(
        shown, hide_index=True, placeholder=ABSENT, key="workbench_suggested", height=300,
        column_config={DOUBT: quantity_config("expected_rmse_ev", "± of the band")},
    )  # fmt: skip
    st.caption(
        "Compute these at the geometries in the file and return a table of their ids and levels: a library's are known here."
    )
    with st.container(horizontal=True, gap="small"):
        table_downloads(found, "label-next")


def begin_suggesting(made: OwnLearner, source: str, n_wanted: int) -> None:
    """Start choosing beside the page, among what has no label yet."""
    scan = session().scan
    try:
        learner = as_correction(load_model(made.key))
    except EigenscopeError as error:
        session().message = str(error)
        return

    def work(progress: Progress, should_cancel: ShouldCancel) -> pd.DataFrame:
        candidates = scan if source == SCANNED and scan is not None else resources.shipped_library(source)
        return suggest_molecules(
            learner, candidates, n_wanted, labelled=made.labels.table, progress=progress, should_cancel=should_cancel
        )

    run_job(SUGGESTING, Job(work, label="Looking for what is doubted"), collect_suggestions)


def collect_suggestions(state: Session, result: pd.DataFrame | Left) -> None:
    """Take the molecules to label into the session."""
    if isinstance(result, pd.DataFrame) and not result.empty:
        state.suggested = result
