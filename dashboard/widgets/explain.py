"""Levels in words: which atoms a level sits on, and how two spectra differ."""

import numpy as np
from rdkit import Chem

from core.quantities import format_ev
from core.spectrum.levels import Levels
from dashboard.figures.levels import level_name


def atom_labels(numbers: np.ndarray) -> list[str]:
    """Return "O2", "C4": element and 1-based place in the geometry, as numbered in the drawing."""
    table = Chem.GetPeriodicTable()
    return [f"{table.GetElementSymbol(int(z))}{k + 1}" for k, z in enumerate(numbers)]


def explain_level(
    levels: Levels,
    index: int,
    numbers: np.ndarray,
    *,
    learner: str = "The learner",
    error_ev: float = np.nan,
    measured_error_ev: float = np.nan,
    of_ionisation: bool = False,
) -> str:
    """Return one sentence on where a level sits.

    Parameters
    ----------
    levels : Levels
        Without atom_weights and s_weights the sentence says that there are none.
    index : int
        Into the ascending valence levels; n_levels is the LUMO.
    numbers : (n_atoms,) atomic numbers
    learner : str
        Whose levels they are.
    error_ev : float [eV]
        Expected of the level; nan where it is not known.
    measured_error_ev : float [eV]
        The same against a measurement, with the error of the level of theory.
    of_ionisation : bool
        Whether they are minus ionisation energies.
    """
    n_levels = len(levels.valence_ev)
    energy = levels.lumo_ev if index == n_levels else float(levels.valence_ev[index])
    shown = format_ev(-energy if of_ionisation else energy, error_ev=error_ev)
    if np.isfinite(measured_error_ev):
        shown += f" (± {format_ev(measured_error_ev)} against measurement)"
    said = f"ionisation energy {shown}" if of_ionisation else shown
    head = f"{level_name(index, n_levels)}, {said}"
    if levels.atom_weights is None or levels.s_weights is None:
        return f"{head}. {learner} has no orbital weights: where the level sits is not known."
    weights, s_part = levels.atom_weights[index], levels.s_weights[index]
    labels = atom_labels(numbers)
    parts: list[str] = []
    for k in np.argsort(weights)[::-1][:4]:
        if weights[k] < 0.08 and parts:
            break
        kind = "" if numbers[k] == 1 else f", {shell(s_part[k] / weights[k])}"
        parts.append(f"{weights[k]:.0%} on {labels[k]}{kind}")
    hydrogens = float(weights[np.asarray(numbers) == 1].sum())
    tail = f"; hydrogens together {hydrogens:.0%}" if hydrogens >= 0.08 else ""
    return f"{head}: {'; '.join(parts)}{tail}."


def shell(s_share: float) -> str:
    """Return in a word what an atom's part of a level is made of."""
    if s_share < 0.2:
        return "mostly p"
    return "mostly s" if s_share > 0.8 else f"{s_share:.0%} s and {1 - s_share:.0%} p"


def explain_residual(energies_ev: np.ndarray, residual: np.ndarray, *, unit: str) -> str:
    """Return one sentence on where a candidate and the target differ most."""
    worst = int(np.argmax(np.abs(residual)))
    if abs(residual[worst]) < 0.005:
        return "Candidate and target coincide in the window."
    more = "more" if residual[worst] > 0 else "less"
    return (
        f"Largest difference at {format_ev(float(energies_ev[worst]), digits=1)}: the candidate has "
        f"{abs(residual[worst]):.2f} {unit} {more} than the target."
    )
