"""The rows of a scan that have no prediction, and why."""

import pandas as pd
import streamlit as st

from core.structure.entry import FAILED, REFUSED
from core.structure.overview import kind_of_reason
from dashboard.widgets.columns import ABSENT, count_statuses
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.wording import STATUS_LABELS

NOT_PREDICTED = (REFUSED, FAILED)  # the rows that a cancelled run did not reach are none of them
POPOVER_WIDTH = 640  # pixels


def show_not_predicted(scan: pd.DataFrame, *, key: str = "not_predicted", name: str = "not-predicted") -> None:
    """Offer these rows behind a chip: how many for each reason, then one by one, and as files.

    Parameters
    ----------
    key, name : str
        Of the chip, and of its files: where a page has two.
    """
    bad = scan[scan["status"].isin(NOT_PREDICTED)]
    if bad.empty:
        return
    with st.popover(count_statuses(bad), icon=":material/block:", key=key):
        st.dataframe(
            count_reasons(bad),
            hide_index=True,
            placeholder=ABSENT,
            key=f"{key}_reasons",
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
            placeholder=ABSENT,
            key=f"{key}_rows",
            width=POPOVER_WIDTH,
            height=min(38 + 35 * len(bad), 300),
            column_config={
                "Row": st.column_config.NumberColumn(width=60),
                "ID": st.column_config.TextColumn(width=110),
            },
        )
        with st.container(horizontal=True, gap="small"):
            table_downloads(bad, name, label=f"{len(bad):,} rows")


def count_reasons(bad: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows there are for each kind of reason, the most frequent first."""
    kinds = bad.assign(reason=bad["reason"].map(kind_of_reason))
    counts = kinds.groupby(["status", "reason"], sort=False).size().sort_values(ascending=False, kind="stable")
    rows = [(n, STATUS_LABELS[status], reason) for (status, reason), n in counts.items()]
    return pd.DataFrame(rows, columns=["Rows", "Status", "Reason"])
