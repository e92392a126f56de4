"""Learning curves: crossings that are known exactly."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.learning_curves import find_crossing, summarise_curve

SIZES = np.array([125, 250, 500, 1000, 2000, 4000])


def power_law(scale: float, exponent: float, sizes: np.ndarray = SIZES) -> pd.DataFrame:
    return pd.DataFrame({"n_molecules": sizes, "mean": scale * sizes.astype(float) ** exponent})


@pytest.mark.parametrize("exponent", [-0.2, -0.5, -0.9])
@pytest.mark.parametrize(("wanted", "kind"), [(300.0, "measured"), (1000.0, "measured"), (20_000.0, "extrapolated")])
def test_crossing_of_an_exact_power_law_is_exact(exponent: float, wanted: float, kind: str) -> None:
    curve = power_law(3.0, exponent)
    found = find_crossing(curve, 3.0 * wanted**exponent)
    assert found is not None
    assert found.kind == kind
    assert found.n_molecules == pytest.approx(wanted, rel=1e-6)
    assert found.exponent == pytest.approx(exponent)
    if kind == "extrapolated":
        assert (found.low, found.high) == pytest.approx((wanted, wanted), rel=1e-6)


def test_a_threshold_passed_by_the_smallest_training_is_at_most_that() -> None:
    found = find_crossing(power_law(1.0, -0.5), 0.5)
    assert found is not None
    assert (found.kind, found.n_molecules) == ("below", 125.0)


def test_a_curve_counts_as_below_only_where_it_stays_below() -> None:
    curve = pd.DataFrame({"n_molecules": [100, 200, 400, 800], "mean": [0.5, 0.1, 0.3, 0.15]})
    found = find_crossing(curve, 0.2)
    assert found is not None
    assert 400 < found.n_molecules < 800


@pytest.mark.parametrize("exponent", [0.0, 0.1, -0.02])
def test_a_curve_that_does_not_come_down_is_not_reached(exponent: float) -> None:
    found = find_crossing(power_law(1.0, exponent), 0.19)
    assert found is not None
    assert found.kind == "not reached"
    assert np.isnan(found.n_molecules)
    assert found.n_largest == 4000


def test_two_points_are_no_power_law() -> None:
    found = find_crossing(power_law(3.0, -0.5, SIZES[:2]), 0.01)
    assert found is not None
    assert found.kind == "not reached"
    assert np.isnan(found.exponent)


def test_scatter_widens_the_range_of_an_extrapolation(rng: np.random.Generator) -> None:
    curve = power_law(3.0, -0.4)
    curve["mean"] *= np.exp(0.05 * rng.standard_normal(len(curve)))
    found = find_crossing(curve, 3.0 * 20_000**-0.4)
    assert found is not None
    assert found.low < found.n_molecules < found.high


def test_nothing_measured_has_no_crossing() -> None:
    assert find_crossing(power_law(1.0, -0.5).iloc[:0], 0.19) is None


def test_seeds_are_brought_together_and_missing_errors_left_out() -> None:
    curves = pd.DataFrame(
        {
            "set": ["qm9"] * 4 + ["aa"],
            "key": ["a", "a", "a", "b", "a"],
            "n_molecules": [250, 125, 125, 125, 125],
            "rmse_ev": [0.2, 0.3, 0.5, np.nan, 9.0],
        }
    )
    table = summarise_curve(curves, dataset="qm9", key="a", metric="rmse_ev")
    assert table["n_molecules"].tolist() == [125, 250]
    assert table["mean"].tolist() == pytest.approx([0.4, 0.2])
    assert table[["low", "high", "n_seeds"]].iloc[0].tolist() == pytest.approx([0.3, 0.5, 2])
    assert summarise_curve(curves, dataset="qm9", key="b", metric="rmse_ev").empty
