"""A fast self-consistent field for one small molecule: PySCF's integrals, grids, functional and DIIS, all kept in memory.

What makes it fast: the fitted Coulomb integrals and the orbitals' values on the grid are made once, not in every cycle;
the grid products run in float32 (their sums in float64), over the functions that reach a block of points; and the
cycles run on a coarse grid, whose functional is corrected, energy and matrix, by its difference from the fine grid's at
a density nearby. Two evaluations on the fine grid are mostly enough.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np
import scipy.linalg
from pyscf import df, dft, gto, lib, scf

from core.machine.progress import Progress
from core.reference.result import MAX_CYCLES
from core.theory import REFERENCE_THEORY

COARSE_GRID = (10, 26)  # radial shells, angular points
# Largest element of FDS - SDF [Hartree] that ends the cycles: on the coarse grid alone; under a correction that is to be
# made anew; and under one whose fine functional's own element was below the last number, so that it counts as made at
# the right density. Valence levels then stand 0.3 meV rms from their limit, at most 1, cores 2 (8 molecules C7H10O2).
ROUGH, CLOSE, TIGHT, NEARBY = 5e-2, 5e-4, 5e-5, 1e-3
DIIS_SPACE = 10
MAX_IN_MEMORY = (
    2_500_000_000  # bytes of fitted integrals; of larger molecules, from some 590 functions on, they are in a file
)
BLOCK_BYTES = 400_000_000  # of a block of them there
BLOCK = 512  # grid points at a time, neighbours in space: such a block of orbital values stays in cache
NEGLIGIBLE = 1e-6  # orbital values on the grid, and products of primitives in the fitted integrals, not evaluated
OUT_OF_REACH = 1e-6  # a function no larger than that on a block of grid points is left out there
NEGLIGIBLE_WEIGHT = 1e-10  # of a grid point: those that belong to another atom's cell


@dataclass(frozen=True, eq=False)
class ScfResult:
    """What a self-consistent field left behind.

    Attributes
    ----------
    levels_ha : (n_levels,) float64
        Orbital energies [Hartree], ascending.
    coefficients : (n_functions, n_levels) float64
    overlap : (n_functions, n_functions) float64
    total_energy_ha : float
        [Hartree]
    converged : bool
    n_cycles : int
    """

    levels_ha: np.ndarray
    coefficients: np.ndarray
    overlap: np.ndarray
    total_energy_ha: float
    converged: bool
    n_cycles: int


class FittedCoulomb:
    """The density-fitted Coulomb matrix of any density of one molecule.

    Attributes
    ----------
    blocks : list of (n (n + 1) / 2, n_some) float64
        Integrals over pairs of basis functions and some of the auxiliary ones each; of a large molecule in a file.
    """

    def __init__(self, mol: gto.Mole) -> None:
        auxiliary = df.addons.make_auxmol(mol, REFERENCE_THEORY.auxiliary_basis)
        in_file = bytes_of_pairs(mol) * auxiliary.nao > MAX_IN_MEMORY
        with mol.with_integral_screen(NEGLIGIBLE):
            made = fitted_integrals(mol, auxiliary, at_once=BLOCK_BYTES if in_file else MAX_IN_MEMORY)
            self.blocks = [into_file(block) for block in made] if in_file else list(made)
        self.metric = scipy.linalg.cho_factor(auxiliary.intor("int2c2e"))
        self.lower = np.tril_indices(mol.nao)
        self.fold = np.where(self.lower[0] == self.lower[1], 1.0, 2.0)

    def matrix(self, density: np.ndarray) -> np.ndarray:
        """Return J(density), both (n_functions, n_functions)."""
        folded = density[self.lower] * self.fold
        fitted = scipy.linalg.cho_solve(self.metric, np.concatenate([folded @ block for block in self.blocks]))
        parts = np.split(fitted, np.cumsum([block.shape[1] for block in self.blocks])[:-1])
        coulomb: np.ndarray = lib.unpack_tril(sum(block @ x for block, x in zip(self.blocks, parts, strict=True)))
        return coulomb


def bytes_of_pairs(mol: gto.Mole) -> int:
    """Return the size of the integrals over all pairs of basis functions and one auxiliary function."""
    size: int = 8 * mol.nao * (mol.nao + 1) // 2
    return size


def fitted_integrals(mol: gto.Mole, auxiliary: gto.Mole, *, at_once: int) -> Iterator[np.ndarray]:
    """Yield blocks (n (n + 1) / 2, n_some) of the integrals, of whole auxiliary shells, each of about `at_once` bytes at most."""
    offsets = auxiliary.ao_loc_nr()
    start = 0
    while start < auxiliary.nbas:
        room = offsets[start] + at_once // bytes_of_pairs(mol)
        stop = max(start + 1, int(np.searchsorted(offsets, room, side="right")) - 1)
        of_shells = (0, mol.nbas, 0, mol.nbas, start, stop)
        yield df.incore.aux_e2(mol, auxiliary, "int3c2e", aosym="s2ij", shls_slice=of_shells)
        start = stop


def into_file(block: np.ndarray) -> np.ndarray:
    """Return a block as a view of a file that goes with it: memory holds what of it there is room for."""
    with TemporaryFile(prefix="eigenscope-integrals-") as file:
        stored = np.memmap(file, dtype=block.dtype, mode="w+", shape=block.shape, order="F")
    stored[:] = block
    return stored


class GridFunctional:
    """Exchange-correlation energy and matrix on one grid; orbital values are kept in float32.

    Attributes
    ----------
    blocks : list of Block
    """

    def __init__(self, mol: gto.Mole, atom_grid: tuple[int, int]) -> None:
        self.numint = dft.numint.NumInt()
        grids = dft.Grids(mol)
        grids.atom_grid = atom_grid
        grids.prune = dft.gen_grid.nwchem_prune
        grids.build(with_non0tab=False)
        kept = np.abs(grids.weights) > NEGLIGIBLE_WEIGHT
        self.blocks = list(grid_blocks(mol, grids.coords[kept], grids.weights[kept]))

    def evaluate(self, density: np.ndarray, occupied: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the energy [Hartree] and the matrix (n_functions, n_functions) of a density.

        Parameters
        ----------
        density : (n_functions, n_functions)
        occupied : (n_functions, n_occupied) or None
            Orbitals that make up the density, if there are any: half the work.
        """
        energy, matrix = 0.0, np.zeros(density.shape)
        left = None if occupied is None else (occupied * np.sqrt(2)).T.astype(np.float32)
        for block in self.blocks:
            square = np.ix_(block.functions, block.functions)
            if left is None:
                rho = block_density(block.values, density[square].astype(np.float32), from_orbitals=False)
            else:
                rho = block_density(block.values, left[:, block.functions], from_orbitals=True)
            per_electron, potential = self.numint.eval_xc_eff(REFERENCE_THEORY.method, rho, deriv=1, xctype="GGA")[:2]
            energy += float((block.weights * rho[0]) @ per_electron)
            weighted = (block.weights * potential).astype(np.float32)  # (4, n_points)
            weighted[0] *= 0.5  # half, for the transpose added below is the other half
            mixed = np.einsum("kig,kg->ig", block.values, weighted)
            matrix[square] += block.values[0] @ mixed.T
        return energy, matrix + matrix.T


