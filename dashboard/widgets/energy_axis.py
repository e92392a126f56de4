"""The axis of energies: orbital or binding energies of Kohn-Sham levels, ionisation energies of learners of those."""

import streamlit as st

from dashboard import resources
from dashboard.figures.spectra import BINDING, IONISATION, ORBITAL
from dashboard.state import remember, session


def axis_of_learner(key: str) -> str:
    """Return the axis on which a learner's levels are drawn."""
    axis: str = session().settings["axis"]
    return IONISATION if resources.tells_ionisation(key) else axis


def choose_axis(key: str) -> None:
    """Choose the axis of a learner of Kohn-Sham levels; ionisation energies have one alone."""
    if resources.tells_ionisation(key):
        return
    remember(
        st.segmented_control,
        "Energy axis",
        "axis",
        options=[ORBITAL, BINDING],
        format_func={ORBITAL: "Orbital", BINDING: "Binding"}.__getitem__,
        help="Binding energy here is minus the Kohn-Sham orbital energy, 3 to 5 eV below what is measured: for ionisation "
        "energies choose them beside the learner.",
    )
