from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from reference_scan import XtbModel, labels, reference_scan, small_library, without_prediction

from core.errors import EigenscopeError, InputError
from core.geometry import Geometry, check_geometry
from core.metrics import cosine_similarity, level_rmse_ev, pearson_correlation, rse, wasserstein_ev
from core.reference.xtb import xtb_levels
from core.screening import METRICS, rank_candidates, scan_library, spectra_of, spectrum_map
from core.screening.scan import find_doubtful
from core.spectrum import GRID_EV, LINE_SHAPES, Levels, Spectrum, broaden
from core.targets import Target, target_from_levels, target_from_row, target_from_spectrum

SPECTRAL = [key for key in METRICS if key != "levels"]
N = 120


@pytest.fixture(scope="module")
def scan() -> pd.DataFrame:
    """Reference rows with a band, the first N of them."""
    table = reference_scan(N + 10)
    return table[[len(x) >= 16 for x in table["levels_ev"]]].iloc[:N].reset_index(drop=True)


def curve_target(scan: pd.DataFrame, row: int, *, scale: float = 1.0, step: float = 0.1) -> Target:
    """A row's headline spectrum as a measured curve: arbitrary units, own grid."""
    energies = np.arange(-29.95, -1.0, step)
    band = scan["levels_ev"][row][-16:]
    return target_from_spectrum(Spectrum(energies, scale * broaden(band, grid_ev=energies)), n_levels=16)


# --- spectra -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", LINE_SHAPES)
@pytest.mark.parametrize("n_levels", [16, None])
def test_spectra_are_the_broadened_levels(scan: pd.DataFrame, shape: str, n_levels: int | None) -> None:
    spectra = spectra_of(scan, sigma_ev=0.3, shape=shape, n_levels=n_levels)
    assert (spectra.shape, spectra.dtype) == ((N, 300), np.float32)
    for k in range(0, N, 17):
        levels = scan["levels_ev"][k] if n_levels is None else scan["levels_ev"][k][-n_levels:]
        np.testing.assert_allclose(spectra[k], broaden(levels, sigma_ev=0.3, shape=shape), atol=2e-5)


def test_spectra_on_another_grid(scan: pd.DataFrame) -> None:
    grid = np.linspace(-40, 5, 333)
    expected = broaden(scan["levels_ev"][3][-16:], grid_ev=grid)
    np.testing.assert_allclose(spectra_of(scan, grid_ev=grid)[3], expected, atol=1e-5)


def test_rows_without_a_band_have_no_headline_spectrum(scan: pd.DataFrame) -> None:
    table = without_prediction(scan, 4, reason="broken")
    table.at[7, "levels_ev"] = table["levels_ev"][7][-12:]
    table.at[9, "levels_ev"] = np.append(table["levels_ev"][9][:-1], np.float32(np.nan))
    missing = np.isnan(spectra_of(table)).all(axis=1)
    assert np.flatnonzero(missing).tolist() == [4, 7, 9]
    everything = spectra_of(table, n_levels=None)
    assert np.flatnonzero(np.isnan(everything).all(axis=1)).tolist() == [4, 9]
    np.testing.assert_allclose(everything[7], broaden(table["levels_ev"][7]), atol=1e-5)


def test_changed_levels_never_get_old_spectra(scan: pd.DataFrame) -> None:
    table = scan.copy()
    before = spectra_of(table).copy()
    table["levels_ev"] = [x + np.float32(0.5) for x in table["levels_ev"]]
    after = spectra_of(table)
    np.testing.assert_allclose(after[:, 5:], before[:, :-5], atol=1e-5)
    with pytest.raises(ValueError, match="read-only"):
        after[0, 0] = 1.0


# --- ranking -----------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("moved", [1.234, -2.05])
@pytest.mark.parametrize("sigma", [0.5, 0.15])
def test_a_known_shift_is_recovered(scan: pd.DataFrame, metric: str, moved: float, sigma: float) -> None:
    target = target_from_levels(scan["levels_ev"][8][-16:] + moved, "moved")
    best = rank_candidates(scan, target, metric=metric, shift=True, sigma_ev=sigma).iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["shift_ev"] == pytest.approx(moved, abs=0.003 if sigma == 0.5 else 0.006)
    assert best["score"] == pytest.approx(0.0 if METRICS[metric].lower_is_better else 1.0, abs=0.01)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("absolute", [True, False])
