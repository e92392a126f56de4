"""The rows of a scan that have no prediction, and why."""

import re

import pandas as pd
import streamlit as st

from core.structure.entry import FAILED, REFUSED
from dashboard.widgets.columns import count_statuses
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.wording import STATUS_LABELS

NOT_PREDICTED = (REFUSED, FAILED)  # the rows that a cancelled run did not reach are none of them
OWN_PART = re.compile(r"[:,]? got .*?(?= \([^()]*\)$|$)", re.DOTALL)  # of a reason: what this row held
POPOVER_WIDTH = 640  # pixels


def show_not_predicted(scan: pd.DataFrame) -> None:
    """Offer these rows behind a chip: how many for each reason, then one by one, and as files."""
    bad = scan[scan["status"].isin(NOT_PREDICTED)]
    if bad.empty:
        return
    with st.popover(count_statuses(bad), icon=":material/block:", key="not_predicted"):
        st.dataframe(
            count_reasons(bad),
            hide_index=True,
            key="reasons",
            width=POPOVER_WIDTH,
            column_config={
                "Rows": st.column_config.NumberColumn(width=60),
                "Status": st.column_config.Column(width=80),
            },
        )
        rows = {"Row": bad["row"], "ID": bad["id"], "Reason": bad["reason"], "SMILES": bad["smiles"]}
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            key="not_predicted_rows",
            width=POPOVER_WIDTH,
            height=min(38 + 35 * len(bad), 300),
            column_config={
                "Row": st.column_config.NumberColumn(width=60),
                "ID": st.column_config.TextColumn(width=110),
            },
        )
        with st.container(horizontal=True, gap="small"):
            table_downloads(bad, "not-predicted", label=f"{len(bad):,} rows")


def count_reasons(bad: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows there are for each reason, the most frequent first, whatever each of them held."""
    reasons = bad["reason"].map(lambda text: OWN_PART.sub("", text))
    counts = bad.groupby(["status", reasons], sort=False).size().sort_values(ascending=False, kind="stable")
    rows = [(n, STATUS_LABELS[status], reason) for (status, reason), n in counts.items()]
    return pd.DataFrame(rows, columns=["Rows", "Status", "Reason"])
