"""A fast self-consistent field for one small molecule: PySCF's integrals, grids, functional and DIIS, all kept in memory.

What makes it fast: the fitted Coulomb integrals and the orbitals' values on the grid are made once, not in every cycle;
the grid products run in float32 (their sums in float64); and the cycles run on a coarse grid, whose functional is
corrected, energy and matrix, by its difference from the fine grid's at a density nearby. Two evaluations on the fine
grid are mostly enough.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from pyscf import df, dft, gto, lib, scf

XC = "PBE"
AUXILIARY = "def2-universal-jfit"  # Weigend, PCCP 2006, doi 10.1039/b515623h
GRID = (30, 110)  # radial shells, angular points
COARSE_GRID = (10, 26)
# Overlap eigenvectors left out: at triple bonds diffuse functions nearly coincide (eigenvalues down to 1e-11), and
# float32 noise divided by such a number made spurious states.
LINEAR_DEPENDENCE = 1e-6
# Largest element of FDS - SDF [Hartree] that ends the cycles: on the coarse grid alone, on the corrected one, and the
# one of the fine grid's own functional below which its correction counts as made at the right density. Levels then
# stand within 0.5 meV of their limit, cores within 2 (20 molecules C7H10O2).
ROUGH, TIGHT, NEARBY = 5e-2, 5e-5, 1e-3
MAX_CYCLES = 80
DIIS_SPACE = 8
BLOCK = 512  # grid points at a time: such a block of orbital values stays in cache
NEGLIGIBLE = 1e-8  # orbital values on the grid, and products of primitives in the fitted integrals, not evaluated
NEGLIGIBLE_WEIGHT = 1e-10  # of a grid point: those that belong to another atom's cell

Progress = Callable[[int, int], None]


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
    """The density-fitted Coulomb matrix of any density of one molecule."""

    def __init__(self, mol: gto.Mole) -> None:
        auxiliary = df.addons.make_auxmol(mol, AUXILIARY)
        with mol.with_integral_screen(NEGLIGIBLE):
            self.integrals = df.incore.aux_e2(mol, auxiliary, "int3c2e", aosym="s2ij")  # (n(n+1)/2, n_auxiliary)
        self.metric = scipy.linalg.cho_factor(auxiliary.intor("int2c2e"))
        self.lower = np.tril_indices(mol.nao)
        self.fold = np.where(self.lower[0] == self.lower[1], 1.0, 2.0)

    def matrix(self, density: np.ndarray) -> np.ndarray:
        """Return J(density), both (n_functions, n_functions)."""
        fitted = scipy.linalg.cho_solve(self.metric, (density[self.lower] * self.fold) @ self.integrals)
        return lib.unpack_tril(self.integrals @ fitted)


class GridFunctional:
    """Exchange-correlation energy and matrix on one grid; orbital values are kept in float32.

    Attributes
    ----------
    blocks : list of ((4, n_functions, n_points) float32, (n_points,) float64)
        Orbital values and their x, y, z derivatives; weights.
    """

    def __init__(self, mol: gto.Mole, atom_grid: tuple[int, int]) -> None:
        self.numint = dft.numint.NumInt()
        grids = dft.Grids(mol)
        grids.atom_grid = atom_grid
        grids.prune = dft.gen_grid.nwchem_prune
        grids.build(with_non0tab=False, sort_grids=False)
        kept = np.abs(grids.weights) > NEGLIGIBLE_WEIGHT
        self.blocks = list(orbital_values(mol, grids.coords[kept], grids.weights[kept]))

    def evaluate(self, density: np.ndarray, occupied: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the energy [Hartree] and the matrix (n_functions, n_functions) of a density.

        Parameters
        ----------
        density : (n_functions, n_functions)
        occupied : (n_functions, n_occupied) or None
            Orbitals that make up the density, if there are any: half the work.
        """
        energy, matrix = 0.0, np.zeros(density.shape)
        left = (density if occupied is None else occupied * np.sqrt(2)).T.astype(np.float32)
        for values, weights in self.blocks:
            rho = block_density(values, left, from_orbitals=occupied is not None)
            per_electron, potential = self.numint.eval_xc_eff(XC, rho, deriv=1, xctype="GGA")[:2]
            energy += float((weights * rho[0]) @ per_electron)
            weighted = (weights * potential).astype(np.float32)  # (4, n_points)
            weighted[0] *= 0.5  # half, for the transpose added below is the other half
            mixed = np.einsum("kig,kg->ig", values, weighted)
            matrix += values[0] @ mixed.T
        return energy, matrix + matrix.T