@dataclass(frozen=True, eq=False)
class Block:
    """Some grid points, neighbours in space, and the basis functions that reach them.

    Attributes
    ----------
    functions : (n,) int
        Which basis functions.
    values : (4, n, n_points) float32
        Their values and x, y, z derivatives.
    weights : (n_points,) float64
    """

    functions: np.ndarray
    values: np.ndarray
    weights: np.ndarray


def grid_blocks(mol: gto.Mole, points: np.ndarray, weights: np.ndarray) -> Iterator[Block]:
    """Yield the points (n_points, 3) [Bohr] in blocks."""
    for start in range(0, len(weights), BLOCK):
        block = slice(start, start + BLOCK)
        values = mol.eval_gto("GTOval_sph_deriv1", points[block], cutoff=NEGLIGIBLE)  # (4, n_block, n_functions)
        functions = np.flatnonzero(np.abs(values).max(axis=(0, 1)) > OUT_OF_REACH)
        yield Block(functions, values[:, :, functions].transpose(0, 2, 1).astype(np.float32), weights[block])


def block_density(values: np.ndarray, left: np.ndarray, *, from_orbitals: bool) -> np.ndarray:
    """Return the density and its gradient, (4, n_points) float64 [Bohr^-3, Bohr^-4].

    Parameters
    ----------
    values : (4, n_functions, n_points) float32
    left : (n_occupied or n_functions, n_functions) float32
        Occupied orbitals times sqrt 2, or the density matrix.
    """
    half = left @ values[0]
    rho = np.empty((4, half.shape[1]))
    rho[0] = np.einsum("ig,ig->g", half, half if from_orbitals else values[0])
    for k in (1, 2, 3):
        rho[k] = 2 * np.einsum("ig,ig->g", half, left @ values[k] if from_orbitals else values[k])
    return rho