def test_a_shift_never_makes_a_score_worse(scan: pd.DataFrame, metric: str, absolute: bool) -> None:
    if metric == "levels" and not absolute:
        pytest.skip("a curve has no levels")
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


def test_a_short_list_of_levels_is_compared_with_as_many(scan: pd.DataFrame) -> None:
    target = target_from_levels(scan["levels_ev"][6][-5:][::-1], "five levels, HOMO first")
    for metric in METRICS:
        best = rank_candidates(scan, target, metric=metric).iloc[0]
        assert best["id"] == scan["id"][6]


def test_rows_that_cannot_be_ranked_are_listed_last_and_say_why(scan: pd.DataFrame) -> None:
    table = without_prediction(scan, 0, reason="elements must be among H C N O F, found Br")
    table.at[7, "levels_ev"] = table["levels_ev"][7][-12:]
    ranking = rank_candidates(table, target_from_row(table.iloc[5]), top=None)
    assert len(ranking) == N
    assert ranking["rank"].iloc[:-2].tolist() == list(range(1, N - 1))
    last = ranking.iloc[-2:]
    assert last["id"].tolist() == [table["id"][0], table["id"][7]]
    assert last["rank"].isna().all()
    assert last["score"].isna().all()
    assert "found Br" in last["unranked_reason"].iloc[0]
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


# --- targets -----------------------------------------------------------------------------------------------------


def test_targets_refuse_what_is_no_target(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="has no predicted levels: broken"):
        target_from_row(without_prediction(scan, 2, reason="broken").iloc[2])
    with pytest.raises(EigenscopeError, match="at least one level"):
        target_from_levels([], "none")
    with pytest.raises(EigenscopeError, match="bound orbitals are negative"):
        target_from_levels([8.0, 9.5], "binding energies")
    with pytest.raises(EigenscopeError, match="opposite sign"):
        target_from_spectrum(Spectrum(np.arange(5.0, 20.0, 0.1), np.ones(150)))
    with pytest.raises(EigenscopeError, match="finite"):
        target_from_spectrum(Spectrum(np.arange(-20.0, -5.0, 0.1), np.full(150, np.nan)))
    with pytest.raises(EigenscopeError, match="positive intensity"):
        target_from_spectrum(Spectrum(np.arange(-20.0, -5.0, 0.1), np.zeros(150)))


def test_a_curve_may_come_in_any_order_of_energy(scan: pd.DataFrame) -> None:
    target = curve_target(scan, 3)
    energies, density = target.spectrum.energies_ev, target.spectrum.density
    backwards = target_from_spectrum(Spectrum(energies[::-1], density[::-1]), n_levels=16)
    np.testing.assert_array_equal(backwards.spectrum.energies_ev, energies)
    np.testing.assert_array_equal(backwards.spectrum.density, density)


# --- map ---------------------------------------------------------------------------------------------------------


def test_the_map_is_deterministic_and_keeps_distances_below_those_of_the_spectra(scan: pd.DataFrame) -> None:
    table = pd.concat([without_prediction(scan, 4, reason="broken"), scan.iloc[[7]]], ignore_index=True)
    places = spectrum_map(table)
    np.testing.assert_array_equal(places, spectrum_map(table.copy()))
    assert np.isnan(places[4]).all()
    np.testing.assert_allclose(places[7], places[-1], atol=1e-6)
    spectra = spectra_of(table).astype(float)
    for i, j in [(0, 1), (7, 30), (50, 99)]:
        assert np.linalg.norm(places[i] - places[j]) <= np.linalg.norm(spectra[i] - spectra[j]) + 1e-6
    assert spectrum_map(table.iloc[:1]).tolist() == [[0.0, 0.0]]


