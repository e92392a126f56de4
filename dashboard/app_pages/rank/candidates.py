"""Which candidates are ranked: rows of the scan, and of which energies."""

import pandas as pd
import streamlit as st

from core.library.sources import SHIPPED
from core.models.card import IONISATION_ENERGIES
from core.screening.filters import apply_fitting
from core.spectrum.target import Target
from core.structure.entry import OK
from dashboard import resources
from dashboard.app_pages.rank.comparison import ranked_learner
from dashboard.scan_runs import library_of
from dashboard.state import remember, session
from dashboard.widgets.learner_choice import first_learners, use_learner
from dashboard.widgets.scan_run import scan_shipped
from dashboard.widgets.text import escape_markdown


def offer_ionisation(target: Target) -> None:
    """Offer ionisation energies where a measured target is compared with Kohn-Sham levels: they are what it shows."""
    state, key = session(), first_learners().get(IONISATION_ENERGIES)
    if not target.is_measured or key is None or resources.tells_ionisation(ranked_learner()):
        return
    library = library_of(state.scan_key) if state.scan is not None else "home"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.info(
            "What is measured are ionisation energies: predicted ones find molecules better than levels on a line.",
            width="stretch",
        )
        if library in SHIPPED and st.button(
            "Compare with ionisation energies", type="primary", key="rank_ionisation", disabled="scan" in state.jobs
        ):
            use_learner(key)
            scan_shipped(library)
            st.rerun()


def show_candidates_choice(scan: pd.DataFrame) -> None:
    """Where Scan has filters: rank what they leave, or all; says how many that are."""
    state = session()
    if not state.filters:
        return
    is_ok = (scan["status"] == OK).to_numpy()
    result = apply_fitting(scan, state.filters)
    n_left, n_all = int((result.mask & is_ok).sum()), int(is_ok.sum())
    remember(
        st.toggle,
        f"Only what the filters of Scan leave: {n_left:,} of {n_all:,}",
        "rank_filtered",
        help=escape_markdown(
            "; ".join(
                condition.describe() + (" (does not apply here)" if k in result.unfit else "")
                for k, condition in enumerate(state.filters)
            ),
            limit=400,
        ),
    )
