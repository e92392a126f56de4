"""Hamiltonian: orbitals of a crystal and the elements between them, in real space."""

from dataclasses import dataclass

import numpy as np

from core.arrays import frozen
from core.errors import ModelError
from core.hamiltonian.crystal import Crystal

HERMITIAN = 1e-8  # eV


@dataclass(frozen=True, eq=False)
class Hamiltonian:
    """A sparse tight-binding Hamiltonian in orthogonal orbitals. The arrays are its own, and read-only.

    Attributes
    ----------
    crystal : Crystal
    atoms : (n_orbitals,) int64
        The atom of each orbital.
    labels : tuple of str
        "pz", "s", ... of each orbital.
    rows, columns : (n_elements,) int64
        Orbitals: `rows` in the home cell, `columns` in the cell `cells`. Both directions are there.
    cells : (n_elements, 3) int64
    values : (n_elements,) float64 [eV]
        Real, since orbitals are.

    Raises
    ------
    ModelError
        If it is not Hermitian, or holds anything but numbers.
    """

    crystal: Crystal
    atoms: np.ndarray
    labels: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        for name in ("atoms", "rows", "columns", "cells"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        object.__setattr__(self, "values", frozen(self.values))
        object.__setattr__(self, "labels", tuple(self.labels))
        if not np.isfinite(self.values).all():
            raise ModelError("elements of a Hamiltonian must be finite numbers")
        lattice, matrices = self.by_cell()
        known = {tuple(cell): matrix for cell, matrix in zip(lattice.tolist(), matrices, strict=True)}
        for cell, matrix in known.items():
            other = known.get(tuple(-c for c in cell))
            if other is None or np.abs(matrix - other.T).max() > HERMITIAN:
                raise ModelError(f"a Hamiltonian must be Hermitian: H(R) is not H(-R) transposed at R = {cell}")

    @property
    def n_orbitals(self) -> int:
        """Number of orbitals in the cell."""
        return len(self.atoms)

    def element_keys(self) -> list[tuple[int, ...]]:
        """Return (row, column, three cells) of each element."""
        return list(zip(self.rows.tolist(), self.columns.tolist(), *self.cells.T.tolist(), strict=True))

    def by_cell(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells that elements reach, (n_cells, 3), and the matrix to each, (n_cells, n_orbitals, n_orbitals)."""
        cells, place = np.unique(self.cells, axis=0, return_inverse=True)
        matrices = np.zeros((len(cells), self.n_orbitals, self.n_orbitals))
        np.add.at(matrices, (place.ravel(), self.rows, self.columns), self.values)
        return cells, matrices

    def bloch(self, kpts: np.ndarray) -> np.ndarray:
        """Return H(k) = sum over cells of exp(2 pi i k R) H(R), (n_k, n_orbitals, n_orbitals) complex [eV].

        Parameters
        ----------
        kpts : (n_k, 3)
            Along the reciprocal lattice vectors.
        """
        cells, matrices = self.by_cell()
        phases = np.exp(2j * np.pi * np.atleast_2d(kpts) @ cells.T)
        bloch: np.ndarray = np.tensordot(phases, matrices, axes=1)
        return bloch

    def bands(self, kpts: np.ndarray) -> np.ndarray:
        """Return the energies at each k, (n_k, n_orbitals) [eV], ascending."""
        bands: np.ndarray = np.linalg.eigvalsh(self.bloch(kpts))
        return bands

    def states(self, kpts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return energies, (n_k, n_orbitals) [eV], and weights on atoms, (n_k, n_orbitals, n_atoms), which sum to one a state."""
        energies, vectors = np.linalg.eigh(self.bloch(kpts))
        return energies, on_atoms(np.abs(vectors) ** 2, self.atoms, self.crystal.n_atoms)


def on_atoms(weights: np.ndarray, atoms: np.ndarray, n_atoms: int) -> np.ndarray:
    """Return (n_k, n_orbitals, n_states) weights summed over each atom's orbitals, (n_k, n_states, n_atoms)."""
    found = np.zeros((weights.shape[0], weights.shape[2], n_atoms))
    for orbital, atom in enumerate(atoms):
        found[:, :, atom] += weights[:, orbital]
    return found


def repeat_hamiltonian(hamiltonian: Hamiltonian, counts: tuple[int, int, int]) -> Hamiltonian:
    """Return the same Hamiltonian of a supercell: its bands are those of the smaller cell, folded."""
    from core.hamiltonian.crystal import repeated

    sizes, n_atoms = np.array(counts), hamiltonian.crystal.n_atoms
    homes = np.array(list(np.ndindex(*counts)))
    target = homes[:, None] + hamiltonian.cells[None]  # (n_homes, n_elements, 3)
    cells, inside = np.floor_divide(target, sizes), np.mod(target, sizes)
    n = hamiltonian.n_orbitals
    rows = np.ravel_multi_index(tuple(homes.T), counts)[:, None] * n + hamiltonian.rows
    columns = np.ravel_multi_index(tuple(np.moveaxis(inside, -1, 0)), counts) * n + hamiltonian.columns
    atoms = (np.arange(len(homes))[:, None] * n_atoms + hamiltonian.atoms).ravel()
    return Hamiltonian(
        repeated(hamiltonian.crystal, counts),
        atoms,
        hamiltonian.labels * len(homes),
        rows.ravel(),
        columns.ravel(),
        cells.reshape(-1, 3),
        np.tile(hamiltonian.values, len(homes)),
    )
