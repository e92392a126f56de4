"""k-points: general ones, grids, and the path that figures go along."""

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import Crystal

HEXAGONAL = (("Γ", (0, 0, 0)), ("K", (1 / 3, 1 / 3, 0)), ("M", (0.5, 0, 0)), ("Γ", (0, 0, 0)))
FACE_CENTRED = (
    ("L", (0.5, 0.5, 0.5)),
    ("Γ", (0, 0, 0)),
    ("X", (0.5, 0, 0.5)),
    ("K", (0.375, 0.375, 0.75)),
    ("Γ", (0, 0, 0)),
)


@dataclass(frozen=True, eq=False)
class KPath:
    """A path through the zone.

    Attributes
    ----------
    kpts : (n_k, 3) float64
    lengths : (n_k,) float64 [1/Angstrom]
        How far along it each is.
    labels : tuple of (float, str)
        Where its corners are, and their names.
    """

    kpts: np.ndarray
    lengths: np.ndarray
    labels: tuple[tuple[float, str], ...]


def corners_of(crystal: Crystal) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the corners of the path that belongs to the lattice: hexagonal, face-centred, or as ASE names them."""
    lengths = np.linalg.norm(crystal.cell, axis=1)
    cosines = (crystal.cell @ crystal.cell.T) / np.outer(lengths, lengths)
    if (
        not crystal.periodic[2]
        and np.isclose(cosines[0, 1], -0.5, atol=1e-3)
        and np.isclose(lengths[0], lengths[1], rtol=1e-3)
    ):
        return HEXAGONAL
    if crystal.periodic.all() and np.allclose(cosines[np.triu_indices(3, 1)], 0.5, atol=1e-3):
        return FACE_CENTRED
    from ase.cell import Cell

    path = Cell(crystal.cell).bandpath(npoints=0, pbc=crystal.periodic.tolist())
    names = path.path.split(",")[0]
    walked = [n for n in split_names(names) if n in path.special_points]
    return tuple((n.replace("G", "Γ"), tuple(path.special_points[n])) for n in walked)


def split_names(names: str) -> list[str]:
    """Return "GX1M" as its points, G, X1, M."""
    found: list[str] = []
    for letter in names:
        if letter.isdigit():
            found[-1] += letter
        else:
            found.append(letter)
    return found


def path_points(crystal: Crystal, n_leg: int) -> KPath:
    """Return the path that belongs to the lattice, about n_leg points a leg: more on longer ones.

    Raises
    ------
    InputError
        If n_leg is below 2.
    """
    if n_leg < 2:
        raise InputError(f"a leg of a path must have 2 points at least, got {n_leg}")
    corners = corners_of(crystal)
    at = np.array([c for _, c in corners], float)
    legs = np.linalg.norm(np.diff(at, axis=0) @ crystal.reciprocal, axis=1)
    counts = np.maximum(2, np.rint(n_leg * legs / legs.mean()).astype(int))
    kpts, lengths = [at[:1]], [np.zeros(1)]
    for start, end, leg, count in zip(at, at[1:], legs, counts, strict=False):
        steps = np.arange(1, count + 1)[:, None] / count
        kpts.append(start + steps * (end - start))
        lengths.append(lengths[-1][-1] + steps[:, 0] * leg)
    ends = np.concatenate([[0.0], np.cumsum(legs)])
    return KPath(
        np.concatenate(kpts), np.concatenate(lengths), tuple(zip(ends.tolist(), (n for n, _ in corners), strict=True))
    )


def path_lengths(crystal: Crystal, kpts: np.ndarray) -> np.ndarray:
    """Return how far along their own path k-points are, (n_k,) [1/Angstrom]."""
    steps = np.linalg.norm(np.diff(kpts, axis=0) @ crystal.reciprocal, axis=1)
    lengths: np.ndarray = np.concatenate([[0.0], np.cumsum(steps)])
    return lengths


def general_points(crystal: Crystal, n: int) -> np.ndarray:
    """Return n points spread evenly over the zone in no special place (Roberts's sequence), (n, 3)."""
    n_periodic = int(crystal.periodic.sum())
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (n_periodic + 1))  # the sequence's number: x^(d+1) = x + 1
    steps = root ** -np.arange(1, n_periodic + 1)
    kpts = np.zeros((n, 3))
    kpts[:, crystal.periodic] = (0.5 + np.arange(1, n + 1)[:, None] * steps) % 1.0 - 0.5
    return kpts


def grid_points(crystal: Crystal, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid through Gamma, one of k and -k, and how many points each stands for, (n_k, 3), (n_k,)."""
    counts = np.where(crystal.periodic, n, 1)
    places = np.array(list(np.ndindex(*counts)))
    opposite = np.mod(-places, counts)
    own = np.ravel_multi_index(tuple(places.T), tuple(counts))
    other = np.ravel_multi_index(tuple(opposite.T), tuple(counts))
    kept = own <= other
    return places[kept] / counts, np.where(own == other, 1.0, 2.0)[kept]
