"""Measured curves: baselines off, noise smoothed, and the curve itself kept (`core.spectrum.treatment`)."""

import numpy as np
import pytest

from core.errors import EigenscopeError
from core.spectrum.broaden import Spectrum
from core.spectrum.target import Target, target_from_levels, target_from_spectrum
from core.spectrum.treatment import AS_IT_IS, BASELINES, Treatment, baseline_of, treat_target

ENERGIES = np.linspace(-20, -6, 701)
BANDS = sum(np.exp(-0.5 * ((ENERGIES - centre) / 0.25) ** 2) for centre in (-17.0, -14.5, -13.8, -11.0, -9.2))
SLOPE = 0.4 + 0.02 * (ENERGIES + 20) + 0.004 * (ENERGIES + 6) ** 2  # electrons that lost energy: more at the deep end


def measured(density: np.ndarray) -> Target:
    return target_from_spectrum(Spectrum(ENERGIES, density, "gas"), is_measured=True)


def test_a_smooth_baseline_is_found_under_bands_and_noise() -> None:
    noise = 0.01 * np.random.default_rng(3).standard_normal(len(ENERGIES))
    found = baseline_of(Spectrum(ENERGIES, BANDS + SLOPE + noise, ""), "smooth")
    off = np.abs(found - SLOPE)
    assert off.max() < 0.2, "a band is 1 high"
    assert np.sqrt(np.mean(off**2)) < 0.06


def test_treated_curve_is_nearer_to_the_bands_and_the_target_itself_stays() -> None:
    target = measured(BANDS + SLOPE)
    treated = treat_target(target, Treatment("smooth"))
    assert np.corrcoef(treated.spectrum.density, BANDS)[0, 1] > 0.99 > np.corrcoef(BANDS + SLOPE, BANDS)[0, 1]
    np.testing.assert_array_equal(target.spectrum.density, BANDS + SLOPE)
    assert not treated.has_background
    assert target.has_background
    assert treated.origin.endswith("baseline taken off")


def test_uneven_points_are_no_matter() -> None:
    places = np.sort(np.random.default_rng(0).choice(len(ENERGIES), 400, replace=False))
    some = Spectrum(ENERGIES[places], (BANDS + SLOPE)[places], "")
    off = baseline_of(some, "smooth") - SLOPE[places]
    assert np.sqrt(np.mean(off**2)) < 0.08


def test_smoothing_keeps_the_area_and_takes_noise_out() -> None:
    rng = np.random.default_rng(5)
    noise = 0.1 * rng.standard_normal(len(ENERGIES))
    smooth = treat_target(measured(BANDS + noise), Treatment("none", 0.1)).spectrum
    assert smooth.density.sum() == pytest.approx((BANDS + noise).sum(), rel=0.01)
    assert np.std(smooth.density - treat_target(measured(BANDS), Treatment("none", 0.1)).spectrum.density) < 0.03


def test_what_is_no_measured_curve_and_what_needs_nothing_stay_the_same() -> None:
    levels = target_from_levels([-12.0, -9.0], "two", is_measured=True)
    assert treat_target(levels, Treatment("smooth", 0.1)) is levels
    target = measured(BANDS)
    assert treat_target(target, AS_IT_IS) is target
    assert not treat_target(target, Treatment("none")).has_background


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(EigenscopeError, match=f"baseline must be one of {', '.join(BASELINES)}, got 'shirley'"):
        Treatment("shirley")
    with pytest.raises(EigenscopeError, match=r"smoothing must be 0 to 1 eV, got -0\.1"):
        Treatment("none", -0.1)
