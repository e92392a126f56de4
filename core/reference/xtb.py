"""GFN2-xTB levels: milliseconds a molecule, not the reference, but the same physics to learn from first; and its Hessian."""

from typing import TYPE_CHECKING

import numpy as np

from core.errors import GeometryError
from core.machine.threads import one_thread_here
from core.structure.geometry import Geometry
from core.theory import XTB_THEORY
from core.units import BOHR_ANGSTROM, HARTREE_EV

if TYPE_CHECKING:
    from tblite.interface import Calculator

NUDGE_ANGSTROM = 0.005  # of each coordinate, both ways
LEAST_CURVATURE = 1.0  # eV/Angstrom^2: least curvature, that of torsions; turning the whole molecule has none


def quiet_calculator(geometry: Geometry) -> "Calculator":
    """Return tblite's GFN2-xTB of a geometry, that prints nothing."""
    from tblite.interface import Calculator

    calculator = Calculator(XTB_THEORY.method, geometry.numbers.astype(int), geometry.positions / BOHR_ANGSTROM)
    calculator.set("verbosity", 0)
    return calculator


def xtb_levels(geometry: Geometry) -> np.ndarray:
    """Return all GFN2-xTB orbital energies [eV], ascending: of its minimal valence basis.

    Raises
    ------
    GeometryError
        If the self-consistent charges do not converge.
    """
    calculator = quiet_calculator(geometry)
    try:
        with one_thread_here("tblite"):
            return np.asarray(calculator.singlepoint().get("orbital-energies")) * HARTREE_EV
    except (RuntimeError, TypeError) as error:
        raise GeometryError(f"{XTB_THEORY} failed: {error}") from error


def xtb_hessian(geometry: Geometry) -> np.ndarray:
    """Return GFN2-xTB's Hessian, its curvatures at least LEAST_CURVATURE: what a costlier relaxation starts from.

    Returns
    -------
    (3 n_atoms, 3 n_atoms) float64 [eV/Angstrom^2]
        Symmetric, positive definite.

    Raises
    ------
    GeometryError
        If the self-consistent charges do not converge.
    """
    calculator = quiet_calculator(geometry)
    rows = []
    try:
        with one_thread_here("tblite"):
            for shift in NUDGE_ANGSTROM * np.eye(3 * geometry.n_atoms):
                ends = []
                for moved in (geometry.positions + shift.reshape(-1, 3), geometry.positions - shift.reshape(-1, 3)):
                    calculator.update(moved / BOHR_ANGSTROM)
                    ends.append(np.asarray(calculator.singlepoint().get("gradient")).ravel())
                rows.append((ends[0] - ends[1]) / (2 * NUDGE_ANGSTROM))
    except (RuntimeError, TypeError) as error:
        raise GeometryError(f"{XTB_THEORY} failed: {error}") from error
    hessian = np.array(rows) * HARTREE_EV / BOHR_ANGSTROM
    curvatures, directions = np.linalg.eigh((hessian + hessian.T) / 2)
    floored: np.ndarray = (directions * np.maximum(curvatures, LEAST_CURVATURE)) @ directions.T
    return floored
