"""What the page keeps: references and ready fits, read once; fits made here; the choices that name one."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from core.errors import InputError
from core.hamiltonian.fit import HamiltonianFit, HamiltonianOptions
from core.hamiltonian.reference import BandReference, get_reference, shipped_references
from core.hamiltonian.results import ReadyFits, load_fits
from core.hamiltonian.sheets import DEFECTS
from dashboard.state import session

OWN_BANDS, DIAMOND = "own", "diamond"
MATERIALS = {key: defect.label for key, defect in DEFECTS.items()} | {DIAMOND: "Diamond", OWN_BANDS: "Own bands"}


@dataclass(frozen=True)
class Chosen:
    """What is looked at.

    Attributes
    ----------
    key : str
        Of the reference, "585_5x5"; `OWN_BANDS` with a mark of the files for a user's.
    reference : BandReference
    options : HamiltonianOptions
    by_network : bool
    """

    key: str
    reference: BandReference
    options: HamiltonianOptions
    by_network: bool

    @property
    def mark(self) -> str:
        """What tells this fit from all others."""
        return f"{self.key} {self.options} {self.by_network}"


@st.cache_resource(show_spinner=False)
def kept_reference(key: str) -> BandReference:
    """Return one of the references that come with the program, read once."""
    return get_reference(key)


@st.cache_resource(show_spinner="Reading the ready fits …")
def kept_fits(key: str) -> ReadyFits:
    """Return the ready fits of a reference, read once; none where there are none."""
    try:
        return load_fits(key)
    except InputError:
        return ReadyFits(key, {})


@st.cache_data(show_spinner=False)
def sizes_of_materials() -> dict[str, list[str]]:
    """Return the references of each material that there are."""
    found: dict[str, list[str]] = {}
    for key in shipped_references():
        found.setdefault(key.rpartition("_")[0] or key, []).append(key)
    return {material: found[material] for material in MATERIALS if material in found}


def fit_at_hand(chosen: Chosen) -> tuple[HamiltonianFit | None, str]:
    """Return the fit to show and where it comes from, in words: made here, else ready with the same number of neighbours."""
    made: HamiltonianFit | None = session().hamiltonians.get(chosen.mark)
    if made is not None:
        return made, "stopped before its end" if made.is_cancelled else "fitted here"
    ready = kept_fits(chosen.key).fits.get(chosen.options.n_shells) if chosen.key in shipped_references() else None
    if ready is None or chosen == default_choice(chosen):
        return ready, "ready result"
    return ready, "ready result, made with the default options: press Fit for yours"


def default_choice(chosen: Chosen) -> Chosen:
    """Return the same with the options that the page begins with."""
    window = (-2.0, 2.0) if chosen.reference.basis == "pz" else None
    return replace(
        chosen, options=HamiltonianOptions(n_shells=chosen.options.n_shells, window_ev=window), by_network=False
    )


def shells_of_elements(fit: HamiltonianFit) -> np.ndarray:
    """Return the shell of neighbours of each element, (n_elements,)."""
    shells: np.ndarray = fit.parametrisation.pairs.shells[fit.parametrisation.pair_of]
    return shells
