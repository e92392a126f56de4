"""Geometry: where the atoms are, and how they got there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rdkit import Chem

from core.errors import DomainError, GeometryError
from core.structure.molecule import ELEMENTS, MAX_ATOMS

ATOMIC_NUMBERS = {1: "H", 6: "C", 7: "N", 8: "O", 9: "F"}
# Levels below the valence shell, by atomic number: 1s; 1s 2s 2p; 1s to 3d
CORE_LEVELS = {1: 0, 6: 1, 7: 1, 8: 1, 9: 1, 14: 5, 15: 5, 16: 5, 17: 5, 35: 14}
AS_GIVEN, FAST, XTB = "as given", "ETKDGv3 + MMFF94", "ETKDGv3 + MMFF94 + GFN2-xTB"
MIN_DISTANCE = 0.6  # Angstrom; H2's bond is 0.74, the shortest there is


@dataclass(frozen=True, eq=False)
class Geometry:
    """One neutral closed-shell molecule in space.

    Attributes
    ----------
    numbers : (n_atoms,) uint8
        Atomic numbers.
    positions : (n_atoms, 3) float64 [Angstrom]
    origin : str
        How the positions were made, shown beside every prediction: "as given", "ETKDGv3 + MMFF94", ...
    """

    numbers: np.ndarray
    positions: np.ndarray
    origin: str = field(default=AS_GIVEN)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", np.asarray(self.numbers, dtype=np.uint8))
        object.__setattr__(self, "positions", np.asarray(self.positions, dtype=np.float64).reshape(-1, 3))
        if len(self.numbers) != len(self.positions):
            raise GeometryError(f"one position an atom: got {len(self.numbers)} atoms, {len(self.positions)} positions")

    @property
    def n_atoms(self) -> int:
        return len(self.numbers)

    @property
    def symbols(self) -> list[str]:
        return [Chem.GetPeriodicTable().GetElementSymbol(int(z)) for z in self.numbers]

    @property
    def formula(self) -> str:
        """Hill formula."""
        from ase.formula import Formula

        return Formula.from_list(self.symbols).format("hill")


def check_geometry(geometry: Geometry) -> None:
    """Raise unless the models can be asked about this geometry.

    Raises
    ------
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    DomainError
        Other elements than H C N O F, too many atoms, an odd number of electrons, or several fragments.
    """
    check_elements(geometry, ELEMENTS)
    if geometry.n_atoms > MAX_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {geometry.n_atoms}")
    check_closed_shell(geometry)
    fragments = count_fragments(geometry, distances=check_distances(geometry))
    if fragments > 1:
        raise DomainError(f"one fragment is predicted at a time, the geometry falls into {fragments}")


def check_elements(geometry: Geometry, elements: Sequence[str]) -> None:
    """Raise unless there are atoms (GeometryError), all of these elements (DomainError)."""
    if geometry.n_atoms == 0:
        raise GeometryError("a geometry needs at least one atom, got none")
    others = sorted(set(geometry.symbols) - set(elements))
    if others:
        raise DomainError(f"elements must be among {' '.join(elements)}, found {', '.join(others)}")


def check_heavy_atoms(geometry: Geometry, most: int | None) -> None:
    """Raise DomainError if there are more heavy atoms than `most`; None is no limit."""
    found = count_heavy_atoms(geometry)
    if most is not None and found > most:
        raise DomainError(f"at most {most} heavy atoms, as in the training molecules, {geometry.formula} has {found}")


def count_heavy_atoms(geometry: Geometry) -> int:
    """Return how many atoms are no hydrogen."""
    return int((geometry.numbers > 1).sum())


def check_closed_shell(geometry: Geometry) -> None:
    """Raise unless coordinates are finite (GeometryError) and the number of electrons is even (DomainError)."""
    if not np.isfinite(geometry.positions).all():
        atom = int(np.argwhere(~np.isfinite(geometry.positions).all(axis=1))[0, 0])
        raise GeometryError(
            f"coordinates must be finite numbers, atom {atom + 1} has {geometry.positions[atom].tolist()}"
        )
    n_electrons = int(geometry.numbers.sum())  # uint8 sums as uint64
    if n_electrons % 2:
        raise DomainError(f"closed shells only, found an odd number of electrons ({n_electrons})")


def count_core_levels(geometry: Geometry) -> int:
    """Return how many levels lie below the valence shells."""
    return sum(CORE_LEVELS[int(z)] for z in geometry.numbers)


def count_valence_levels(geometry: Geometry) -> int:
    """Return how many occupied levels a closed-shell molecule has above its cores."""
    return int(geometry.numbers.sum()) // 2 - count_core_levels(geometry)


def check_distances(geometry: Geometry) -> np.ndarray:
    """Return (n_atoms, n_atoms) distances [Angstrom], infinite on the diagonal; raise if one is under MIN_DISTANCE."""
    distances = np.linalg.norm(geometry.positions[:, None] - geometry.positions[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    if distances[i, j] < MIN_DISTANCE:
        raise GeometryError(
            f"atoms must be at least {MIN_DISTANCE} Angstrom apart, atoms {i + 1} and {j + 1} are {distances[i, j]:.3f}"
        )
    return distances


def count_fragments(geometry: Geometry, *, distances: np.ndarray) -> int:
    """Return how many pieces no bond joins; a bond is 1.4 covalent radii sums or less (loose: strained rings count)."""
    from scipy.sparse.csgraph import connected_components

    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in geometry.numbers])
    return int(connected_components(distances < 1.4 * (radii[:, None] + radii[None]), directed=False)[0])
