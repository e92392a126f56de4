import numpy as np
import pytest
from scipy.stats import exponnorm

from core.errors import EigenscopeError
from core.spectrum.broaden import (
    ASYMMETRIC,
    GRID_EV,
    LINE_SHAPES,
    STEP_EV,
    TAIL_WIDTHS,
    Spectrum,
    broaden,
    check_resolved,
    line_shape,
    resample,
)
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import evaluate_levels, rmse, rse

LEVELS = np.array([-22.0, -15.5, -12.25, -9.0, -9.0])


def test_grid_is_the_papers():
    assert len(GRID_EV) == 300
    assert GRID_EV[0] == -30.0
    np.testing.assert_allclose(np.diff(GRID_EV), 0.1)


def test_spectrum_integrates_to_the_number_of_levels():
    assert broaden(LEVELS).sum() * 0.1 == pytest.approx(len(LEVELS), abs=1e-9)


@pytest.mark.parametrize("shape", LINE_SHAPES)
def test_lines_have_unit_area(shape):
    x = np.arange(-4000, 4000, 0.01)
    assert np.trapezoid(line_shape(x, sigma_ev=0.5, shape=shape), x) == pytest.approx(1, abs=2e-4)


def test_an_asymmetric_line_has_its_mean_at_the_level_and_its_tail_at_deeper_energies():
    x = np.linspace(-10, 10, 4001)
    y = line_shape(x, sigma_ev=0.3, shape=ASYMMETRIC)
    np.testing.assert_allclose(y, exponnorm.pdf(-x, TAIL_WIDTHS, loc=-TAIL_WIDTHS * 0.3, scale=0.3), atol=1e-12)
    assert (x * y).sum() * (x[1] - x[0]) == pytest.approx(0, abs=1e-9)
    assert x[y.argmax()] > 0.05
    far = line_shape(np.array([-3e4, 0, 3e4], np.float32), sigma_ev=0.3, shape=ASYMMETRIC)
    assert far.dtype == np.float32
    assert far[[0, 2]].tolist() == [0, 0]


@pytest.mark.parametrize("shape", [shape for shape in LINE_SHAPES if shape != ASYMMETRIC])
def test_symmetric_lines_have_one_width(shape):
    half_width = np.sqrt(2 * np.log(2)) * 0.5
    at_half = line_shape(np.array([0.0, half_width]), sigma_ev=0.5, shape=shape)
    assert at_half[1] / at_half[0] == pytest.approx(0.5)


def test_broadening_a_batch_equals_one_by_one_and_ignores_nan():
    padded = np.full((2, 6), np.nan)
    padded[0, :5], padded[1, :2] = LEVELS, LEVELS[:2]
    np.testing.assert_allclose(broaden(padded), [broaden(LEVELS), broaden(LEVELS[:2])])


@pytest.mark.parametrize(("kwargs", "match"), [
    ({"sigma_ev": 0.0}, "sigma_ev must be > 0, got 0.0"),
    ({"sigma_ev": -0.1}, "got -0.1"),
    ({"shape": "square"}, "got 'square'"),
])  # fmt: skip
def test_bad_line_options(kwargs, match):
    with pytest.raises(EigenscopeError, match=match):
        broaden(LEVELS, **kwargs)


def test_resampling_is_exact_for_straight_lines_and_zero_outside():
    line = Spectrum(np.array([-10.0, -5.0]), np.array([0.0, 5.0]))
    np.testing.assert_allclose(resample(line, np.array([-11.0, -7.5, -5.0, -4.0])).density, [0, 2.5, 5, 0])


def test_band_needs_sixteen_levels():
    short = Levels(LEVELS, 0.0)
    assert not short.has_band
    with pytest.raises(EigenscopeError, match="the molecule has 5"):
        _ = short.band_ev


def test_rse_of_a_lost_spectrum_in_closed_form():
    """Against p = 0 one Gaussian has sqrt(integral g^2) = (4 pi sigma^2)^(-1/4), over its area 1."""
    assert rse(np.zeros(300), broaden([-10.0])) == pytest.approx((4 * np.pi * 0.25) ** -0.25, rel=1e-6)


