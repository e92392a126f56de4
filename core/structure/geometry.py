"""Geometry: where the atoms are, and how they got there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from rdkit import Chem

from core.arrays import frozen
from core.elements import BY_NUMBER
from core.errors import GeometryError

AS_GIVEN, FAST, XTB = "as given", "ETKDGv3 + MMFF94", "ETKDGv3 + MMFF94 + GFN2-xTB"
FAST_UFF, XTB_UFF = "ETKDGv3 + UFF", "ETKDGv3 + UFF + GFN2-xTB"  # where MMFF94 has no parameters
LEARNT = "learnt B3LYP"  # behind another: a network moved the atoms to where B3LYP would put them
FAST_LEARNT, XTB_LEARNT = f"{FAST} + {LEARNT}", f"{XTB} + {LEARNT}"
MADE_HERE = (FAST, XTB, FAST_UFF, XTB_UFF, FAST_LEARNT, XTB_LEARNT)
MIN_DISTANCE = 0.6  # Angstrom; H2's bond is 0.74, the shortest there is


@dataclass(frozen=True, eq=False)
class Geometry:
    """One neutral closed-shell molecule in space. The arrays are its own, and read-only.

    Attributes
    ----------
    numbers : (n_atoms,) uint8
        Atomic numbers.
    positions : (n_atoms, 3) float64 [Angstrom]
    origin : str
        How the positions were made, shown beside every prediction: "as given", "ETKDGv3 + MMFF94", ...

    Raises
    ------
    GeometryError
        If an atomic number is none of 1 to 118, or there is not one position an atom.

    Examples
    --------
    >>> water = Geometry([8, 1, 1], [[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])
    >>> water.formula, water.symbols
    ('H2O', ['O', 'H', 'H'])
    """

    numbers: np.ndarray
    positions: np.ndarray
    origin: str = field(default=AS_GIVEN)

    def __post_init__(self) -> None:
        numbers = np.array(self.numbers)
        if numbers.ndim != 1 or (numbers.size and not (numbers.min() >= 1 and numbers.max() <= 118)):
            raise GeometryError(f"atomic numbers must be a list of numbers from 1 to 118, got {self.numbers!r:.80}")
        positions = np.array(self.positions, dtype=np.float64)
        if positions.size != 3 * len(numbers):
            raise GeometryError(f"one position an atom: got {len(numbers)} atoms, {positions.size / 3:g} positions")
        object.__setattr__(self, "numbers", frozen(numbers, np.uint8))
        object.__setattr__(self, "positions", frozen(positions.reshape(-1, 3)))

    @property
    def n_atoms(self) -> int:
        """Number of atoms, hydrogens counted."""
        return len(self.numbers)

    @property
    def n_heavy(self) -> int:
        """How many atoms are no hydrogen."""
        return int((self.numbers > 1).sum())

    @property
    def symbols(self) -> list[str]:
        """Element symbol of each atom."""
        return [Chem.GetPeriodicTable().GetElementSymbol(int(z)) for z in self.numbers]

    @property
    def elements(self) -> set[str]:
        """Symbols of the elements that are there."""
        return {Chem.GetPeriodicTable().GetElementSymbol(z) for z in set(self.numbers.tolist())}

    @property
    def formula(self) -> str:
        """Hill formula."""
        from ase.formula import Formula

        return Formula.from_list(self.symbols).format("hill")


def name_atoms(symbols: Sequence[str], atoms: Iterable[int], *, joined_by: str = "-") -> str:
    """Return atoms by element and place from 1.

    Examples
    --------
    >>> name_atoms(["C", "O", "H"], (0, 1))
    'C1-O2'
    """
    return joined_by.join(f"{symbols[k]}{k + 1}" for k in atoms)


def distance_matrix(positions: np.ndarray) -> np.ndarray:
    """Return (..., n_atoms, n_atoms) distances of (..., n_atoms, 3) positions [Angstrom], infinite on the diagonal."""
    distances: np.ndarray = np.linalg.norm(positions[..., :, None, :] - positions[..., None, :, :], axis=-1)
    atoms = np.arange(positions.shape[-2])
    distances[..., atoms, atoms] = np.inf
    return distances


def count_core_levels(geometry: Geometry) -> int:
    """Return how many levels lie below the valence shells."""
    return sum(BY_NUMBER[int(z)].n_core_levels for z in geometry.numbers)


def count_valence_levels(geometry: Geometry) -> int:
    """Return how many occupied levels a closed-shell molecule has above its cores.

    Examples
    --------
    >>> count_valence_levels(Geometry([7, 7], [[0, 0, 0], [0, 0, 1.1]]))  # N2: 14 electrons, two 1s cores
    5
    """
    return int(geometry.numbers.sum()) // 2 - count_core_levels(geometry)