def orthogonal_basis(overlap: np.ndarray) -> np.ndarray:
    """Return X (n_functions, n_levels) with X^T S X = 1: canonical orthogonalisation without near-dependences."""
    values, vectors = np.linalg.eigh(overlap)
    kept = values > REFERENCE_THEORY.linear_dependence
    orthogonal: np.ndarray = vectors[:, kept] / np.sqrt(values[kept])
    return orthogonal


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where some cycles ended.

    Electronic energy [Hartree], Fock matrix, the largest element of FDS - SDF that they began with [Hartree], and whether
    they came below their tolerance.
    """

    energy: float
    fock: np.ndarray
    first_gradient: float
    settled: bool


@dataclass(frozen=True, eq=False)
class Correction:
    """The fine grid's functional less the coarse grid's, to first order about the density `at`.

    Attributes
    ----------
    at, matrix : (n_functions, n_functions) float64
    energy : float
        At that density [Hartree].
    """

    at: np.ndarray
    energy: float
    matrix: np.ndarray

    def energy_at(self, density: np.ndarray) -> float:
        """Return it [Hartree] at a density nearby."""
        return self.energy + float(np.vdot(self.matrix, density - self.at))


class Cycles:
    """The self-consistent field of one molecule; `density`, `occupied` and `n` are where it stands.

    Attributes
    ----------
    coarse : GridFunctional
    density : (n_functions, n_functions) float64
    occupied : (n_functions, n_occupied) float64 or None
        Orbitals that make up the density; None for the guess.
    n : int
        Fock matrices built so far.
    steps : deque of (density, Fock matrix)
        The last ones, without a correction: it is the same for all, so that they serve under the next one too.
    """

    def __init__(self, mol: gto.Mole, progress: Progress | None) -> None:
        self.mol, self.progress = mol, progress
        self.coarse = GridFunctional(mol, COARSE_GRID)
        self.overlap, self.core = mol.intor_symmetric("int1e_ovlp"), scf.hf.get_hcore(mol)
        self.orthogonal, self.coulomb = orthogonal_basis(self.overlap), FittedCoulomb(mol)
        self.density = np.asarray(scf.hf.init_guess_by_minao(mol))
        self.occupied: np.ndarray | None = None
        self.n = 0
        self.steps: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=DIIS_SPACE - 1)

    def solve(self, fock: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return levels [Hartree] and orbitals (n_functions, n_levels) of a Fock matrix."""
        levels, rotation = np.linalg.eigh(self.orthogonal.T @ fock @ self.orthogonal)
        return levels, self.orthogonal @ rotation

    def correct(self, fine: GridFunctional) -> Correction:
        """Return the correction about the density where this stands."""
        fine_energy, fine_matrix = fine.evaluate(self.density, self.occupied)
        coarse_energy, coarse_matrix = self.coarse.evaluate(self.density, self.occupied)
        return Correction(self.density, fine_energy - coarse_energy, fine_matrix - coarse_matrix)

    def run(self, correction: Correction, tolerance: float) -> Outcome:
        """Go on until the largest element of FDS - SDF is below the tolerance, or below TIGHT if it began NEARBY."""
        diis = scf.diis.CDIIS()
        diis.space = DIIS_SPACE
        for density, fock in self.steps:
            diis.update(self.overlap, density, fock + correction.matrix)
        first_gradient = None
        while True:
            repulsion = self.coulomb.matrix(self.density)
            xc_energy, xc_matrix = self.coarse.evaluate(self.density, self.occupied)
            uncorrected = self.core + repulsion + xc_matrix
            fock = uncorrected + correction.matrix
            half = fock @ self.density @ self.overlap
            gradient = float(np.abs(half - half.T).max())
            if first_gradient is None:
                first_gradient = gradient
                tolerance = TIGHT if gradient < NEARBY else tolerance
            self.n += 1
            if self.progress:
                self.progress(self.n, MAX_CYCLES)
            if gradient < tolerance or self.n >= MAX_CYCLES:
                energy = float(np.vdot(self.density, self.core + 0.5 * repulsion)) + xc_energy
                energy += correction.energy_at(self.density)
                return Outcome(energy, fock, first_gradient, gradient < tolerance)
            _, orbitals = self.solve(diis.update(self.overlap, self.density, fock))
            self.steps.append((self.density, uncorrected))
            self.occupied = orbitals[:, : self.mol.nelectron // 2]
            self.density = 2 * self.occupied @ self.occupied.T


def run_fast_scf(mol: gto.Mole, *, progress: Progress | None = None) -> ScfResult:
    """Return the closed-shell PBE orbitals of a molecule.

    Parameters
    ----------
    progress : callable(cycle, MAX_CYCLES)
        Called after every cycle.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not what it must be: atoms on top of each other.
    """
    cycles = Cycles(mol, progress)
    cycles.run(Correction(cycles.density, 0.0, np.zeros_like(cycles.density)), ROUGH)
    fine, converged = GridFunctional(mol, REFERENCE_THEORY.grid), False
    while not converged:
        outcome = cycles.run(cycles.correct(fine), CLOSE)
        converged = outcome.settled and outcome.first_gradient < NEARBY  # the first is that of the fine grid alone
        if cycles.n >= MAX_CYCLES:
            break
    levels, coefficients = cycles.solve(outcome.fock)
    total = outcome.energy + float(mol.energy_nuc())
    return ScfResult(levels, coefficients, cycles.overlap, total, converged, cycles.n)
