"""Columns of tables: status chips, quantities with their units."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.quantities import TABLE, offered, quantity_of
from dashboard.widgets.wording import STATUS_LABELS

ABSENT = "\u2013"  # what a table shows where there is no value; Streamlit's own is "None"


def status_column(table: pd.DataFrame) -> pd.Series:
    """Return each row's status as a one-item list, which the table shows as a chip."""
    return table["status"].map(lambda s: [STATUS_LABELS.get(s, s)])


def status_config() -> Any:  # noqa: ANN401 - Streamlit's type of it is not public
    """Return the column settings of the status chips."""
    return st.column_config.MultiselectColumn(
        "Status", options=list(STATUS_LABELS.values()), color=["green", "orange", "red", "gray"], width=90
    )


def quantity_config(
    key: str, title: str = "", *, help_text: str = "", digits: str = "", width: int | None = None
) -> Any:  # noqa: ANN401
    """Return the column settings of a quantity, already in its shown unit: header with the unit, digits, help.

    Parameters
    ----------
    key : str
        A column that `core.quantities` knows, or any other.
    title, help_text, digits : str
        In place of the table's own.
    width : int or None
        [pixels]
    """
    quantity = quantity_of(key)
    return st.column_config.NumberColumn(
        quantity.titled(title) if title else quantity.short_header,
        format=replace(quantity, digits=digits or quantity.digits).printf,
        help=help_text or quantity.help or None,
        width=width,
    )


def molecule_config() -> dict[str, Any]:
    """Return the column settings of the quantities that tables of molecules show, by key."""
    return {q.key: quantity_config(q.key, width=80 if q.unit else 70) for q in offered(TABLE)}


def count_statuses(table: pd.DataFrame) -> str:
    """Return "12 predicted, 2 refused, 1 failed"."""
    counts = table["status"].value_counts()
    return ", ".join(f"{counts[s]:,} {label}" for s, label in STATUS_LABELS.items() if s in counts)
