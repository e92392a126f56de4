"""Ranking with a rigid shift, and within a window.

Covers `core.screening.shifts`.
"""

import numpy as np
import pandas as pd
import pytest
from reference_scan import curve_target

from core.screening.comparison import METRICS
from core.screening.ranking import rank_candidates
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.spectrum.target import target_from_levels, target_from_row, target_from_spectrum

SPECTRAL = [key for key in METRICS if key != "levels"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("moved", [1.234, -2.05])
@pytest.mark.parametrize("sigma", [0.5, 0.15])
def test_a_known_shift_is_recovered(scan: pd.DataFrame, metric: str, moved: float, sigma: float) -> None:
    target = target_from_levels(scan["levels_ev"][8][-16:] + moved, "moved")
    best = rank_candidates(scan, target, metric=metric, shift=True, sigma_ev=sigma).iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["shift_ev"] == pytest.approx(moved, abs=0.003 if sigma == 0.5 else 0.006)
    assert best["score"] == pytest.approx(0.0 if METRICS[metric].lower_is_better else 1.0, abs=0.01)


CASES = [(metric, absolute) for metric in METRICS for absolute in (True, False) if absolute or metric != "levels"]


@pytest.mark.parametrize(("metric", "absolute"), CASES)
def test_a_shift_never_makes_a_score_worse(scan: pd.DataFrame, metric: str, absolute: bool) -> None:
    target = target_from_row(scan.iloc[2]) if absolute else curve_target(scan, 2)
    options = {"metric": metric, "window_ev": (-16.0, -5.0), "top": None}
    still = rank_candidates(scan, target, **options).set_index("row")["score"].sort_index()
    moved = rank_candidates(scan, target, shift=True, **options).set_index("row")["score"].sort_index()
    gain = (still - moved) * (1 if METRICS[metric].lower_is_better else -1)
    assert gain.min() > (-5e-3 if metric == "wasserstein" else -1e-3)
    assert gain.max() > 0.01


@pytest.mark.parametrize("metric", METRICS)
def test_a_shift_stays_within_its_limit(scan: pd.DataFrame, metric: str) -> None:
    target = target_from_levels(scan["levels_ev"][8][-16:] + 2.5, "moved")
    shifts = rank_candidates(scan, target, metric=metric, shift=True, max_shift_ev=0.45, top=None)["shift_ev"]
    assert shifts.abs().max() == pytest.approx(0.45 if metric == "levels" else 0.4, abs=0.051)
    assert shifts.abs().max() <= 0.45 + 1e-6


@pytest.mark.parametrize("metric", SPECTRAL)
def test_nothing_outside_the_window_counts(scan: pd.DataFrame, metric: str) -> None:
    target = curve_target(scan, 3)
    loud = target.spectrum.density + 50.0 * (target.spectrum.energies_ev < -12.3)
    noisy = target_from_spectrum(Spectrum(target.spectrum.energies_ev, loud), n_levels=16)
    options = {"metric": metric, "window_ev": (-12.0, -5.0), "shift": True, "top": None}
    a, b = rank_candidates(scan, target, **options), rank_candidates(scan, noisy, **options)
    assert a["id"].tolist() == b["id"].tolist()
    np.testing.assert_allclose(a["score"], b["score"], atol=1e-6)


@pytest.mark.parametrize("metric", SPECTRAL)
@pytest.mark.parametrize("step", [0.1, 0.004])
def test_the_unit_and_grid_of_a_measured_curve_do_not_matter(scan: pd.DataFrame, metric: str, step: float) -> None:
    plain = rank_candidates(scan, curve_target(scan, 3), metric=metric, top=None).set_index("row").sort_index()
    counts = curve_target(scan, 3, scale=1e5, step=step)
    other = rank_candidates(scan, counts, metric=metric, top=None).set_index("row").sort_index()
    np.testing.assert_allclose(other["score"], plain["score"], atol=2e-3)
    assert other["score"].idxmin() == plain["score"].idxmin()


def test_a_curve_is_compared_only_where_it_was_measured(scan: pd.DataFrame) -> None:
    energies = np.arange(-13.0, -7.0, 0.05)
    part = Spectrum(energies, broaden(scan["levels_ev"][6], grid_ev=energies))
    ranking = rank_candidates(scan, target_from_spectrum(part))
    assert ranking.attrs["window_ev"] == pytest.approx([-13.0, -7.05])
    assert ranking["id"][0] == scan["id"][6]
    assert ranking["score"][0] == pytest.approx(0.0, abs=5e-3)


def test_a_measured_curve_is_compared_with_all_valence_levels(scan: pd.DataFrame) -> None:
    levels = scan["levels_ev"][6]
    target = target_from_spectrum(Spectrum(GRID_EV, broaden(levels)))
    assert rank_candidates(scan, target)["score"][0] == pytest.approx(0.0, abs=1e-4)
    shortened = target_from_spectrum(Spectrum(GRID_EV, broaden(levels)), n_levels=16)
    assert rank_candidates(scan, shortened)["score"][0] > 0.02
