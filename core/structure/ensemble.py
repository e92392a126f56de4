"""Ensemble: the conformers of one molecule, weighed by Boltzmann's law."""

from dataclasses import dataclass

import numpy as np

from core.arrays import frozen
from core.errors import EigenscopeError, GeometryError
from core.structure.geometry import Geometry

BOLTZMANN_EV_K = 8.617333262e-5  # CODATA 2018
ROOM_K = 298.15
COLDEST_K, HOTTEST_K = 50.0, 600.0  # hotter, conformers beyond the energies that are kept would count


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The conformers of one molecule, all with its order of atoms, that of lowest energy first.

    Attributes
    ----------
    geometries : n geometries
    energies_ev : (n,) float64 [eV]
        Above the lowest one: GFN2-xTB in vacuum, without vibrations.
    degeneracies : (n,) int64
        How many conformers each stands for: 2 where its mirror image is another conformer of the same molecule.
    lowest_ev : float [eV]
        Total energy of the first; nan where not known.
    n_left_out : int
        Conformers that differ by the force field and were not relaxed, because there were too many.

    Raises
    ------
    GeometryError
        If there is no conformer, or not one energy and one degeneracy for each.
    """

    geometries: tuple[Geometry, ...]
    energies_ev: np.ndarray
    degeneracies: np.ndarray
    lowest_ev: float = float("nan")
    n_left_out: int = 0

    def __post_init__(self) -> None:
        energies, degeneracies = frozen(self.energies_ev), frozen(self.degeneracies, np.int64)
        if not len(self.geometries) == len(energies) == len(degeneracies) > 0:
            raise GeometryError(f"one energy and one degeneracy a conformer, got {len(self.geometries)} conformers")
        object.__setattr__(self, "energies_ev", energies)
        object.__setattr__(self, "degeneracies", degeneracies)

    @classmethod
    def of_one(cls, geometry: Geometry) -> "Ensemble":
        """Return a single geometry as an ensemble."""
        return cls((geometry,), np.zeros(1), np.ones(1))

    def __len__(self) -> int:
        return len(self.geometries)

    def weights(self, temperature_k: float = ROOM_K) -> np.ndarray:
        """Return (n,) the share of each conformer at a temperature."""
        return boltzmann_weights(self.energies_ev, self.degeneracies, temperature_k=temperature_k)


def boltzmann_weights(
    energies_ev: np.ndarray,
    degeneracies: np.ndarray,
    *,
    temperature_k: float | np.ndarray = ROOM_K,
    starts: np.ndarray | None = None,
) -> np.ndarray:
    """Return (n,) weights that sum to 1 in each molecule.

    Parameters
    ----------
    energies_ev, degeneracies : (n,) [eV]
    temperature_k : float or (n,) [K]
    starts : (n_molecules,) int, optional
        Where each molecule's conformers begin; left out, all are of one.

    Examples
    --------
    >>> boltzmann_weights(np.array([0.0, 0.0257]), np.array([1, 1])).round(2).tolist()
    [0.73, 0.27]
    >>> boltzmann_weights(np.array([0.0, 0.0257, 0.0]), np.array([1, 1, 2]), starts=np.array([0, 2])).round(2).tolist()
    [0.73, 0.27, 1.0]
    """
    energies = np.asarray(energies_ev, dtype=np.float64)
    first = np.zeros(1, dtype=np.int64) if starts is None else starts
    n_own = np.diff(np.append(first, len(energies)))
    above = energies - np.repeat(np.minimum.reduceat(energies, first), n_own)
    factors = np.asarray(degeneracies) * np.exp(-above / (BOLTZMANN_EV_K * temperature_k))
    weights: np.ndarray = factors / np.repeat(np.add.reduceat(factors, first), n_own)
    return weights


def check_temperature(temperature_k: float) -> None:
    """Raise EigenscopeError unless conformers can be weighed at a temperature [K]."""
    is_number = isinstance(temperature_k, int | float | np.number)
    if not is_number or not COLDEST_K <= temperature_k <= HOTTEST_K:
        raise EigenscopeError(f"the temperature must be {COLDEST_K:g} to {HOTTEST_K:g} K, got {temperature_k!r:.40}")
