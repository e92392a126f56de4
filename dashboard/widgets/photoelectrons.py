"""The levels of Predict as a photoelectron spectrum, where that is asked for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES
from core.screening.intensities import intensities_of
from core.spectrum.cross_sections import INTENSITIES, photon_key
from core.spectrum.photoelectrons import Photoelectrons
from dashboard import resources
from dashboard.state import DENSITY_OF_STATES, OTHER_PHOTONS, remember, session

DRAWN_AS_LABELS = INTENSITIES | {DENSITY_OF_STATES: "density of states", OTHER_PHOTONS: "cross-sections, other photons"}


def asked_photoelectrons() -> Photoelectrons | None:
    """Return how levels are drawn as a photoelectron spectrum; None where the density of states is drawn."""
    settings = session().settings
    if settings["photoelectrons"] == DENSITY_OF_STATES:
        return None
    return Photoelectrons(
        chosen_kind("photoelectrons", "photoelectron_photon_ev"),
        float(settings["photoelectron_sigma_ev"]),
        settings["photoelectron_shape"],
        float(settings["photoelectron_widening"]),
        float(settings["photoelectron_resolution_ev"]),
        float(settings["photoelectron_background"]),
    )


def chosen_kind(name: str, photon_name: str) -> str:
    """Return the key of intensities that a setting of that name chooses, with the photon energy of another setting."""
    settings = session().settings
    return photon_key(float(settings[photon_name])) if settings[name] == OTHER_PHOTONS else str(settings[name])


def row_intensities(rows: pd.DataFrame, look: Photoelectrons | None) -> Sequence[np.ndarray | None]:
    """Return the intensities (n_levels,) of each row's levels, None where they are not known or not asked for."""
    found = None if look is None or not len(rows) else intensities_of(rows, kind=look.intensities)
    return [None] * len(rows) if found is None else found


def choose_photoelectrons(key: str, *, is_compared: bool) -> None:
    """Show the choice between density of states and photoelectron spectrum of a learner's levels, and what the latter takes.

    Parameters
    ----------
    is_compared : bool
        Whether something is laid over that only a density of states compares with.
    """
    if is_compared:
        st.caption(
            "Densities of states are compared: a photoelectron spectrum is drawn without reference and other learners."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = remember(
            st.selectbox,
            "Drawn as",
            "photoelectrons",
            options=list(DRAWN_AS_LABELS),
            format_func=DRAWN_AS_LABELS.get,
            help="A photoelectron spectrum counts each level by the cross-sections of the atoms' s and p shells that it lies on "
            "(Yeh and Lindau 1985, Gelius).",
            width=260,
        )
        if chosen == DENSITY_OF_STATES:
            return
        if chosen == OTHER_PHOTONS:
            choose_number("photon_energy_ev", "photoelectron_photon_ev", step=1.0, help="17 eV to Al Kα.")
        choose_number(
            "widening", "photoelectron_widening", step=0.01,
            help="By which part of σ a band is wider for each eV below the highest level.",
        )  # fmt: skip
        choose_number(
            "resolution_ev", "photoelectron_resolution_ev", step=0.01,
            help="Full width at half maximum, added to the band's in quadrature.",
        )  # fmt: skip
        choose_number(
            "background", "photoelectron_background", step=0.005,
            help="Scattered electrons: this part of all intensity at lower ionisation energies, for each eV (Shirley).",
        )  # fmt: skip
    known = resources.tells_ionisation(key)
    st.caption(
        "Vibrations show as width and tail alone, satellites not at all; near threshold atoms' cross-sections are a rough guide "
        "between elements."
        + ("" if known else " These are Kohn\u2013Sham levels: for their places choose ionisation energies above.")
    )


def choose_number(quantity: str, name: str, *, step: float, help: str) -> None:
    """Show a number of a quantity."""
    remember(st.number_input, QUANTITIES[quantity].header, name, step=step, help=help, width=150)
