"""Which rows of the scan are ranked."""

import pandas as pd
import streamlit as st

from core.screening.filters import apply_fitting
from core.structure.entry import OK
from dashboard.state import remember, session
from dashboard.widgets.text import escape_markdown


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
