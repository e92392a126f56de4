import numpy as np
import pytest
from reference_scan import labels
from scipy.stats import wasserstein_distance

from core.errors import EigenscopeError
from core.spectrum.broaden import GRID_EV, broaden
from core.spectrum.levels import Levels
from core.spectrum.metrics import (
    cosine_similarity,
    evaluate_levels,
    level_rmse_ev,
    pearson_correlation,
    rmse,
    rse,
    wasserstein_ev,
)


@pytest.fixture(scope="module")
def spectra() -> np.ndarray:
    table = labels(40)
    bands = [e[o - 16 : o] for e, o in zip(table["levels_ev"], table["n_occupied"], strict=True)]
    return broaden(np.array(bands))


def test_rse_of_nothing_is_the_closed_form() -> None:
    # far-apart Gaussians: integral of t^2 is n / (2 sigma sqrt(pi)), of t is n
    target = broaden([-25.0, -15.0, -5.0], sigma_ev=0.5)
    assert rse(np.zeros(300), target) == pytest.approx(np.sqrt(3 / (2 * 0.5 * np.sqrt(np.pi))) / 3, rel=1e-6)


def test_rse_is_a_sum_over_points(spectra: np.ndarray) -> None:
    target, predicted = spectra[0], spectra[1]
    top = bottom = 0.0
    for t, p in zip(target, predicted, strict=True):
        top += 0.1 * (t - p) ** 2
        bottom += 0.1 * t
    assert rse(predicted, target) == pytest.approx(np.sqrt(top) / bottom)
    assert rse(spectra, target)[1] == pytest.approx(np.sqrt(top) / bottom)


def test_independent_level_errors_give_the_rse_of_the_design() -> None:
    table = labels(400)
    bands = np.array([e[o - 16 : o] for e, o in zip(table["levels_ev"], table["n_occupied"], strict=True) if o >= 24])
    error = np.random.default_rng(1).normal(0, 0.05, bands.shape)
    assert rse(broaden(bands + error), broaden(bands)).mean() == pytest.approx(0.26 * 0.05, rel=0.1)


def test_cosine_forgives_height_and_pearson_a_background(spectra: np.ndarray) -> None:
    assert cosine_similarity(7.0 * spectra[:1], spectra[0]) == pytest.approx([1.0])
    assert cosine_similarity(spectra[:1] + 1.0, spectra[0])[0] < 0.999
    assert pearson_correlation(7.0 * spectra[:1] + 1.0, spectra[0]) == pytest.approx([1.0])


def test_pearson_is_numpy_s(spectra: np.ndarray) -> None:
    expected = [np.corrcoef(p, spectra[0])[0, 1] for p in spectra]
    np.testing.assert_allclose(pearson_correlation(spectra, spectra[0]), expected, atol=1e-12)


def test_wasserstein_is_scipy_s(spectra: np.ndarray) -> None:
    expected = [wasserstein_distance(GRID_EV, GRID_EV, p, spectra[0]) for p in spectra]
    np.testing.assert_allclose(wasserstein_ev(spectra, spectra[0]), expected, atol=1e-10)
    single = wasserstein_ev(spectra.astype(np.float32), spectra[0].astype(np.float32))
    np.testing.assert_allclose(single, expected, atol=2e-5)


def test_a_rigid_shift_costs_its_length_in_wasserstein() -> None:
    levels = np.array([-14.0, -11.5, -9.0, -8.0])
    assert wasserstein_ev(broaden(levels + 0.73), broaden(levels)) == pytest.approx(0.73, abs=1e-6)


def test_wasserstein_counts_negative_intensity_as_none() -> None:
    curve = broaden([-10.0])
    assert wasserstein_ev(curve, np.where(GRID_EV < -20, -0.3, curve)) == pytest.approx(0.0, abs=1e-12)