# --- scan --------------------------------------------------------------------------------------------------------


def test_a_scan_answers_every_row_in_order() -> None:
    library = small_library(12)
    library["numbers"], library["positions"] = library["numbers"].astype(object), library["positions"].astype(object)
    bromine = library["numbers"][2].copy()
    bromine[0] = 35
    library.at[2, "numbers"] = bromine
    library.at[4, "positions"] = np.full_like(library["positions"][4], np.nan)
    library.at[6, "positions"] = library["positions"][6][:-1]
    library.at[7, "positions"] = None
    apart = library["positions"][9].copy()
    apart[-3:] += 40.0
    library.at[9, "positions"] = apart
    seen: list[tuple[int, int]] = []
    scan = scan_library(library, XtbModel(), progress=lambda done, total: seen.append((done, total)))
    assert scan["id"].tolist() == library["id"].tolist()
    assert scan["row"].tolist() == list(range(1, 13))
    bad = {2: "refused", 4: "failed", 6: "failed", 7: "failed", 9: "refused"}
    assert scan["status"].tolist() == [bad.get(k, "ok") for k in range(12)]
    for k, reason in {2: "found Br", 4: "finite", 6: "reshape", 7: "no geometry", 9: "2"}.items():
        assert reason in scan["reason"][k]
    assert seen[-1] == (12, 12)
    for k in (0, 5, 11):
        alone = xtb_levels(Geometry(library["numbers"][k], library["positions"][k]))
        np.testing.assert_allclose(scan["levels_ev"][k], alone[: len(scan["levels_ev"][k])], atol=1e-4)
        assert scan["homo_ev"][k] == pytest.approx(scan["levels_ev"][k][-1], abs=1e-5)
        assert scan["gap_ev"][k] == pytest.approx(scan["lumo_ev"][k] - scan["homo_ev"][k])
    np.testing.assert_array_equal(scan["logp"], library["logp"])
    assert scan["model"].unique().tolist() == ["gfn2-xtb"]


def test_a_cancelled_scan_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.screening.scan.CHUNK", 4)
    model = XtbModel()
    scan = scan_library(small_library(10), model, should_cancel=lambda: len(model.calls) >= 2)
    assert model.calls == [4, 4]
    assert (scan["status"] == "ok").sum() == 8
    rest = scan[scan["status"] != "ok"]
    assert rest["reason"].unique().tolist() == ["scan cancelled"]
    assert np.isfinite(spectra_of(scan, n_levels=None)[:, 0]).sum() == 8


def test_one_bad_molecule_does_not_sink_its_batch() -> None:
    class Fragile(XtbModel):
        def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
            if any(g.n_atoms == sizes[3] for g in geometries):
                raise EigenscopeError("no convergence")
            return super().predict_levels(geometries, weights=weights)

    library = small_library(8)
    sizes = [len(z) for z in library["numbers"]]
    scan = scan_library(library, Fragile())
    expected = ["failed" if n == sizes[3] else "ok" for n in sizes]
    assert scan["status"].tolist() == expected
    assert "no convergence" in scan["reason"][3]


def test_a_library_needs_geometries() -> None:
    with pytest.raises(InputError, match="positions not found"):
        scan_library(small_library(2).drop(columns="positions"), XtbModel())


def test_the_quick_check_lets_nothing_pass_that_the_slow_one_stops() -> None:
    table = labels(400)
    rng = np.random.default_rng(3)
    geometries = []
    for k, (numbers, positions) in enumerate(zip(table["numbers"], table["positions"], strict=True)):
        shape = positions.reshape(-1, 3) * rng.uniform(0.3, 3.0) if k % 2 else positions
        geometries.append(Geometry(np.append(numbers[1:], 6 + k % 3) if k % 5 == 0 else numbers, shape))

    def is_stopped(geometry: Geometry) -> bool:
        try:
            check_geometry(geometry)
        except EigenscopeError:
            return True
        return False

    expected = [is_stopped(g) for g in geometries]
    assert 50 < sum(expected) < 350
    assert find_doubtful(geometries).tolist() == expected
