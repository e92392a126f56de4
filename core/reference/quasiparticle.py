"""Ionisation energies of one molecule, level by level: G0W0 on a hybrid functional, paired with the reference's own levels.

The protocol is `core.theory.QUASIPARTICLE_THEORY`; PySCF does it (Zhu and Chan, J. Chem. Theory Comput. 2021,
doi 10.1021/acs.jctc.0c00704).
"""

import time
from dataclasses import dataclass

import numpy as np
from pyscf import dft, gto, scf
from pyscf.gw.gw_ac import GWAC

from core.errors import DomainError, EigenscopeError
from core.reference.dft import build_molecule, check_reference_geometry, solve
from core.structure.geometry import Geometry, count_valence_levels
from core.theory import MEAN_FIELD_THEORY
from core.units import HARTREE_EV

N_FREQUENCIES = 40  # 24 fail; 60 change no level above -20 eV by 0.01 eV
GRID_LEVEL = 1
ENERGY_TOLERANCE_HA = 1e-7  # of the mean field, begun at the reference's density: its levels move by less than 1 meV
MAX_QUASIPARTICLE_FUNCTIONS = 500  # 5 GB; C7H10O2 has 342


@dataclass(frozen=True, eq=False)
class Quasiparticles:
    """Valence levels of one molecule at three levels of theory, and the LUMO.

    Attributes
    ----------
    levels_ev, mean_field_ev : (n_valence + 1,) float64
        [eV], vacuum zero: quasiparticle energies, ascending, and the mean field's eigenvalues of the same orbitals; the LUMO
        last. A positive LUMO is an artefact of the basis.
    reference_ev : (n_valence + 1,) float64
        [eV] Of `core.theory.REFERENCE_THEORY`, ascending.
    overlap : (n_valence, n_valence) float64
        Squared overlap of each mean-field orbital (rows, as `levels_ev`) with each of the reference's: levels change order
        between theories.
    seconds : float
        On the wall.
    """

    levels_ev: np.ndarray
    mean_field_ev: np.ndarray
    reference_ev: np.ndarray
    overlap: np.ndarray
    seconds: float


def quasiparticle_levels(geometry: Geometry) -> Quasiparticles:
    """Return the ionisation energies of a molecule, as levels.

    Raises
    ------
    DomainError
        Other elements than the engine's, an odd number of electrons, or more than MAX_QUASIPARTICLE_FUNCTIONS functions.
    GeometryError
        No atoms, non-finite coordinates, or two atoms nearer than MIN_DISTANCE.
    EigenscopeError
        If a self-consistent field does not converge, or the equation of a quasiparticle energy is not solved.
    """
    start = time.perf_counter()
    check_reference_geometry(geometry)
    mol = build_molecule(geometry, basis=MEAN_FIELD_THEORY.basis)
    if mol.nao > MAX_QUASIPARTICLE_FUNCTIONS:
        raise DomainError(
            f"at most {MAX_QUASIPARTICLE_FUNCTIONS} functions of {MEAN_FIELD_THEORY.basis}, {geometry.formula} needs {mol.nao}"
        )
    n_valence = count_valence_levels(geometry)
    n_core = mol.nelectron // 2 - n_valence
    small, orbitals = reference_orbitals(geometry)
    field = run_mean_field(mol, scf.addons.project_dm_nr2nr(small, orbitals.density(), mol))
    window = slice(n_core, n_core + n_valence + 1)
    quasi = GWAC(field)
    quasi.nw, quasi.orbs = N_FREQUENCIES, range(window.start, window.stop)
    quasi.vhf_df = True  # exchange from the fitted integrals at hand: 0.5 meV off, and a third of the time
    quasi.kernel()
    levels_ev, mean_field_ev = (np.asarray(e)[window] * HARTREE_EV for e in (quasi.mo_energy, field.mo_energy))
    if not np.isfinite(levels_ev).all() or not levels_ev.all():  # PySCF leaves 0 where its search for the root fails
        raise EigenscopeError("the equation of a quasiparticle energy was not solved")
    overlap = squared_overlaps(
        mol, field.mo_coeff[:, window][:, :-1], small, orbitals.coefficients[:, orbitals.window][:, :-1]
    )
    order = np.argsort(levels_ev[:-1], kind="stable")
    ascending = [*order, n_valence]
    return Quasiparticles(
        levels_ev[ascending],
        mean_field_ev[ascending],
        orbitals.levels_ha[orbitals.window] * HARTREE_EV,
        overlap[order],
        time.perf_counter() - start,
    )


def run_mean_field(mol: gto.Mole, density: np.ndarray) -> dft.rks.RKS:
    """Return the converged mean field, begun at a density (n_functions, n_functions).

    Raises
    ------
    EigenscopeError
        If it does not converge.
    """
    field = dft.RKS(mol, xc=MEAN_FIELD_THEORY.method.replace("-", "")).density_fit()
    field.grids.level, field.conv_tol = GRID_LEVEL, ENERGY_TOLERANCE_HA
    field.kernel(density)
    if not field.converged:
        raise EigenscopeError(f"{MEAN_FIELD_THEORY} did not converge in {field.max_cycle} cycles")
    return field


@dataclass(frozen=True, eq=False)
class ReferenceOrbitals:
    """What the reference's self-consistent field leaves.

    Attributes
    ----------
    levels_ha : (n_orbitals,) [Hartree], ascending
    coefficients : (n_functions, n_orbitals)
    n_core, n_occupied : int
    """

    levels_ha: np.ndarray
    coefficients: np.ndarray
    n_core: int
    n_occupied: int

    @property
    def window(self) -> slice:
        """The valence orbitals and the LUMO."""
        return slice(self.n_core, self.n_occupied + 1)

    def density(self) -> np.ndarray:
        """Return the density matrix (n_functions, n_functions)."""
        occupied = self.coefficients[:, : self.n_occupied]
        total: np.ndarray = 2 * occupied @ occupied.T
        return total


def reference_orbitals(geometry: Geometry) -> tuple[gto.Mole, ReferenceOrbitals]:
    """Return PySCF's molecule in the reference's basis, and its orbitals.

    Raises
    ------
    EigenscopeError
        If the reference does not converge.
    """
    mol = build_molecule(geometry)
    result, _ = solve(mol)
    if not result.converged:
        raise EigenscopeError("the reference levels to pair with did not converge")
    n_occupied = mol.nelectron // 2
    n_core = n_occupied - count_valence_levels(geometry)
    return mol, ReferenceOrbitals(result.levels_ha, result.coefficients, n_core, n_occupied)


def squared_overlaps(mol: gto.Mole, orbitals: np.ndarray, other: gto.Mole, others: np.ndarray) -> np.ndarray:
    """Return the squared overlap (n, m) of each orbital (n_functions, n) with each in another basis (m_functions, m)."""
    between: np.ndarray = orbitals.T @ gto.intor_cross("int1e_ovlp", mol, other) @ others
    return between**2
