"""Pairs of atoms of a crystal within a cutoff, counted by shells of neighbours."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import Crystal
from core.hamiltonian.sheets import BOND, graphene

MAX_SHELL = 10
SHELL_GAP = 0.2  # Angstrom between shells of a structure that is no sheet of carbon


@dataclass(frozen=True, eq=False)
class NeighbourPairs:
    """Pairs: atom `first` of the home cell, atom `second` of the cell `cells`; both directions, and each atom with itself.

    Attributes
    ----------
    first, second : (n_pairs,) int64
    cells : (n_pairs, 3) int64
    distances : (n_pairs,) float64 [Angstrom]
    shells : (n_pairs,) int64
        0 an atom with itself, 1 nearest neighbours, ...
    """

    first: np.ndarray
    second: np.ndarray
    cells: np.ndarray
    distances: np.ndarray
    shells: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def taken(self, which: np.ndarray) -> "NeighbourPairs":
        """Return some of them."""
        return NeighbourPairs(
            *(getattr(self, name)[which] for name in ("first", "second", "cells", "distances", "shells"))
        )


def pairs_within(crystal: Crystal, cutoff: float) -> NeighbourPairs:
    """Return all pairs up to a distance [Angstrom], shells not yet counted, by atoms and then distance."""
    heights = 1.0 / np.linalg.norm(np.linalg.inv(crystal.cell), axis=0)
    reach = np.where(crystal.periodic, np.ceil(cutoff / heights) + 1, 0).astype(int)
    cells = np.array(list(product(*(range(-n, n + 1) for n in reach))))
    vectors = crystal.positions[None, None] + (cells @ crystal.cell)[:, None, None] - crystal.positions[None, :, None]
    distances = np.linalg.norm(vectors, axis=-1)  # (n_cells, n_atoms, n_atoms)
    cell, first, second = np.nonzero(distances <= cutoff)
    found = distances[cell, first, second]
    order = np.lexsort((cell, second, found.round(6), first))
    cell, first, second, found = cell[order], first[order], second[order], found[order]
    return NeighbourPairs(first, second, cells[cell], found, np.zeros(len(found), np.int64))


def shell_distances(crystal: Crystal, n_shells: int) -> np.ndarray:
    """Return the distance of each shell, (n_shells + 1,) [Angstrom]: graphene's of a sheet of carbon, else as they group."""
    is_sheet = crystal.is_planar() and set(crystal.numbers.tolist()) == {6}
    lattice = graphene() if is_sheet else crystal
    cutoff = (3.0 if is_sheet else nearest_distance(crystal)) + 0.5
    while True:
        distances = np.sort(pairs_within(lattice, cutoff).distances)
        distances = distances[distances > 1e-6]
        starts = np.flatnonzero(np.diff(distances, prepend=-1.0) > (0.05 if is_sheet else SHELL_GAP))
        if len(starts) > n_shells + 1:
            groups = np.split(distances, starts[1:])
            return np.array([group.mean() for group in groups[: n_shells + 1]])
        cutoff *= 1.3


def nearest_distance(crystal: Crystal) -> float:
    """Return the smallest distance between two atoms [Angstrom]."""
    cutoff = 3.0
    while True:
        distances = pairs_within(crystal, cutoff).distances
        if (distances > 1e-6).any():
            return float(distances[distances > 1e-6].min())
        cutoff *= 1.5


def find_neighbours(crystal: Crystal, n_shells: int) -> NeighbourPairs:
    """Return the pairs up to the n-th neighbours.

    A pair is of the shell whose distance is nearest to its own; in a sheet of carbon with a defect the shells are graphene's.

    Raises
    ------
    InputError
        If n_shells is not from 1 to MAX_SHELL, or atoms lie upon each other.
    """
    if not 1 <= n_shells <= MAX_SHELL:
        raise InputError(f"neighbours must be 1 to {MAX_SHELL}, got {n_shells}")
    if crystal.n_atoms > 1 and nearest_distance(crystal) < 0.5 * BOND:
        raise InputError(f"atoms must be {0.5 * BOND:.2f} Angstrom apart at least, got {nearest_distance(crystal):.2f}")
    radii = shell_distances(crystal, n_shells)
    edges = (radii[1:] + radii[:-1]) / 2  # (n_shells,)
    pairs = pairs_within(crystal, float(edges[-1]))
    shells = np.where(pairs.distances < 1e-6, 0, 1 + np.searchsorted(edges, pairs.distances))
    return NeighbourPairs(pairs.first, pairs.second, pairs.cells, pairs.distances, shells)
