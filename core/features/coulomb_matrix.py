"""Coulomb matrix: the repulsion of every pair of nuclei, in an order of the atoms that does not depend on their numbering.

In atomic units throughout: M_ii = 0.5 Z_i^2.4 and M_ij = Z_i Z_j / R_ij with R in Bohr, both in Hartree, as Rupp et al.
2012 (doi 10.1103/PhysRevLett.108.058301) fitted the diagonal. DScribe takes R in Angstrom, which shrinks the rest by 0.53.
"""

from collections.abc import Sequence

import numpy as np

from core.errors import DomainError
from core.structure.geometry import Geometry
from core.units import BOHR_ANGSTROM

NOISE = 1.0  # Hartree, on the norms that random orders go by
QM9_ATOMS, QM9_HEAVY_ATOMS = 29, 9  # of QM9's largest molecules, hydrogens included and not
TIE = 1e-4  # Hartree: entries that differ by less count as equal; ten thousand times what rounding does
MATRICES_AT_ONCE = 512  # molecules at a time: their pair vectors take 10 MB

# what the card of a learner of sorted matrices says of its predictions
MATRIX_LIMIT = "It jumps where two atoms change places in the Coulomb matrix, which is sorted by the norm of its rows."

RUPP = "Rupp et al. 2012, doi 10.1103/PhysRevLett.108.058301"
MONTAVON = "Montavon et al. 2013, doi 10.1088/1367-2630/15/9/095003"


class FixedSizeMatrix:
    """What the three forms share: a size, and no room for more atoms than that.

    Parameters
    ----------
    n_atoms : int
        Rows of the matrix; smaller molecules are filled up with zeros.
    """

    units = "Hartree"
    source = RUPP

    def __init__(self, n_atoms: int = QM9_ATOMS) -> None:
        self.n_atoms = n_atoms

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if the molecule has more atoms than the matrix rows."""
        if geometry.n_atoms > self.n_atoms:
            raise DomainError(
                f"the Coulomb matrix holds at most {self.n_atoms} atoms, hydrogens included, found {geometry.n_atoms}"
            )

    def matrices(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return (n_molecules, n_atoms, n_atoms) float32 [Hartree], rows by falling norm.

        Raises
        ------
        DomainError
            If a molecule is too large.
        """
        for geometry in geometries:
            self.check(geometry)
        chunks = [geometries[k : k + MATRICES_AT_ONCE] for k in range(0, len(geometries), MATRICES_AT_ONCE)]
        ordered = [order_rows(coulomb_matrices(chunk, self.n_atoms)) for chunk in chunks]
        return np.concatenate([np.zeros((0, self.n_atoms, self.n_atoms), np.float32), *ordered]).astype(np.float32)


class SortedCoulombMatrix(FixedSizeMatrix):
    """Upper triangle of the matrix whose rows are sorted by falling norm, row by row.

    It jumps where two atoms change places in that order, though each entry is smooth.

    Examples
    --------
    >>> fluoride = Geometry([1, 9], [[0, 0, 0], [0, 0, 0.92]])
    >>> [f"{x:.2f}" for x in SortedCoulombMatrix(n_atoms=2)([fluoride])[0]]  # fluorine comes first
    ['97.53', '5.18', '0.50']
    """

    @property
    def n_features(self) -> int:
        """Length of a molecule's features."""
        return self.n_atoms * (self.n_atoms + 1) // 2

    @property
    def labels(self) -> list[str]:
        """What each feature is."""
        rows, columns = np.triu_indices(self.n_atoms)
        return [f"row {i + 1}, column {j + 1}" for i, j in zip(rows, columns, strict=True)]

    def __call__(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Featurizer.__call__`."""
        rows, columns = np.triu_indices(self.n_atoms)
        return self.matrices(geometries)[:, rows, columns]


class CoulombEigenspectrum(FixedSizeMatrix):
    """Eigenvalues of the matrix by falling magnitude: no order of atoms is needed, but molecules may coincide."""

    @property
    def n_features(self) -> int:
        """Length of a molecule's features."""
        return self.n_atoms

    @property
    def labels(self) -> list[str]:
        """What each feature is."""
        return [f"eigenvalue {k + 1}" for k in range(self.n_atoms)]

    def __call__(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Featurizer.__call__`."""
        values = np.linalg.eigvalsh(self.matrices(geometries).astype(np.float64))
        order = np.argsort(-np.abs(values), axis=1, kind="stable")
        return np.take_along_axis(values, order, axis=1).astype(np.float32)


class RandomCoulombMatrix(SortedCoulombMatrix):
    """Upper triangle of a matrix whose rows are sorted by norm plus noise: one of many a molecule has, for augmentation.

    Parameters
    ----------
    seed : int
        Another seed, another order. The same for every molecule, so that a molecule's does not depend on its company.
    noise : float
        Standard deviation on the norms [Hartree].
    """

    source = MONTAVON

    def __init__(self, n_atoms: int = QM9_ATOMS, *, seed: int, noise: float = NOISE) -> None:
        super().__init__(n_atoms)
        self.seed, self.noise = seed, noise

    def matrices(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return (n_molecules, n_atoms, n_atoms) float32 [Hartree], rows by falling norm plus noise."""
        shifts = self.noise * np.random.default_rng(self.seed).standard_normal(self.n_atoms)
        return reorder_rows(super().matrices(geometries), np.tile(shifts, (len(geometries), 1)))


def heavy_limit(training: Sequence[Geometry]) -> int | None:
    """Return how many heavy atoms a learner of Coulomb matrices may be asked about: QM9's 9, None if trained on more.

    Rows that were hydrogens in all training molecules, or nothing, say nothing sensible of a tenth heavy atom.
    """
    return QM9_HEAVY_ATOMS if max(g.n_heavy for g in training) <= QM9_HEAVY_ATOMS else None


def coulomb_matrices(geometries: Sequence[Geometry], n_atoms: int) -> np.ndarray:
    """Return (n_molecules, n_atoms, n_atoms) float64 [Hartree], atoms in the order given, zeros after the last.

    Examples
    --------
    >>> nitrogen = Geometry([7, 7], [[0, 0, 0], [0, 0, 1.1]])
    >>> coulomb_matrices([nitrogen], 2).round(2).tolist()  # 0.5 Z^2.4, and Z Z / R
    [[[53.36, 23.57], [23.57, 53.36]]]
    """
    charges = np.zeros((len(geometries), n_atoms))
    positions = np.zeros((len(geometries), n_atoms, 3))
    for k, geometry in enumerate(geometries):
        charges[k, : geometry.n_atoms] = geometry.numbers
        positions[k, : geometry.n_atoms] = geometry.positions / BOHR_ANGSTROM
    distances = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):  # the diagonal, and the atoms that are not there
        matrices: np.ndarray = np.nan_to_num(charges[:, :, None] * charges[:, None] / distances, nan=0.0, posinf=0.0)
    atoms = np.arange(n_atoms)
    matrices[:, atoms, atoms] = 0.5 * charges**2.4
    return matrices


