"""A fast self-consistent field for one small molecule: PySCF's integrals, grids, functional and DIIS, all kept in memory.

What makes it fast: the fitted Coulomb integrals and the orbitals' values on the grid are made once, not in every cycle;
the grid products run in float32 (their sums in float64); the first cycles run on a coarse grid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from pyscf import df, dft, gto, lib, scf

XC = "PBE"
AUXILIARY = "def2-universal-jfit"  # Weigend, PCCP 2006, doi 10.1039/b515623h
GRID = (30, 110)  # radial shells, angular points
COARSE_GRID = (15, 50)
# Overlap eigenvectors left out: at triple bonds diffuse functions nearly coincide (eigenvalues down to 1e-11), and
# float32 noise divided by such a number made spurious states.
LINEAR_DEPENDENCE = 1e-6
# (grid, largest change of energy [Hartree], largest element of FDS - SDF) that end a stage. Part of the protocol of the
# shipped labels: valence levels then stand within about 4 meV of their limit (mostly 1), cores within 10. Stopping at
# (1e-5, 1e-3) takes about a cycle more and leaves 1 and 5, but would part from the labels by as much as they are off.
STAGES = ((COARSE_GRID, 2e-3, 5e-2), (GRID, 2e-5, 2e-3))
MAX_CYCLES = 60
DIIS_SPACE = 8
BLOCK = 1024  # grid points at a time: such a block of orbital values stays in cache
NEGLIGIBLE = 1e-10  # orbital values on the grid below it are not evaluated

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
        grids.build(with_non0tab=False)
        self.blocks = list(orbital_values(mol, grids.coords, grids.weights))

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
            mixed = values[0] * weighted[0]
            for component in (1, 2, 3):
                mixed += values[component] * weighted[component]
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
    n_occupied = mol.nelectron // 2
    overlap, core = mol.intor_symmetric("int1e_ovlp"), scf.hf.get_hcore(mol)
    orthogonal, coulomb = orthogonal_basis(overlap), FittedCoulomb(mol)
    density = np.asarray(scf.hf.init_guess_by_minao(mol))
    occupied: np.ndarray | None = None
    energy, cycle, converged = 0.0, 0, False
    for atom_grid, energy_tolerance, gradient_tolerance in STAGES:
        functional = GridFunctional(mol, atom_grid)
        diis = scf.diis.CDIIS()
        diis.space = DIIS_SPACE
        converged, first = False, True
        while cycle < MAX_CYCLES and not converged:
            cycle, before = cycle + 1, energy
            repulsion = coulomb.matrix(density)
            xc_energy, xc_matrix = functional.evaluate(density, occupied)
            energy = float(np.vdot(density, core + 0.5 * repulsion)) + xc_energy
            fock = core + repulsion + xc_matrix
            gradient = np.abs(fock @ density @ overlap - overlap @ density @ fock).max()
            fock = diis.update(overlap, density, fock)
            levels, rotation = np.linalg.eigh(orthogonal.T @ fock @ orthogonal)
            coefficients = orthogonal @ rotation
            occupied = coefficients[:, :n_occupied]
            density = 2 * occupied @ occupied.T
            converged = not first and abs(energy - before) < energy_tolerance and bool(gradient < gradient_tolerance)
            first = False
            if progress:
                progress(cycle, MAX_CYCLES)
    total = energy + float(mol.energy_nuc())
    return ScfResult(levels, coefficients, overlap, total, converged, cycle)
