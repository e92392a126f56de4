from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference_scan import N, curve_target, without_prediction

from core.errors import EigenscopeError
from core.screening.comparison import METRICS
from core.screening.ranking import rank_candidates
from core.spectrum.broaden import GRID_EV, broaden
from core.spectrum.metrics import cosine_similarity, level_rmse_ev, pearson_correlation, rse, wasserstein_ev
from core.spectrum.target import target_from_levels, target_from_row

SPECTRAL = [key for key in METRICS if key != "levels"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("shift", [False, True])
def test_a_molecule_finds_itself(scan: pd.DataFrame, metric: str, shift: bool) -> None:
    best = rank_candidates(scan, target_from_row(scan.iloc[31]), metric=metric, shift=shift).iloc[0]
    assert (best["id"], best["rank"]) == (scan["id"][31], 1)
    assert best["score"] == pytest.approx(0.0 if METRICS[metric].lower_is_better else 1.0, abs=2e-5)
    assert best["shift_ev"] == pytest.approx(0.0, abs=1e-3)


def plain_score(metric: str, candidate: np.ndarray, target: np.ndarray, *, absolute: bool) -> float:
    """The slow way: one candidate at a time, float64."""
    if metric == "rse" and not absolute:
        return float(rse(candidate, target * candidate.sum() / target.sum()))
    plain = {"rse": rse, "cosine": cosine_similarity, "pearson": pearson_correlation, "wasserstein": wasserstein_ev}
    return float(plain[metric](candidate, target))


@pytest.mark.parametrize("metric", SPECTRAL)
@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("window", [None, (-14.0, -6.5)])
def test_scores_are_those_of_the_slow_way(
    scan: pd.DataFrame, metric: str, absolute: bool, window: tuple[float, float] | None
) -> None:
    target = target_from_row(scan.iloc[5]) if absolute else curve_target(scan, 5, scale=300.0)
    ranking = rank_candidates(scan, target, metric=metric, window_ev=window, top=None, sigma_ev=0.4)
    low, high = ranking.attrs["window_ev"]
    grid = GRID_EV[(low - 1e-6 < GRID_EV) & (high + 1e-6 > GRID_EV)]
    goal = target.density_on(grid, sigma_ev=0.4)
    by_row = ranking.set_index("row")["score"]
    for k in range(0, N, 7):
        candidate = broaden(scan["levels_ev"][k][-16:], grid_ev=grid, sigma_ev=0.4)
        expected = plain_score(metric, candidate, goal, absolute=absolute)
        assert by_row[scan["row"][k]] == pytest.approx(expected, abs=3e-5)
    better = ranking["score"].to_numpy() * (1 if METRICS[metric].lower_is_better else -1)
    assert (np.diff(better) >= 0).all()


def test_level_wise_scores_and_their_window(scan: pd.DataFrame) -> None:
    target = target_from_row(scan.iloc[5])
    assert target.levels_ev is not None
    ranking = rank_candidates(scan, target, metric="levels", top=None).set_index("row")
    inside = rank_candidates(scan, target, metric="levels", window_ev=(-10.0, 0.0), top=None).set_index("row")
    n_inside = int((target.levels_ev >= -10.0).sum())
    assert 0 < n_inside < 16
    for k in range(0, N, 11):
        band = scan["levels_ev"][k][-16:].astype(float)
        assert ranking["score"][scan["row"][k]] == pytest.approx(level_rmse_ev(band, target.levels_ev), abs=1e-5)
        expected = level_rmse_ev(band[-n_inside:], target.levels_ev[-n_inside:])
        assert inside["score"][scan["row"][k]] == pytest.approx(expected, abs=1e-5)


def test_a_short_list_of_levels_is_compared_with_as_many(scan: pd.DataFrame) -> None:
    target = target_from_levels(scan["levels_ev"][6][-5:][::-1], "five levels, HOMO first")
    for metric in METRICS:
        best = rank_candidates(scan, target, metric=metric).iloc[0]
        assert best["id"] == scan["id"][6]


def test_rows_that_cannot_be_ranked_are_listed_last_and_say_why(scan: pd.DataFrame) -> None:
    table = without_prediction(scan, 0, reason="elements must be among H B C N O F Si P S Cl Br I, found Se")
    table.at[7, "levels_ev"] = table["levels_ev"][7][-12:]
    ranking = rank_candidates(table, target_from_row(table.iloc[5]), top=None)
    assert len(ranking) == N
    assert ranking["rank"].iloc[:-2].tolist() == list(range(1, N - 1))
    last = ranking.iloc[-2:]
    assert last["id"].tolist() == [table["id"][0], table["id"][7]]
    assert last["rank"].isna().all()
    assert last["score"].isna().all()
    assert "found Se" in last["unranked_reason"].iloc[0]
    assert last["unranked_reason"].iloc[1] == "16 levels are compared, the molecule has 12"
    assert (ranking.attrs["n_ranked"], ranking.attrs["n_unranked"]) == (N - 2, 2)
    assert set(rank_candidates(table, target_from_row(table.iloc[5]), top=200)["id"]).isdisjoint(last["id"])


def test_ties_keep_the_order_of_the_scan(scan: pd.DataFrame) -> None:
    doubled = pd.concat([scan, scan], ignore_index=True)
    doubled["row"] = np.arange(1, 2 * N + 1)
    for metric in METRICS:
        ranking = rank_candidates(doubled, target_from_row(scan.iloc[5]), metric=metric, top=None)
        assert ranking["id"][::2].tolist() == ranking["id"][1::2].tolist()
        assert (ranking["row"][1::2].to_numpy() - ranking["row"][::2].to_numpy() == N).all()


def test_a_ranking_can_be_ranked_again_and_the_scan_is_left_alone(scan: pd.DataFrame) -> None:
    before = scan.copy(deep=True)
    first = rank_candidates(scan, target_from_row(scan.iloc[5]), top=30)
    again = rank_candidates(first, target_from_row(scan.iloc[5]), top=10)
    pd.testing.assert_frame_equal(again, first.iloc[:10])
    pd.testing.assert_frame_equal(scan, before)


def test_a_scan_ranks_the_same_after_a_round_trip_through_parquet(scan: pd.DataFrame, tmp_path: Path) -> None:
    table = without_prediction(scan, 0, reason="broken")
    table.to_parquet(tmp_path / "scan.parquet")
    target = target_from_row(scan.iloc[5])
    first = rank_candidates(table, target, top=None)
    again = rank_candidates(pd.read_parquet(tmp_path / "scan.parquet"), target, top=None)
    assert again["id"].tolist() == first["id"].tolist()
    np.testing.assert_array_equal(again["score"], first["score"])
    first.to_parquet(tmp_path / "ranking.parquet")
    assert pd.read_parquet(tmp_path / "ranking.parquet")["rank"].tolist()[:-1] == list(range(1, N))


def test_the_score_error_is_the_error_of_a_molecule_against_itself(scan: pd.DataFrame) -> None:
    for spread in (0.02, 0.1):
        ranking = rank_candidates(scan.assign(expected_rmse_ev=spread), target_from_row(scan.iloc[5]))
        assert ranking["score_error"][0] == pytest.approx(0.26 * spread, rel=0.25)  # design.md: RSE of 0.26 d
        level_wise = rank_candidates(
            scan.assign(expected_rmse_ev=spread), target_from_row(scan.iloc[5]), metric="levels"
        )
        assert level_wise["score_error"][0] == pytest.approx(spread, rel=0.15)
    unknown = rank_candidates(scan.assign(expected_rmse_ev=np.nan), target_from_row(scan.iloc[5]))
    assert unknown["score_error"].isna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "euclid"}, "metric must be one of rse, cosine"),
        ({"window_ev": (-5.0, -9.0)}, "the lower first"),
        ({"window_ev": (-5.0, float("nan"))}, "the lower first"),
        ({"window_ev": (-9.0, -8.95)}, "at least 0.4 eV"),
        ({"window_ev": (5.0, 9.0)}, "at least 0.4 eV"),
        ({"window_ev": (-2.0, -0.5)}, "must have intensity in the window"),
        ({"metric": "levels", "window_ev": (-2.0, 0.0)}, "must hold a level"),
        ({"sigma_ev": 0.01}, "sigma_ev must be at least 0.1"),
        ({"shift": True, "max_shift_ev": 0.0}, "max_shift_ev must be > 0"),
        ({"top": 0}, "top must be at least 1"),
    ],
)
def test_bad_options_are_named(scan: pd.DataFrame, options: dict, message: str) -> None:
    with pytest.raises(EigenscopeError, match=message):
        rank_candidates(scan, target_from_row(scan.iloc[5]), **options)


def test_level_wise_ranking_needs_levels(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="needs a target with levels, got a spectrum only"):
        rank_candidates(scan, curve_target(scan, 3), metric="levels")


def test_an_empty_scan_gives_an_empty_ranking(scan: pd.DataFrame) -> None:
    ranking = rank_candidates(scan.iloc[:0], target_from_row(scan.iloc[5]))
    assert (len(ranking), ranking.attrs["n_ranked"]) == (0, 0)
    assert list(ranking.columns[:4]) == ["rank", "score", "score_error", "shift_ev"]
