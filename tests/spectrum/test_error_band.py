"""The error band against a Monte Carlo of independent errors."""

import numpy as np
import pytest

from core.spectrum.broaden import GRID_EV, LINE_SHAPES, broaden
from core.spectrum.error_band import density_error

LEVELS_EV = np.array([-20.0, -14.1, -13.9, -10.0, -6.2])


@pytest.mark.parametrize("shape", LINE_SHAPES)
@pytest.mark.parametrize("spread_ev", [0.02, 0.3, 2.0, (0.01, 0.6, 0.05, 0.3, 0.1)])
def test_band_is_the_rms_change_of_spectra_with_noisy_levels(shape: str, spread_ev: float | tuple[float, ...]) -> None:
    rng = np.random.default_rng(3)
    noisy = LEVELS_EV + rng.normal(0, spread_ev, size=(4000, 5))
    change = broaden(noisy, shape=shape) - broaden(LEVELS_EV, shape=shape)
    measured = np.sqrt((change**2).mean(axis=0))
    band = density_error(LEVELS_EV, spread_ev, shape=shape)
    strong = band > 0.2 * band.max()
    np.testing.assert_allclose(band[strong], measured[strong], rtol=0.12)


def test_no_spread_gives_no_width_and_an_unknown_one_no_band() -> None:
    np.testing.assert_allclose(density_error(LEVELS_EV, 0.0), 0.0, atol=1e-6)
    assert np.isnan(density_error(LEVELS_EV, float("nan"))).all()
    assert np.isnan(density_error(LEVELS_EV, [0.1, 0.1, np.nan, 0.1, 0.1])).all()
    assert len(density_error(LEVELS_EV, 0.1)) == len(GRID_EV)
