"""GFN2-xTB levels: milliseconds a molecule, not the reference, but the same physics to learn from first."""

import numpy as np

from core.errors import GeometryError
from core.machine.threads import one_thread_here
from core.structure.geometry import Geometry
from core.theory import XTB_THEORY
from core.units import BOHR_ANGSTROM, HARTREE_EV


def xtb_levels(geometry: Geometry) -> np.ndarray:
    """Return all GFN2-xTB orbital energies [eV], ascending: of its minimal valence basis.

    Raises
    ------
    GeometryError
        If the self-consistent charges do not converge.
    """
    from tblite.interface import Calculator

    calculator = Calculator(XTB_THEORY.method, geometry.numbers.astype(int), geometry.positions / BOHR_ANGSTROM)
    calculator.set("verbosity", 0)
    try:
        with one_thread_here("tblite"):
            return np.asarray(calculator.singlepoint().get("orbital-energies")) * HARTREE_EV
    except (RuntimeError, TypeError) as error:
        raise GeometryError(f"{XTB_THEORY} failed: {error}") from error