def test_uncorrelated_level_errors_give_the_designs_slope(rng):
    """16 levels off by d give an RSE of about 0.26 d / eV."""
    reference = np.sort(rng.uniform(-20, -6, (2000, N_BAND)))
    predicted = reference + rng.normal(0, 0.05, reference.shape)
    assert rse(broaden(predicted), broaden(reference)).mean() / 0.05 == pytest.approx(0.26, abs=0.03)


def test_evaluate_levels_by_hand(rng):
    reference = np.sort(rng.uniform(-20, -6, 20))
    off = np.zeros(20)
    off[-1], off[0] = 0.4, -1.0  # the HOMO, and a level below the band
    result = evaluate_levels([Levels(reference + off, -0.5)], [Levels(reference, -1.0)])
    assert result["homo_mae_ev"] == pytest.approx(0.4)
    assert result["lumo_mae_ev"] == pytest.approx(0.5)
    assert result["rmse_ev"] == pytest.approx(0.4 / 4)  # sqrt(0.16 / 16)
    assert result["per_level_rmse_ev"]["HOMO"] == pytest.approx(0.4)
    assert result["per_level_rmse_ev"]["HOMO-15"] == pytest.approx(0, abs=1e-12)
    assert result["valence_rmse_ev"] == pytest.approx(rmse(off, np.zeros(20)))


def test_molecules_without_a_band_are_counted_not_padded():
    small = Levels(LEVELS, 0.0)
    result = evaluate_levels([small], [small])
    assert result["n_without_band"] == 1
    assert "rmse_ev" not in result


def test_evaluating_different_numbers_of_levels_is_an_error():
    with pytest.raises(EigenscopeError, match="5 reference levels, 4 predicted"):
        evaluate_levels([Levels(LEVELS[1:], 0.0)], [Levels(LEVELS, 0.0)])


def test_a_band_that_is_not_all_known_is_no_band():
    partly = Levels(np.append(np.full(3, np.nan), np.arange(-20.0, -5.0)), -1.0)
    assert (partly.n_known, partly.has_band) == (15, False)
    with pytest.raises(EigenscopeError, match="needs 16 valence levels, the molecule has 18 and 15 are known"):
        _ = partly.band_ev
    known = Levels(np.append(np.full(3, np.nan), np.arange(-21.0, -5.0)), -1.0)
    assert known.has_band
    assert np.isfinite(known.band_ev).all()


def test_levels_and_spectra_are_their_own_and_read_only() -> None:
    energies = np.array([-12.0, -10.0])
    levels, spectrum = Levels(energies, -1.0), Spectrum(energies, np.ones(2))
    energies[0] = 0.0
    assert levels.valence_ev[0] == spectrum.energies_ev[0] == -12.0
    with pytest.raises(ValueError, match="read-only"):
        levels.valence_ev[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        spectrum.density[0] = 2.0


@pytest.mark.parametrize("wrong", [[-10.0, -12.0], [-12.0, float("nan"), -10.0], [-12.0, float("nan")], [[-12.0]]])
def test_levels_ascend_and_are_known_from_the_homo_down(wrong) -> None:
    with pytest.raises(EigenscopeError, match="levels must"):
        Levels(wrong, 0.0)


def test_a_spectrum_has_as_many_values_as_energies_and_is_sorted() -> None:
    with pytest.raises(EigenscopeError, match="as many values as energies"):
        Spectrum(np.zeros(3), np.zeros(2))
    assert Spectrum([3.0, 1.0], [30.0, 10.0]).density.tolist() == [10.0, 30.0]


@pytest.mark.parametrize("sigma_ev", [0.5, 0.05])
def test_a_line_that_the_grid_shows_keeps_its_area_wherever_it_lies(sigma_ev: float) -> None:
    check_resolved(GRID_EV, sigma_ev)
    areas = [broaden([-12.0 + shift], sigma_ev=sigma_ev).sum() * STEP_EV for shift in np.linspace(0, STEP_EV, 11)]
    np.testing.assert_allclose(areas, 1, atol=0.02)


@pytest.mark.parametrize("sigma_ev", [0.02, np.array([0.5, 0.01])])
def test_a_line_between_the_points_of_the_grid_is_refused(sigma_ev) -> None:
    with pytest.raises(EigenscopeError, match=r"0\.1 eV apart: give sigma_ev of at least 0\.05"):
        check_resolved(GRID_EV, sigma_ev)
    check_resolved(np.linspace(-13, -11, 401), sigma_ev)
