"""Crystal: a periodic structure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import frozen
from core.errors import GeometryError

if TYPE_CHECKING:
    from ase import Atoms

VACUUM = 12.0  # Angstrom, of a sheet's cell across it
PLANAR_SPREAD = 0.02  # Angstrom; atoms farther from their plane mix pi with sigma bands


@dataclass(frozen=True, eq=False)
class Crystal:
    """Atoms in a cell that repeats. The arrays are its own, and read-only.

    Attributes
    ----------
    numbers : (n_atoms,) int64
        Atomic numbers.
    positions : (n_atoms, 3) float64 [Angstrom]
    cell : (3, 3) float64 [Angstrom]
        Lattice vectors in rows.
    periodic : (3,) bool
        Along which of them it repeats.
    name : str

    Raises
    ------
    GeometryError
        If there is not one position an atom, or the cell has no volume.
    """

    numbers: np.ndarray
    positions: np.ndarray
    cell: np.ndarray
    periodic: np.ndarray
    name: str = ""

    def __post_init__(self) -> None:
        n_atoms = len(np.atleast_1d(self.numbers))
        if np.size(self.positions) != 3 * n_atoms or n_atoms == 0:
            raise GeometryError(
                f"a crystal has one position an atom, got {n_atoms} atoms, {np.size(self.positions)} coordinates"
            )
        if np.shape(self.cell) != (3, 3) or abs(np.linalg.det(self.cell)) < 1e-6:
            raise GeometryError("a crystal's cell must be three vectors that span a volume")
        object.__setattr__(self, "numbers", frozen(self.numbers, np.int64))
        object.__setattr__(self, "positions", frozen(np.reshape(self.positions, (-1, 3))))
        object.__setattr__(self, "cell", frozen(self.cell))
        object.__setattr__(self, "periodic", frozen(self.periodic, bool))

    @property
    def n_atoms(self) -> int:
        """Number of atoms in the cell."""
        return len(self.numbers)

    @property
    def scaled(self) -> np.ndarray:
        """Positions along the lattice vectors, (n_atoms, 3)."""
        scaled: np.ndarray = np.linalg.solve(self.cell.T, self.positions.T).T
        return scaled

    @property
    def reciprocal(self) -> np.ndarray:
        """Reciprocal lattice vectors in rows, (3, 3) [1/Angstrom], 2 pi included."""
        reciprocal: np.ndarray = 2 * np.pi * np.linalg.inv(self.cell).T
        return reciprocal

    def is_planar(self) -> bool:
        """Return whether all atoms lie in one plane across the third vector, along which nothing repeats."""
        return not self.periodic[2] and float(np.ptp(self.positions[:, 2])) < PLANAR_SPREAD

    def moved(self, positions: np.ndarray) -> "Crystal":
        """Return the crystal with its atoms elsewhere, (n_atoms, 3) [Angstrom]."""
        return Crystal(self.numbers, positions, self.cell, self.periodic, self.name)


def crystal_from_atoms(atoms: "Atoms", *, name: str = "") -> Crystal:
    """Return ASE's Atoms as a crystal; an axis without a lattice vector gets one of VACUUM, along which nothing repeats.

    Raises
    ------
    GeometryError
        If it repeats in no direction.
    """
    cell = np.array(atoms.cell.complete() if atoms.cell.rank else np.eye(3))
    periodic = np.array(atoms.pbc) & (np.abs(np.array(atoms.cell)).sum(axis=1) > 0)
    if not periodic.any():
        raise GeometryError(
            "a crystal must repeat in one direction at least: the structure has no periodic lattice vector"
        )
    lengths = np.linalg.norm(cell, axis=1)
    for axis in np.flatnonzero(~periodic & (lengths < VACUUM)):
        cell[axis] *= VACUUM / lengths[axis]
    crystal = Crystal(atoms.numbers, atoms.get_positions(), cell, periodic, name)
    return flattened(crystal)


def flattened(crystal: Crystal) -> Crystal:
    """Return a sheet with vacuum that its file calls periodic in all directions as one that repeats in two.

    A gap of more than 6 Angstrom along the third vector, which must be across the others, tells a sheet.
    """
    cell, heights = crystal.cell, np.sort(crystal.scaled[:, 2] % 1.0)
    gaps = np.diff(np.append(heights, heights[0] + 1.0)) * np.linalg.norm(cell[2])
    is_across = np.allclose(cell[:2] @ cell[2], 0.0, atol=1e-6)
    if not (crystal.periodic.all() and is_across and gaps.max() > 6.0):
        return crystal
    return Crystal(crystal.numbers, crystal.positions, cell, np.array([True, True, False]), crystal.name)


def crystal_to_atoms(crystal: Crystal) -> "Atoms":
    """Return it as ASE's Atoms."""
    from ase import Atoms

    return Atoms(crystal.numbers, crystal.positions, cell=crystal.cell, pbc=crystal.periodic)


def repeated(crystal: Crystal, counts: tuple[int, int, int]) -> Crystal:
    """Return a supercell: atom i of cell (a, b, c) is i + n_atoms (c + counts[2] (b + counts[1] a))."""
    cells = np.array(list(np.ndindex(*counts)))
    positions = (crystal.positions[None] + (cells @ crystal.cell)[:, None]).reshape(-1, 3)
    cell = crystal.cell * np.array(counts)[:, None]
    return Crystal(np.tile(crystal.numbers, len(cells)), positions, cell, crystal.periodic, crystal.name)