def order_rows(matrices: np.ndarray) -> np.ndarray:
    """Return the matrices with rows and columns by falling row norm; `atom_order` decides among equal norms."""
    norms = np.linalg.norm(matrices, axis=2)
    orders = np.argsort(-norms, axis=1, kind="stable")
    falling = np.take_along_axis(norms, orders, axis=1)
    ties = ((falling[:, :-1] - falling[:, 1:] < TIE) & (falling[:, 1:] > 0)).any(axis=1)
    for k in np.flatnonzero(ties):
        n_atoms = int((norms[k] > 0).sum())
        orders[k, :n_atoms] = atom_order(matrices[k, :n_atoms, :n_atoms])
    return permute(matrices, orders)


def reorder_rows(matrices: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return matrices ordered by falling row norm plus a shift a row; zero rows stay last.

    Parameters
    ----------
    matrices : (n_molecules, n_atoms, n_atoms)
    shifts : (n_molecules, n_atoms) [Hartree]
        Fresh normal noise gives the randomly sorted matrices of Montavon et al. 2013.
    """
    norms = np.linalg.norm(matrices, axis=2)
    keys = np.where(norms > 0, norms + shifts, -np.inf)
    return permute(matrices, np.argsort(-keys, axis=1, kind="stable"))


def permute(matrices: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return matrices[k][orders[k]][:, orders[k]] for every k."""
    rows = np.take_along_axis(matrices, orders[:, :, None], axis=1)
    return np.take_along_axis(rows, orders[:, None, :], axis=2)


def atom_order(matrix: np.ndarray) -> np.ndarray:
    """Return the atoms of one molecule by falling row norm; equal norms by what else distinguishes the atoms.

    Atoms of equal rank are told apart by their sorted entries with each other rank, over and over. Those that no entry
    tells apart are equivalent by symmetry: one of them is put first, whichever, and the rest ranked by it.

    Parameters
    ----------
    matrix : (n_atoms, n_atoms) [Hartree], of real atoms only

    Returns
    -------
    (n_atoms,) int
    """
    ranks = split_ranks(np.zeros(len(matrix), int), -np.linalg.norm(matrix, axis=1)[:, None])
    while True:
        by_rank = np.lexsort((matrix, np.broadcast_to(ranks, matrix.shape)), axis=1)
        finer = split_ranks(ranks, np.take_along_axis(matrix, by_rank, axis=1))
        if finer.max() == ranks.max():
            _, counts = np.unique(ranks, return_counts=True)
            if counts.max() == 1:
                return np.argsort(ranks)
            chosen = np.flatnonzero(ranks == np.argmax(counts > 1))[0]
            finer = split_ranks(ranks, (np.arange(len(ranks)) != chosen).astype(float)[:, None])
        ranks = finer


def split_ranks(ranks: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return finer ranks (n_atoms,): ties are split where the keys (n_atoms, n_keys), column by column, leave a gap."""
    for column in keys.T:
        order = np.lexsort((column, ranks))
        steps = (np.diff(ranks[order]) > 0) | (np.diff(column[order]) > TIE)
        ranks = np.empty_like(ranks)
        ranks[order] = np.concatenate([[0], np.cumsum(steps)])
    return ranks
