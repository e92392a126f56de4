"""The error band against a Monte Carlo of independent errors."""

import numpy as np
import pytest

from core.spectrum import GRID_EV, LINE_SHAPES, broaden
from core.uncertainty import density_error

LEVELS_EV = np.array([-20.0, -14.1, -13.9, -10.0, -6.2])


@pytest.mark.parametrize("shape", LINE_SHAPES)
def test_band_is_the_spread_of_spectra_with_noisy_levels(shape: str) -> None:
    rng = np.random.default_rng(3)
    noisy = LEVELS_EV + rng.normal(0, 0.02, size=(4000, 5))
    measured = broaden(noisy, shape=shape).std(axis=0)
    band = density_error(LEVELS_EV, 0.02, shape=shape)
    strong = band > 0.2 * band.max()
    np.testing.assert_allclose(band[strong], measured[strong], rtol=0.08)


def test_unknown_spread_gives_no_band() -> None:
    assert np.isnan(density_error(LEVELS_EV, float("nan"))).all()
    assert len(density_error(LEVELS_EV, 0.1)) == len(GRID_EV)
