"""Ranking rows that stand for several conformers: what is compared is the average of their spectra."""

import numpy as np
import pandas as pd
import pytest

from core.errors import EigenscopeError
from core.screening.conformer_spectra import stack_conformers
from core.screening.ranking import rank_candidates
from core.screening.targets import make_target
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.spectrum.target import target_from_levels, target_from_spectrum
from core.structure.ensemble import boltzmann_weights

LOW, HIGH = np.array([-14.0, -10.0, -7.0]), np.array([-13.0, -9.5, -6.0])
ENERGIES, DEGENERACIES = np.array([0.0, 0.02]), np.array([1, 2])
WEIGHTS = boltzmann_weights(ENERGIES, DEGENERACIES)


@pytest.fixture
def scan() -> pd.DataFrame:
    several = {
        "id": "several",
        "n_conformers": 2,
        "conformer_energies_ev": ENERGIES,
        "conformer_degeneracies": DEGENERACIES,
        "conformer_levels_ev": np.array([[*LOW, 0.0], [*HIGH, 0.5]]).ravel(),
        "temperature_k": 298.15,
        "levels_ev": WEIGHTS @ np.array([LOW, HIGH]),
    }
    one = {
        "id": "one",
        "n_conformers": 1,
        "conformer_energies_ev": None,
        "conformer_degeneracies": None,
        "conformer_levels_ev": None,
        "temperature_k": np.nan,
        "levels_ev": WEIGHTS @ np.array([LOW, HIGH]),
    }
    return pd.DataFrame([one, several]).assign(status="ok", expected_rmse_ev=0.03)


def test_they_are_stacked_one_a_line(scan: pd.DataFrame) -> None:
    stacked = stack_conformers(scan, 2, is_whole=True)
    assert stacked.rows.tolist() == [1, 1]
    np.testing.assert_allclose(stacked.levels_ev, [LOW[1:], HIGH[1:]])
    np.testing.assert_allclose(stacked.weights, WEIGHTS, rtol=1e-6)
    assert np.isnan(stack_conformers(scan, 4, is_whole=True).levels_ev).all()
    assert np.isnan(stack_conformers(scan, 4, is_whole=False).levels_ev[:, 0]).all()
    assert not len(stack_conformers(scan[["status", "levels_ev"]], 2, is_whole=True).rows)


@pytest.mark.parametrize(("sigma_ev", "shift"), [(0.5, False), (0.5, True), (0.2, True)])
def test_a_row_of_several_is_its_average_spectrum(scan: pd.DataFrame, sigma_ev: float, shift: bool) -> None:
    density = WEIGHTS @ broaden(np.array([LOW, HIGH]), sigma_ev=sigma_ev)
    target = target_from_spectrum(Spectrum(GRID_EV, density, "average"), n_levels=None)
    ranked = rank_candidates(scan, target, sigma_ev=sigma_ev, shift=shift, max_shift_ev=1.0)
    assert ranked["id"].tolist() == ["several", "one"]
    assert ranked["score"][0] < 2e-3 < 0.05 < ranked["score"][1]
    assert np.isfinite(ranked["score_error"]).all()


@pytest.mark.parametrize("metric", ["rse", "pearson", "levels"])
def test_the_conformer_that_fits_best_stands_for_its_row(scan: pd.DataFrame, metric: str) -> None:
    target = target_from_levels(HIGH, "the second conformer")
    best, other = rank_candidates(scan, target, metric=metric).to_dict("records")
    assert (best["id"], best["conformer"]) == ("several", 2)
    assert best["score"] == pytest.approx(1.0 if metric == "pearson" else 0.0, abs=1e-5)
    assert pd.isna(other["conformer"])
    average = rank_candidates(scan, target, metric=metric, conformers="average")
    assert average["conformer"].isna().all()
    assert abs(average["score"][0] - best["score"]) > 0.01


def test_the_average_stands_where_it_fits_better(scan: pd.DataFrame) -> None:
    density = WEIGHTS @ broaden(np.array([LOW, HIGH]), sigma_ev=0.5)
    target = target_from_spectrum(Spectrum(GRID_EV, density, "average"), n_levels=None)
    assert rank_candidates(scan, target)["conformer"].isna().all()


def test_a_shift_and_intensities_are_the_conformers_own(scan: pd.DataFrame) -> None:
    intensities = [np.array([1.0, 2.0, 0.5])] * 2
    density = broaden(HIGH - 0.4, sigma_ev=0.4) * 0
    for level, area in zip(HIGH - 0.4, intensities[0], strict=True):
        density = density + area * broaden([level], sigma_ev=0.4)
    target = target_from_spectrum(Spectrum(GRID_EV, density, "moved"), n_levels=None)
    options = {"metric": "pearson", "shift": True, "max_shift_ev": 1.0, "sigma_ev": 0.4, "intensities": intensities}
    best = rank_candidates(scan, target, **options).iloc[0]
    assert (best["id"], best["conformer"]) == ("several", 2)
    assert best["shift_ev"] == pytest.approx(-0.4, abs=0.01)
    assert best["score"] > 0.999
    assert best["score_error"] > 0


def test_their_order_does_not_matter(scan: pd.DataFrame) -> None:
    turned = scan.copy()
    for name in ("conformer_energies_ev", "conformer_degeneracies"):
        turned[name] = [None, scan[name][1][::-1]]
    turned["conformer_levels_ev"] = [None, scan["conformer_levels_ev"][1].reshape(2, -1)[::-1].ravel()]
    target = target_from_levels(HIGH + 0.1, "near the second")
    one, other = (rank_candidates(table, target, metric="levels") for table in (scan, turned))
    np.testing.assert_allclose(one["score"], other["score"])
    assert [one["conformer"][0], other["conformer"][0]] == [2, 1]


def test_what_stands_for_a_row_is_one_of_two(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="conformers must be best or average, got 'first'"):
        rank_candidates(scan, target_from_levels(HIGH, "t"), conformers="first")


@pytest.mark.parametrize("metric", ["rse", "pearson", "wasserstein", "levels"])
@pytest.mark.parametrize("name", ["several", "one"])
def test_a_row_is_its_own_best_hit(scan: pd.DataFrame, metric: str, name: str) -> None:
    """As a target it is what it is as a candidate: the average of its conformers."""
    table = scan.assign(numbers=[[1]] * 2, conformer_positions=[None, np.zeros(6)], model="tight_binding")
    target = make_target(table, name, band=True)
    best = rank_candidates(table, target, metric=metric).iloc[0]
    assert best["id"] == name if metric != "levels" else best["score"] == pytest.approx(0, abs=1e-6)
    assert best["score"] == pytest.approx(1.0 if metric == "pearson" else 0.0, abs=2e-4)
    assert pd.isna(best["conformer"])
