"""Geometries relaxed with B3LYP/6-31G(2df,p), as QM9's were: where networks of geometries are to put the atoms."""

import numpy as np
from ase import Atoms
from pyscf import dft, gto

from core.errors import DomainError
from core.reference.xtb import xtb_hessian
from core.structure.geometry import Geometry
from core.structure.relax import follow_forces
from core.theory import RELAXED_THEORY
from core.units import BOHR_ANGSTROM, HARTREE_EV

B3LYP_FMAX = 0.02  # eV/Angstrom
B3LYP_STEPS = 60
LAST_ELEMENT = 18  # the basis ends at argon
FUNCTIONAL = "b3lypg"  # with the local correlation of Gaussian, which made QM9
B3LYP_GRID = 1  # PySCF's: forces within 0.001 eV/Angstrom of level 3's in half the time (HNCO, pentane)
ENERGY_HA = 1e-7  # change that ends the self-consistent field


def relax_with_b3lyp(geometry: Geometry, *, fmax: float = B3LYP_FMAX, max_steps: int = B3LYP_STEPS) -> Geometry:
    """Relax with B3LYP/6-31G(2df,p), from near a GFN2-xTB geometry: half a minute for four heavy atoms on one core.

    BFGS starts from GFN2-xTB's Hessian, which halves its steps.

    Raises
    ------
    DomainError
        If it holds an element that the basis lacks.
    GeometryError
        If the field does not converge, or forces stay above `fmax` [eV/Angstrom] after `max_steps`.
    """
    if not has_b3lyp_basis(geometry):
        raise DomainError(f"{RELAXED_THEORY} knows elements up to argon, got {geometry.formula}")
    hessian = xtb_hessian(geometry)
    return follow_forces(geometry, KohnSham(), RELAXED_THEORY, fmax=fmax, max_steps=max_steps, hessian=hessian)[0]


def has_b3lyp_basis(geometry: Geometry) -> bool:
    """Return whether the basis has all elements of a molecule."""
    return bool(geometry.numbers.max() <= LAST_ELEMENT)


class KohnSham:
    """PySCF's density-fitted Kohn-Sham for `follow_forces`: each step starts from the density of the one before."""

    def __init__(self) -> None:
        self.density: np.ndarray | None = None
        self.positions = np.zeros((0, 3))  # of the last step, whose energy and forces are kept
        self.energy_ev = 0.0
        self.forces = np.zeros((0, 3))

    def get_potential_energy(self, atoms: Atoms, force_consistent: bool = False) -> float:
        """Return the energy [eV]."""
        self.compute(atoms)
        return self.energy_ev

    def get_forces(self, atoms: Atoms) -> np.ndarray:
        """Return the forces, (n_atoms, 3) [eV/Angstrom]."""
        self.compute(atoms)
        return self.forces.copy()

    def compute(self, atoms: Atoms) -> None:
        """Keep energy and forces of a molecule, unless they are those of the last step.

        Raises
        ------
        RuntimeError
            If the field does not converge.
        """
        positions = atoms.get_positions()
        if np.array_equal(positions, self.positions):
            return
        places = list(zip(atoms.get_atomic_numbers().tolist(), positions, strict=True))
        mol = gto.M(atom=places, basis=RELAXED_THEORY.basis, unit="Angstrom", verbose=0)
        field = dft.RKS(mol, xc=FUNCTIONAL).density_fit(auxbasis=RELAXED_THEORY.auxiliary_basis)
        field.grids.level, field.conv_tol = B3LYP_GRID, ENERGY_HA
        energy_ha = field.kernel(dm0=self.density)
        if not field.converged:
            raise RuntimeError("the self-consistent field does not converge")
        gradient = np.asarray(field.nuc_grad_method().kernel())  # (n_atoms, 3) [Hartree/bohr]
        gradient -= gradient.mean(0)  # the grid does not move along, and would push the whole molecule
        self.density, self.positions = np.asarray(field.make_rdm1()), positions
        self.energy_ev = float(energy_ha) * HARTREE_EV
        self.forces = -gradient * HARTREE_EV / BOHR_ANGSTROM
