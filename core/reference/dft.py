"""The reference: Kohn-Sham levels of one molecule, closed shell, at the geometry given.

The protocol is `core.theory.REFERENCE_THEORY`; which elements, and in which basis each, says `core.elements`.
"""

import time
from dataclasses import replace

import numpy as np
from pyscf import dft, gto

from core.elements import BY_NUMBER
from core.errors import DomainError
from core.machine.progress import Progress
from core.reference.fast_scf import ScfResult, run_fast_scf
from core.reference.result import FAST_SOLVER, MAX_FUNCTIONS, SECOND_ORDER, SHIFTED, Reference
from core.structure.domain import ENGINE_DOMAIN, check_geometry
from core.structure.geometry import Geometry, count_valence_levels
from core.theory import REFERENCE_THEORY
from core.units import HARTREE_EV

N_EMPTY = 6  # empty levels kept: LUMO to LUMO+5
LEVEL_SHIFT_HA = 0.3
SHIFTED_CYCLES, SECOND_ORDER_CYCLES = 150, 50


def reference_levels(geometry: Geometry, *, progress: Progress | None = None) -> Reference:
    """Return the reference levels of a molecule: 1 to 2 s for C7H10O2 on one core.

    Where the fast solver does not converge, PySCF's own density-fitted Kohn-Sham takes over, first with a level shift,
    then by second-order steps; `solver` says which it was.

    Parameters
    ----------
    progress : callable(cycle, most cycles)
        Called after every cycle of the fast solver.

    Raises
    ------
    DomainError
        Other elements than ENGINE_SYMBOLS, an odd number of electrons, or more than MAX_FUNCTIONS basis functions.
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    """
    start = time.perf_counter()
    check_reference_geometry(geometry)
    mol = build_molecule(geometry)
    result, solver = solve(mol, progress=progress)
    n_core = mol.nelectron // 2 - count_valence_levels(
        geometry
    )  # those in an effective core potential are not computed
    reference = make_reference(mol, result, n_core=n_core)
    return replace(reference, seconds=time.perf_counter() - start, solver=solver)


def check_reference_geometry(geometry: Geometry) -> None:
    """Raise unless the engine can be asked about this geometry; see `reference_levels` for what is raised."""
    check_geometry(geometry, ENGINE_DOMAIN)
    n_functions = count_functions(geometry)
    if n_functions > MAX_FUNCTIONS:
        raise DomainError(f"at most {MAX_FUNCTIONS} basis functions, {geometry.formula} needs {n_functions}")


def count_functions(geometry: Geometry) -> int:
    """Return how many basis functions a molecule has."""
    numbers, counts = np.unique(geometry.numbers, return_counts=True)
    return sum(
        int(n) * gto.M(atom=[(int(z), (0, 0, 0))], basis=basis_of(z), spin=None, verbose=0).nao
        for z, n in zip(numbers, counts, strict=True)
    )


def basis_of(number: int) -> str:
    """Return the basis of an element, as PySCF names it."""
    return BY_NUMBER[int(number)].engine_basis


def build_molecule(geometry: Geometry, *, basis: str | None = None) -> gto.Mole:
    """Return PySCF's molecule: neutral, closed shell, spherical functions; each element in its own basis, or all in one."""
    atoms = list(zip(geometry.symbols, geometry.positions, strict=True))
    elements = [BY_NUMBER[z] for z in np.unique(geometry.numbers).tolist()]
    bases = {e.symbol: basis or e.engine_basis for e in elements}
    ecp = {e.symbol: bases[e.symbol] for e in elements if e.engine_core_electrons}
    return gto.M(atom=atoms, basis=bases, ecp=ecp, unit="Angstrom", spin=0, charge=0, verbose=0)


def solve(mol: gto.Mole, *, progress: Progress | None = None) -> tuple[ScfResult, str]:
    """Return what the fast solver, or where it fails PySCF's own, makes of a molecule, and which it was."""
    try:
        result = run_fast_scf(mol, progress=progress)
    except np.linalg.LinAlgError:
        return run_pyscf(mol)
    return (result, FAST_SOLVER) if result.converged else run_pyscf(mol)


def run_pyscf(mol: gto.Mole) -> tuple[ScfResult, str]:
    """Return what PySCF's own density-fitted Kohn-Sham makes of the same protocol, and which solver it took."""
    field = dft.RKS(mol, xc=REFERENCE_THEORY.method).density_fit(auxbasis=REFERENCE_THEORY.auxiliary_basis)
    field.grids.atom_grid = REFERENCE_THEORY.grid
    field.grids.prune = dft.gen_grid.nwchem_prune
    field.max_cycle, field.level_shift = SHIFTED_CYCLES, LEVEL_SHIFT_HA
    field.kernel()
    solver = SHIFTED
    if not field.converged:
        orbitals, occupations = field.mo_coeff, field.mo_occ
        field.level_shift = 0
        field = field.newton()
        field.max_cycle = SECOND_ORDER_CYCLES
        field.kernel(orbitals, occupations)
        solver = SECOND_ORDER
    order = np.argsort(field.mo_energy, kind="stable")
    result = ScfResult(
        levels_ha=field.mo_energy[order],
        coefficients=field.mo_coeff[:, order],
        overlap=mol.intor_symmetric("int1e_ovlp"),
        total_energy_ha=float(field.e_tot),
        converged=bool(field.converged),
        n_cycles=int(getattr(field, "cycles", 0)),
    )
    return result, solver


def make_reference(mol: gto.Mole, result: ScfResult, *, n_core: int) -> Reference:
    """Return the levels kept and their populations."""
    n_occupied = mol.nelectron // 2
    last = min(n_occupied + N_EMPTY, len(result.levels_ha))
    population, population_s = loewdin_populations(mol, result.coefficients[:, n_core:last], result.overlap)
    return Reference(
        levels_ev=result.levels_ha[:last] * HARTREE_EV,
        n_core=n_core,
        n_occupied=n_occupied,
        population=population,
        population_s=population_s,
        total_energy_ha=result.total_energy_ha,
        converged=result.converged,
        n_cycles=result.n_cycles,
        seconds=0.0,
    )


def loewdin_populations(mol: gto.Mole, coefficients: np.ndarray, overlap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Loewdin fraction of each orbital on each atom, on all shells and on s shells alone.

    Parameters
    ----------
    coefficients : (n_functions, n_levels)
    overlap : (n_functions, n_functions)

    Returns
    -------
    population, population_s : (n_levels, n_atoms) float64
        Rows of the first sum to 1.
    """
    values, vectors = np.linalg.eigh(overlap)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T  # clip: rounding makes some of 1e-11 negative
    weights = (root @ coefficients) ** 2  # (n_functions, n_levels)
    shells = np.array([label[2].lstrip("0123456789")[:1] for label in mol.ao_labels(fmt=None)])
    atoms = [(a, b) for _, _, a, b in mol.aoslice_by_atom()]
    total = np.stack([weights[a:b].sum(axis=0) for a, b in atoms], axis=1)
    on_s = np.stack([weights[a:b][shells[a:b] == "s"].sum(axis=0) for a, b in atoms], axis=1)
    return total, on_s