def orbital_values(mol: gto.Mole, points: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield ((4, n_functions, n_block) float32, weights (n_block,)) for the points (n_points, 3) [Bohr], in blocks."""
    for start in range(0, len(weights), BLOCK):
        block = slice(start, start + BLOCK)
        values = mol.eval_gto("GTOval_sph_deriv1", points[block], cutoff=NEGLIGIBLE)  # (4, n_block, n_functions)
        yield values.transpose(0, 2, 1).astype(np.float32), weights[block]


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
    kept = values > LINEAR_DEPENDENCE
    return vectors[:, kept] / np.sqrt(values[kept])


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where some cycles ended: electronic energy [Hartree], Fock matrix, the largest element of FDS - SDF that they began
    with [Hartree], and whether they came below their tolerance.
    """

    energy: float
    fock: np.ndarray
    first_gradient: float
    settled: bool


class Cycles:
    """The self-consistent field of one molecule; `density`, `occupied` and `n` are where it stands.

    Attributes
    ----------
    density : (n_functions, n_functions) float64
    occupied : (n_functions, n_occupied) float64 or None
        Orbitals that make up the density; None for the guess.
    n : int
        Fock matrices built so far.
    """

    def __init__(self, mol: gto.Mole, progress: Progress | None) -> None:
        self.mol, self.progress = mol, progress
        self.overlap, self.core = mol.intor_symmetric("int1e_ovlp"), scf.hf.get_hcore(mol)
        self.orthogonal, self.coulomb = orthogonal_basis(self.overlap), FittedCoulomb(mol)
        self.density = np.asarray(scf.hf.init_guess_by_minao(mol))
        self.occupied: np.ndarray | None = None
        self.n = 0

    def solve(self, fock: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return levels [Hartree] and orbitals (n_functions, n_levels) of a Fock matrix."""
        levels, rotation = np.linalg.eigh(self.orthogonal.T @ fock @ self.orthogonal)
        return levels, self.orthogonal @ rotation

    def run(self, functional: "GridFunctional | CorrectedFunctional", tolerance: float) -> "Outcome":
        """Go on until the largest element of FDS - SDF is below the tolerance."""
        diis = scf.diis.CDIIS()
        diis.space = DIIS_SPACE
        gradients: list[float] = []
        while True:
            repulsion = self.coulomb.matrix(self.density)
            xc_energy, xc_matrix = functional.evaluate(self.density, self.occupied)
            fock = self.core + repulsion + xc_matrix
            half = fock @ self.density @ self.overlap
            gradients.append(float(np.abs(half - half.T).max()))
            self.n += 1
            if self.progress:
                self.progress(self.n, MAX_CYCLES)
            if gradients[-1] < tolerance or self.n >= MAX_CYCLES:
                energy = float(np.vdot(self.density, self.core + 0.5 * repulsion)) + xc_energy
                return Outcome(energy, fock, gradients[0], gradients[-1] < tolerance)
            _, orbitals = self.solve(diis.update(self.overlap, self.density, fock))
            self.occupied = orbitals[:, : self.mol.nelectron // 2]
            self.density = 2 * self.occupied @ self.occupied.T


class CorrectedFunctional:
    """The coarse grid's functional plus its difference from the fine grid's, to first order about one density."""

    def __init__(
        self, coarse: GridFunctional, fine: GridFunctional, at: np.ndarray, occupied: np.ndarray | None
    ) -> None:
        self.coarse, self.at = coarse, at
        fine_energy, fine_matrix = fine.evaluate(at, occupied)
        coarse_energy, coarse_matrix = coarse.evaluate(at, occupied)
        self.energy, self.matrix = fine_energy - coarse_energy, fine_matrix - coarse_matrix

    def evaluate(self, density: np.ndarray, occupied: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Return the energy [Hartree] and the matrix of a density, as `GridFunctional.evaluate`."""
        energy, matrix = self.coarse.evaluate(density, occupied)
        return energy + self.energy + float(np.vdot(self.matrix, density - self.at)), matrix + self.matrix


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
    cycles, coarse = Cycles(mol, progress), GridFunctional(mol, COARSE_GRID)
    cycles.run(coarse, ROUGH)
    fine, converged = GridFunctional(mol, GRID), False
    while not converged:
        outcome = cycles.run(CorrectedFunctional(coarse, fine, cycles.density, cycles.occupied), TIGHT)
        converged = outcome.settled and outcome.first_gradient < NEARBY  # the first is that of the fine grid alone
        if cycles.n >= MAX_CYCLES:
            break
    levels, coefficients = cycles.solve(outcome.fock)
    total = outcome.energy + float(mol.energy_nuc())
    return ScfResult(levels, coefficients, cycles.overlap, total, converged, cycles.n)
