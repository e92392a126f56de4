"""The symmetry of a crystal: which turns, mirrors and shifts carry it into itself."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from core.hamiltonian.crystal import Crystal

TOLERANCE = 0.02  # Angstrom, within which atoms are in like places


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation: atom i goes to where atom `images[i]` is, `cells[i]` cells on.

    Attributes
    ----------
    rotation : (3, 3) int64
        Of coordinates along the lattice vectors.
    turn : (3, 3) float64
        The same of Cartesian vectors.
    images : (n_atoms,) int64
    cells : (n_atoms, 3) int64
    """

    rotation: np.ndarray
    turn: np.ndarray
    images: np.ndarray
    cells: np.ndarray


def lattice_rotations(crystal: Crystal) -> list[np.ndarray]:
    """Return the integer matrices, (3, 3), that keep the lattice's lengths and angles; a sheet's third axis stays as it is."""
    metric = crystal.cell @ crystal.cell.T
    fixed, identity = ~crystal.periodic, np.eye(3)
    rotations = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    kept = (rotations[:, fixed] == identity[fixed]).all(axis=(1, 2))
    kept &= (rotations[:, :, fixed] == identity[:, fixed]).all(axis=(1, 2))
    rotations = rotations[kept]
    changes = np.abs(rotations @ metric @ rotations.transpose(0, 2, 1) - metric).max(axis=(1, 2))
    return list(rotations[changes < 1e-3 * np.abs(metric[np.ix_(~fixed, ~fixed)]).max()])


def match(crystal: Crystal, scaled: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Return onto which atoms, and how many cells away, positions (n_atoms, 3) fall; None where one falls on no like atom."""
    shift = scaled[:, None] - crystal.scaled[None]  # (n_atoms, n_atoms, 3)
    cells = np.rint(shift) * crystal.periodic
    distances = np.linalg.norm((shift - cells) @ crystal.cell, axis=-1)
    distances[crystal.numbers[:, None] != crystal.numbers[None]] = np.inf
    images = distances.argmin(axis=1)
    atoms = np.arange(crystal.n_atoms)
    if distances[atoms, images].max() > tolerance or len(set(images)) < crystal.n_atoms:
        return None
    return images, cells[atoms, images].astype(np.int64)


def find_operations(crystal: Crystal, *, tolerance: float = TOLERANCE) -> list[Operation]:
    """Return all operations, the identity first; supercells of a smaller cell have its shifts among them.

    Parameters
    ----------
    tolerance : float [Angstrom]
    """
    scaled, found = crystal.scaled, []
    rarest = min(set(crystal.numbers.tolist()), key=lambda z: (np.sum(crystal.numbers == z), z))
    candidates = np.flatnonzero(crystal.numbers == rarest)
    for rotation in lattice_rotations(crystal):
        rotated = scaled @ rotation
        for image in candidates:
            shift = (scaled[image] - rotated[candidates[0]]) * crystal.periodic
            matched = match(crystal, rotated + shift, tolerance)
            if matched is not None:
                turn = np.linalg.inv(crystal.cell) @ rotation @ crystal.cell
                found.append(Operation(rotation, turn, *matched))
    return sorted(
        found,
        key=lambda o: (not np.array_equal(o.rotation, np.eye(3)), not np.array_equal(o.images, np.arange(len(scaled)))),
    )


def symmetrised(crystal: Crystal, *, tolerance: float = 0.1) -> Crystal:
    """Return the crystal with the symmetry that it has within a tolerance [Angstrom] made exact."""
    scaled = crystal.scaled
    total = np.zeros_like(scaled)
    operations = find_operations(crystal, tolerance=tolerance)
    for operation in operations:
        rotated = scaled @ operation.rotation - operation.cells
        shift = (scaled[operation.images] - rotated).mean(axis=0)
        total[operation.images] += rotated + shift
    return crystal.moved(total / len(operations) @ crystal.cell)
