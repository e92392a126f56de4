"""Relaxation: along the forces of any calculator, and with GFN2-xTB's."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.errors import GeometryError
from core.machine.threads import one_thread_here
from core.structure.bonds import LONGEST_BOND, radius_sums
from core.structure.geometry import Geometry
from core.theory import XTB_THEORY, LevelOfTheory

if TYPE_CHECKING:
    from ase import Atoms

XTB_FMAX = 0.02  # eV/Angstrom: levels move by less than 2 meV below it
XTB_STEPS = 400


class ForceCalculator(Protocol):
    """What ASE asks of a calculator to relax a molecule."""

    def get_potential_energy(self, atoms: "Atoms", force_consistent: bool = False) -> float:
        """Return the energy [eV]."""
        ...

    def get_forces(self, atoms: "Atoms") -> np.ndarray:
        """Return the forces, (n_atoms, 3) [eV/Angstrom]."""
        ...


def relax_geometry(geometry: Geometry, *, fmax: float = XTB_FMAX, max_steps: int = XTB_STEPS) -> tuple[Geometry, float]:
    """Relax with GFN2-xTB (Bannwarth et al., JCTC 2019, doi 10.1021/acs.jctc.8b01176) by `follow_forces`.

    `model_hessian` halves the steps (seven molecules of C7H10O2 size: 43 to 21 on average).

    Returns
    -------
    geometry, energy [eV]

    Raises
    ------
    GeometryError
        If xTB is not there or fails, or forces stay above `fmax` [eV/Angstrom] after `max_steps`.
    """
    try:
        from tblite.ase import TBLite
    except ImportError as error:  # there is none for Windows
        raise GeometryError(f"{XTB_THEORY} needs tblite, which cannot be loaded: choose the fast geometry") from error

    calculator = TBLite(method=XTB_THEORY.method, verbosity=0)
    with one_thread_here("tblite"):
        return follow_forces(geometry, calculator, XTB_THEORY, fmax=fmax, max_steps=max_steps)


def follow_forces(
    geometry: Geometry,
    calculator: ForceCalculator,
    theory: LevelOfTheory,
    *,
    fmax: float,
    max_steps: int,
    hessian: np.ndarray | None = None,
) -> tuple[Geometry, float]:
    """Return the geometry where a calculator's forces vanish, whose origin names the theory, and its energy [eV].

    By ASE's BFGS.

    Parameters
    ----------
    hessian : (3 n_atoms, 3 n_atoms) [eV/Angstrom^2], optional
        What it starts from; None = `model_hessian`.

    Raises
    ------
    GeometryError
        If the calculator fails, or forces stay above `fmax` [eV/Angstrom] after `max_steps`.
    """
    from ase import Atoms
    from ase.optimize import BFGS

    atoms = Atoms(geometry.numbers, geometry.positions)
    atoms.calc = calculator
    optimizer = BFGS(atoms, logfile=None, maxstep=0.2)
    optimizer.H0 = model_hessian(geometry) if hessian is None else hessian
    try:
        converged = optimizer.run(fmax=fmax, steps=max_steps)
        energy = float(atoms.get_potential_energy())
    except (RuntimeError, ValueError) as error:
        raise GeometryError(f"{theory} failed: {error}") from error
    if not converged:
        raise GeometryError(f"{theory} forces must fall below {fmax} eV/Angstrom, still above after {max_steps} steps")
    return Geometry(geometry.numbers, atoms.get_positions(), f"{geometry.origin} + {theory}"), energy


def model_hessian(geometry: Geometry) -> np.ndarray:
    """Return a guess of the Hessian: a spring along every bond and every 1-3 distance, and a floor for the torsions.

    In the spirit of Lindh et al. (Chem. Phys. Lett. 1995, doi 10.1016/0009-2614(95)00646-L). Only the path of a
    relaxation depends on it, not where forces vanish.

    Returns
    -------
    hessian : (3 n_atoms, 3 n_atoms) float64 [eV/Angstrom^2]
        Symmetric, positive definite.
    """
    bond, angle, floor, decay = 35.0, 8.0, 3.0, 4.0  # eV/Angstrom^2, and 1/Angstrom: best of a few tried on C7H10O2
    sums = radius_sums(geometry.numbers)
    vectors = geometry.positions[:, None] - geometry.positions[None]  # (n_atoms, n_atoms, 3)
    distances = np.linalg.norm(vectors, axis=-1)
    excess = distances - sums
    np.fill_diagonal(distances, 1.0)
    others = ~np.eye(geometry.n_atoms, dtype=bool)
    bonded = others & (excess < (LONGEST_BOND - 1) * sums)
    angles = others & ~bonded & (bonded.astype(int) @ bonded.astype(int) > 0)
    springs = np.where(bonded, bond * np.exp(-decay * np.clip(excess, -0.3, None)), 0.0) + np.where(angles, angle, 0.0)
    unit = vectors / distances[..., None]
    blocks = -springs[..., None, None] * unit[..., :, None] * unit[..., None, :]  # (n_atoms, n_atoms, 3, 3)
    atoms = np.arange(geometry.n_atoms)
    blocks[atoms, atoms] = -blocks.sum(axis=1)
    size = 3 * geometry.n_atoms
    hessian: np.ndarray = blocks.transpose(0, 2, 1, 3).reshape(size, size) + floor * np.eye(size)
    return hessian