def test_no_intensity_is_nan_not_a_score(spectra: np.ndarray) -> None:
    nothing = np.zeros((1, 300))
    assert np.isnan(cosine_similarity(nothing, spectra[0]))
    assert np.isnan(pearson_correlation(nothing + 2.0, spectra[0]))
    assert np.isnan(wasserstein_ev(nothing, spectra[0]))


def test_metrics_leave_their_input_alone(spectra: np.ndarray) -> None:
    before = spectra.copy()
    for metric in (rse, cosine_similarity, pearson_correlation, wasserstein_ev):
        metric(spectra, spectra[0])
    np.testing.assert_array_equal(spectra, before)


def test_level_rmse() -> None:
    assert level_rmse_ev(np.array([[-9.0, -8.0], [-9.3, -8.4]]), np.array([-9.0, -8.0])) == pytest.approx(
        [0.0, np.sqrt((0.09 + 0.16) / 2)]
    )
    assert rmse(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(np.sqrt(2.0))


def test_evaluate_levels_counts_what_it_measures() -> None:
    reference = [Levels(np.arange(-20.0, -4.0), -1.0), Levels(np.array([-12.0, -9.0]), 0.0)]
    predicted = [Levels(r.valence_ev + 0.1, r.lumo_ev - 0.2) for r in reference]
    result = evaluate_levels(predicted, reference)
    assert (result["n"], result["n_without_band"]) == (2, 1)
    assert result["rmse_ev"] == pytest.approx(0.1)
    assert result["mean_signed_error_ev"] == pytest.approx(0.1)
    assert result["homo_mae_ev"] == pytest.approx(0.1)
    assert result["lumo_mae_ev"] == pytest.approx(0.2)
    assert result["gap_mae_ev"] == pytest.approx(0.3)
    assert result["valence_rmse_ev"] == pytest.approx(0.1)
    assert list(result["per_level_rmse_ev"])[-1] == "HOMO"


def test_levels_that_a_reference_does_not_tell_make_no_figure_and_are_not_made_up() -> None:
    full = [Levels(np.arange(-19.0 - k, -3.0), -1.0) for k in range(3)]
    predicted = [Levels(r.valence_ev + 0.1, r.lumo_ev + 0.3) for r in full]
    homo_only = [Levels(np.append(np.full(len(r.valence_ev) - 1, np.nan), -4.0), -1.0) for r in full]
    result = evaluate_levels(predicted, homo_only)
    assert result["n"] == result["n_without_band"] == 3
    assert result["homo_mae_ev"] == pytest.approx(0.1)
    assert result["homo_mean_signed_error_ev"] == pytest.approx(0.1)
    assert result["gap_mae_ev"] == pytest.approx(0.2)
    assert not {"rmse_ev", "rse", "valence_rmse_ev", "per_level_rmse_ev"} & set(result)
    assert "a band needs 16 valence levels, the references tell at most 1" in result["not_computed"]["rmse_ev"]
    assert "highest valence levels only" in result["not_computed"]["valence_rmse_ev"]

    deep = [np.arange(len(r.valence_ev)) < len(r.valence_ev) - 16 for r in full]
    band_only = [Levels(np.where(d, np.nan, r.valence_ev), np.nan) for d, r in zip(deep, full, strict=True)]
    result = evaluate_levels(predicted, band_only)
    assert result["rmse_ev"] == pytest.approx(0.1)
    assert result["valence_rmse_ev"] == pytest.approx(0.1), "of the molecules of which all levels are told"
    assert result["not_computed"]["lumo_mae_ev"] == "the references tell no LUMO"
    assert "not_computed" not in evaluate_levels(predicted, full)


def test_evaluate_levels_refuses_what_does_not_pair() -> None:
    one = Levels(np.array([-9.0, -8.0]), 0.0)
    with pytest.raises(EigenscopeError, match="at least one"):
        evaluate_levels([], [])
    with pytest.raises(EigenscopeError, match="2 reference levels, 1 predicted"):
        evaluate_levels([Levels(np.array([-8.0]), 0.0)], [one])
