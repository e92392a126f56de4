"""Which learner predicts, and what a table says of the one that did."""

from typing import Literal

import pandas as pd
import streamlit as st

from core.errors import ModelError
from core.models.registry import model_keys
from core.spectrum.levels import N_BAND
from core.structure.entry import OK
from dashboard import resources
from dashboard.state import remember, session


def current_model_key() -> str:
    """Return the model in use.

    Raises
    ------
    ModelError
        If no learner of levels can be read.
    """
    keys = model_keys()
    if not keys:
        raise ModelError("no learner of levels is installed whose card can be read: eigenscope train makes one")
    chosen = session().settings["model"]
    return chosen if chosen in keys else keys[0]


def choose_learner(*, width: int | Literal["stretch"] = "stretch") -> str:
    """Choose the learner that predicts levels here and on every other page; with one alone there is no choice."""
    keys = model_keys()
    if len(keys) < 2:
        return current_model_key()
    chosen: str = remember(
        st.selectbox,
        "Learner",
        "model",
        options=keys,
        format_func=resources.learner_name,
        width=width,
        help="Who predicts the levels, on this page and on the others. The Models page compares them.",
    )
    return chosen


def learner_of(table: pd.DataFrame) -> str:
    """Return the key of the learner that predicted a prediction table; "" where no row says."""
    keys = table["model"].unique() if "model" in table else []
    return str(keys[0]) if len(keys) else ""


def band_note(table: pd.DataFrame) -> str:
    """Return a sentence if the learner that predicted a table predicts the band alone, else ""."""
    predicted = table[table["status"] == OK]
    if predicted.empty or predicted["lumo_ev"].notna().any():
        return ""
    name = resources.learner_name(learner_of(predicted))
    return f"{name} predicts the {N_BAND} highest occupied levels only: no LUMO, no gap, nothing deeper."
