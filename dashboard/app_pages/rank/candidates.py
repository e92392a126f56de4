"""Which rows of the scan are ranked."""

import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.screening.filters import apply_filters
from core.structure.entry import OK
from dashboard.state import remember, session
from dashboard.widgets.text import escape_markdown


def show_candidates_choice(scan: pd.DataFrame) -> None:
    """Where Scan has filters: rank what they leave, or all; says how many that are."""
    state = session()
    if not state.filters:
        return
    is_ok = (scan["status"] == OK).to_numpy()
    try:
        n_left, n_all = int((apply_filters(scan, state.filters).mask & is_ok).sum()), int(is_ok.sum())
    except EigenscopeError:  # of another library; the ranking says so
        return
    remember(
        st.toggle,
        f"Only what the filters of Scan leave: {n_left:,} of {n_all:,}",
        "rank_filtered",
        help=escape_markdown("; ".join(condition.describe() for condition in state.filters), limit=400),
    )
