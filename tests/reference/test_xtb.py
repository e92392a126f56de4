import numpy as np

from core.geometry import Geometry
from core.reference.xtb import xtb_levels


def test_water_has_six_orbitals_and_the_published_homo():
    """One s on each H; s and three p on O. GFN2-xTB's HOMO of water is -12.1 eV (xtb 6, --gfn 2)."""
    levels = xtb_levels(Geometry([8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]))
    assert len(levels) == 6
    assert (np.diff(levels) >= 0).all()
    np.testing.assert_allclose(levels[3], -12.1, atol=0.15)
