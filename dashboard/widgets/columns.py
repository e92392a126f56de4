"""Columns of tables: status chips, quantities with their units."""

from typing import Any

import pandas as pd
import streamlit as st

STATUS_LABELS = {"ok": "predicted", "refused": "refused", "failed": "failed"}


def status_column(table: pd.DataFrame) -> pd.Series:
    """Return each row's status as a one-item list, which the table shows as a chip."""
    return table["status"].map(lambda s: [STATUS_LABELS.get(s, s)])


def status_config() -> Any:
    """Return the column settings of the status chips."""
    return st.column_config.MultiselectColumn(
        "Status", options=list(STATUS_LABELS.values()), color=["green", "orange", "red"], width=90
    )


def energy_config(label: str, help_text: str) -> Any:
    """Return the column settings of an energy."""
    return st.column_config.NumberColumn(f"{label} / eV", format="%.2f", help=help_text, width=80)


def count_statuses(table: pd.DataFrame) -> str:
    """Return "12 predicted, 2 refused, 1 failed"."""
    counts = table["status"].value_counts()
    return ", ".join(f"{counts[s]:,} {label}" for s, label in STATUS_LABELS.items() if s in counts)
