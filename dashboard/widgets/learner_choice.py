"""Which learner predicts, and what a table says of the one that did."""

from typing import Literal

import pandas as pd
import streamlit as st

from core.errors import ModelError
from core.models.card import Energies
from core.models.registry import model_keys
from core.spectrum.levels import N_BAND
from core.structure.entry import OK
from dashboard import resources
from dashboard.state import remember, session
from dashboard.widgets.wording import ENERGIES_LABELS


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
    """Choose what is predicted, and the learner, here and on every other page; with one alone there is no choice."""
    choose_energies()
    used = resources.energies_of(current_model_key())
    keys = [key for key in model_keys() if resources.energies_of(key) == used]
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


def choose_energies() -> None:
    """Choose between Kohn-Sham levels and ionisation energies: the first learner of those is then the one in use."""
    used, first = resources.energies_of(current_model_key()), first_learners()
    if len(first) < 2:
        return
    widget = f"energies_{used}"  # another one after each change: its own default is what is in use

    def take() -> None:
        chosen = st.session_state[widget]
        if chosen in first and chosen != used:
            use_learner(first[chosen])

    st.segmented_control(
        "Energies",
        list(first),
        default=used,
        format_func=ENERGIES_LABELS.__getitem__,
        key=widget,
        on_change=take,
        help="Orbital energies of density functional theory, or vertical ionisation energies as a photoelectron spectrum shows "
        "them.",
    )


def first_learners() -> dict[Energies, str]:
    """Return the first learner of each kind of energies."""
    first: dict[Energies, str] = {}
    for key in model_keys():
        first.setdefault(resources.energies_of(key), key)
    return first


def use_learner(key: str) -> None:
    """Let a learner be the one in use, on every page."""
    session().settings["model"] = key
    st.session_state.pop("model", None)  # the widget starts anew with it


def learner_of(table: pd.DataFrame) -> str:
    """Return the key of the learner that predicted a prediction table; "" where no row says."""
    keys = table["model"].unique() if "model" in table else []
    return str(keys[0]) if len(keys) else ""


def band_note(table: pd.DataFrame) -> str:
    """Return a sentence if the learner that predicted a table predicts no orbital energies, or the band alone; else ""."""
    key = learner_of(table)
    if predicts_band_alone(table):
        name = resources.learner_name(key)
        return f"{name} predicts the {N_BAND} highest occupied levels only: no LUMO, no gap, nothing deeper."
    if resources.is_correction(key) and (table["status"] == OK).any():
        what = "minus ionisation energies" if resources.tells_ionisation(key) else "orbital energies"
        return f"Levels are {what}, {resources.theory_of(key)}: no LUMO, no gap."
    return ""


def predicts_band_alone(table: pd.DataFrame) -> bool:
    """Return whether the learner that predicted a table predicts the N_BAND highest levels only."""
    lumo = table.loc[table["status"] == OK, "lumo_ev"]
    return len(lumo) > 0 and bool(lumo.isna().all()) and not resources.is_correction(learner_of(table))
