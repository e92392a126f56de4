"""A prediction beside the reference computed at the same geometry: errors, levels, and the reference as a target."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.reference.result import FAST_SOLVER, Reference
from core.spectrum.broaden import GRID_EV, SIGMA_EV, STEP_EV, Spectrum, broaden
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import rmse, rse
from core.spectrum.target import Target
from core.theory import REFERENCE_THEORY

LEVEL_COLUMNS = ("level", "predicted_ev", "reference_ev", "difference_ev")


@dataclass(frozen=True)
class LevelErrors:
    """How far predicted levels are from the reference's; differences are predicted minus reference.

    Attributes
    ----------
    n_levels : int
        Compared: the band of 16, or all valence levels where there are fewer.
    rmse_ev : float [eV]
        Of these levels.
    rse : float
        Of their spectra, Gaussian sigma 0.5 eV, a fraction; see `core.spectrum.metrics.rse`.
    homo_ev, lumo_ev : float [eV]
        Differences; the LUMO's is nan where either has none.
    """

    n_levels: int
    rmse_ev: float
    rse: float
    homo_ev: float
    lumo_ev: float


def occupied_levels(reference: Reference) -> Levels:
    """Return the reference's valence levels and LUMO (nan where the basis ends at the HOMO)."""
    n_core, n_occupied = reference.n_core, reference.n_occupied
    lumo = reference.levels_ev[n_occupied] if len(reference.levels_ev) > n_occupied else np.nan
    return Levels(reference.levels_ev[n_core:n_occupied], float(lumo))


def compare_levels(predicted: Levels, reference: Levels) -> LevelErrors:
    """Return the errors of predicted levels: all valence levels, or the band alone where a learner knows no more.

    Raises
    ------
    EigenscopeError
        If the numbers of valence levels do not fit.
    """
    check_same_levels(predicted, reference)
    bands = predicted.valence_ev[-N_BAND:], reference.valence_ev[-N_BAND:]
    spectra = [broaden(band, sigma_ev=SIGMA_EV) for band in bands]
    return LevelErrors(
        n_levels=len(bands[1]),
        rmse_ev=rmse(*bands),
        rse=float(rse(spectra[0], spectra[1], step_ev=STEP_EV)),
        homo_ev=predicted.homo_ev - reference.homo_ev,
        lumo_ev=predicted.lumo_ev - reference.lumo_ev,
    )


def level_table(predicted: Levels, reference: Levels) -> pd.DataFrame:
    """Return the levels that both sides have, from the LUMO downwards, columns LEVEL_COLUMNS [eV].

    Raises
    ------
    EigenscopeError
        As `compare_levels`.
    """
    check_same_levels(predicted, reference)
    n_occupied = len(predicted.valence_ev)
    left, right = (np.append(x.valence_ev[-n_occupied:], x.lumo_ev)[::-1] for x in (predicted, reference))
    names = ["LUMO", "HOMO", *(f"HOMO-{depth}" for depth in range(1, n_occupied))]
    return pd.DataFrame(dict(zip(LEVEL_COLUMNS, (names, left, right, left - right), strict=True)))


def check_same_levels(predicted: Levels, reference: Levels) -> None:
    """Raise EigenscopeError unless there are as many predicted as reference valence levels, or the band of them."""
    found, expected = len(predicted.valence_ev), len(reference.valence_ev)
    if not found or found not in (expected, min(N_BAND, expected)):
        raise EigenscopeError(f"the reference has {expected} valence levels, {found} were predicted")


def reference_target(reference: Levels, label: str, *, n_levels: int | None) -> Target:
    """Return a computed reference as what predicted spectra are laid over: its highest `n_levels`, or all."""
    levels = reference.valence_ev if n_levels is None else reference.valence_ev[-n_levels:]
    spectrum = Spectrum(GRID_EV, broaden(levels, sigma_ev=SIGMA_EV), label)
    return Target(spectrum, levels, label, f"computed, {REFERENCE_THEORY}", n_levels)


def describe_reference(reference: Reference, *, origin: str) -> str:
    """Return in a sentence what a computed reference is.

    Parameters
    ----------
    origin : str
        Where the geometry comes from.
    """
    solver = (
        ""
        if reference.solver == FAST_SOLVER
        else f" by a slower solver ({reference.solver}), the fast one did not converge"
    )
    return (
        f"{REFERENCE_THEORY}, computed here in {reference.seconds:.1f} s on one core{solver}, at the geometry of the "
        f"prediction ({origin}): the difference is the model's error alone, neither the geometry's nor that of "
        f"{REFERENCE_THEORY.method}."
    )
