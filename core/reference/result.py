"""What a reference calculation hands back, and how large a molecule may be; known where PySCF is not installed."""

from dataclasses import dataclass

import numpy as np

MAX_FUNCTIONS = 900  # basis functions, about 42 heavy atoms with their hydrogens
MAX_CYCLES = 80
FAST_SOLVER, SHIFTED, SECOND_ORDER = "fast", "PySCF, level shift", "PySCF, second order"


@dataclass(frozen=True, eq=False)
class Reference:
    """All levels of one molecule, and where each of them lives.

    Attributes
    ----------
    levels_ev : (n_levels,) float64
        [eV], vacuum zero, ascending: cores, valence levels `[n_core:n_occupied]`, then LUMO to LUMO+5 (fewer where the
        basis ends). Empty levels above 0 eV are artefacts of the basis.
    n_core : int
        Levels below the valence shells.
    n_occupied : int
        Doubly occupied levels, cores included.
    population : (n_levels - n_core, n_atoms) float64
        Loewdin fraction of each valence and empty level on each atom; rows sum to 1.
    population_s : (n_levels - n_core, n_atoms) float64
        The part of it on s shells.
    total_energy_ha : float
        [Hartree]
    converged : bool
        False if PySCF's slower solvers failed as well: the numbers are then worth nothing.
    n_cycles : int
        Of the solver named.
    seconds : float
        On the wall, all solvers together.
    solver : str
        FAST_SOLVER, or the PySCF solver that it fell back to: SHIFTED, SECOND_ORDER.
    """

    levels_ev: np.ndarray
    n_core: int
    n_occupied: int
    population: np.ndarray
    population_s: np.ndarray
    total_energy_ha: float
    converged: bool
    n_cycles: int
    seconds: float
    solver: str = FAST_SOLVER
