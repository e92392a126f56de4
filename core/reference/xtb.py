"""GFN2-xTB levels: milliseconds a molecule, not the reference, but the same physics to learn from first."""

import numpy as np

from core.errors import GeometryError
from core.structure.geometry import Geometry
from core.units import BOHR_ANGSTROM, HARTREE_EV


def xtb_levels(geometry: Geometry) -> np.ndarray:
    """Return all GFN2-xTB orbital energies [eV], ascending: one s on H, one s and three p on C, N, O, F.

    Raises
    ------
    GeometryError
        If the self-consistent charges do not converge.
    """
    from tblite.interface import Calculator

    calculator = Calculator("GFN2-xTB", geometry.numbers.astype(int), geometry.positions / BOHR_ANGSTROM)
    calculator.set("verbosity", 0)
    try:
        return np.asarray(calculator.singlepoint().get("orbital-energies")) * HARTREE_EV
    except (RuntimeError, TypeError) as error:
        raise GeometryError(f"GFN2-xTB failed: {error}") from error
