"""Measured targets: what is proposed, how levels get onto their scale, and that Kohn-Sham targets are left as they were."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_scan import curve_target
from typer.testing import CliRunner

from core.assets import MODELS
from core.cli import app
from core.errors import EigenscopeError, InputError
from core.models.card import load_card
from core.readers.spectrum_options import SpectrumOptions
from core.screening import intensities as kept
from core.screening.chosen import judges_probability, rank_as_chosen
from core.screening.comparison import without_background
from core.screening.intensities import intensities_of
from core.screening.notes import UNKNOWN_KIND, describe_options, untabulated_notes
from core.screening.options import PROPOSED, RankOptions, choose_options, propose_options
from core.screening.ranking import rank_candidates
from core.screening.spectra import broaden_all, stack_at_homo
from core.screening.targets import make_target
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.spectrum.ionisation import OUTER_VALENCE
from core.spectrum.levels import Levels
from core.spectrum.target import Target, target_from_levels, target_from_spectrum


def measured(levels: np.ndarray, *, moved: float = 0.0, background: float = 0.0, counts: float = 1.0) -> Target:
    """A curve as measured from 5 to 20 eV: the levels' estimated ionisation energies, moved by a calibration error."""
    energies = np.arange(-20.0, -5.0, 0.02)
    placed = OUTER_VALENCE.placed_ev(np.asarray(levels, float)) + moved
    curve = counts * (broaden(placed, grid_ev=energies, sigma_ev=0.3) + background)
    return target_from_spectrum(Spectrum(energies, curve, "measured"), is_measured=True)


@pytest.mark.parametrize("moved", [-0.22, 0.0, 0.15])
def test_a_measured_molecule_is_found_with_the_error_of_its_calibration(scan: pd.DataFrame, moved: float) -> None:
    target = measured(scan["levels_ev"][8], moved=moved, background=2.0, counts=370.0)
    best = rank_as_chosen(scan, target, propose_options(target)).iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["shift_ev"] == pytest.approx(moved, abs=0.01)
    assert best["score"] == pytest.approx(1.0, abs=1e-3)
    assert not best["shift_at_bound"]


def test_no_candidate_is_moved_farther_than_calibration_allows_and_the_bound_is_marked(scan: pd.DataFrame) -> None:
    target = measured(scan["levels_ev"][8], moved=0.8)
    ranking = rank_as_chosen(scan, target, propose_options(target), top=None)
    assert ranking["shift_ev"].abs().max() <= 0.3 + 1e-9
    at_bound = ranking["shift_ev"].abs() > 0.3 - 1e-6
    assert at_bound.any()
    np.testing.assert_array_equal(ranking["shift_at_bound"], at_bound)
    assert f"{at_bound.head(50).sum()} of the best 50" in ranking.attrs["notes"][-1]


def test_the_window_is_where_the_line_holds_and_the_target_has_signal(scan: pd.DataFrame) -> None:
    homo = float(OUTER_VALENCE.energies_ev(scan["levels_ev"][8][-1]))
    low, high = propose_options(measured(scan["levels_ev"][8])).window_ev
    assert low == -18.0
    assert -high == pytest.approx(max(8.0, homo - 1.6), abs=0.4)


def test_a_target_without_signal_in_the_lines_range_is_compared_whole() -> None:
    energies = np.arange(-26.0, -19.0, 0.05)
    deep = target_from_spectrum(Spectrum(energies, broaden([-22.0], grid_ev=energies)), is_measured=True)
    assert propose_options(deep).window_ev == pytest.approx((-26.0, -19.1), abs=0.11)


@pytest.mark.parametrize("metric", ["rse", "cosine", "pearson", "wasserstein"])
def test_a_constant_background_does_not_matter_to_any_metric(scan: pd.DataFrame, metric: str) -> None:
    options = RankOptions(metric, (-18.0, -6.0), sigma_ev=0.3, line=OUTER_VALENCE)
    plain = rank_as_chosen(scan, measured(scan["levels_ev"][8]), options, top=None).set_index("row").sort_index()
    lifted = measured(scan["levels_ev"][8], background=5.0)
    other = rank_as_chosen(scan, lifted, options, top=None).set_index("row").sort_index()
    np.testing.assert_allclose(other["score"], plain["score"], atol=1e-4)


def test_background_is_the_floor_and_not_the_deepest_noise() -> None:
    noisy = np.concatenate([[-50.0], np.full(60, 10.0), np.full(40, 90.0)])
    assert np.median(without_background(noisy)[1:61]) == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize("kind", ["levels", "row", "density"])
def test_kohn_sham_targets_are_ranked_as_they_were(scan: pd.DataFrame, kind: str) -> None:
    target = {
        "levels": target_from_levels(scan["levels_ev"][3], "levels"),
        "row": make_target(scan, scan.iloc[3], band=False),
        "density": curve_target(scan, 3),
    }[kind]
    assert not target.is_measured
    assert propose_options(target) == RankOptions()
    proposed = rank_as_chosen(scan, target, propose_options(target))
    pd.testing.assert_frame_equal(proposed, rank_candidates(scan, target))
    assert proposed.attrs["notes"] == []


def test_choices_replace_what_is_proposed(scan: pd.DataFrame) -> None:
    target = measured(scan["levels_ev"][8])
    chosen = choose_options(target, metric="cosine", window_ev=(9.0, 15.0), max_shift_ev=0.1, intensities="alike")
    assert (chosen.metric, chosen.window_ev, chosen.max_shift_ev) == ("cosine", (-15.0, -9.0), 0.1)
    assert (chosen.sigma_ev, chosen.line, chosen.intensities) == (0.3, OUTER_VALENCE, "alike")
    assert choose_options(target, shift=False).max_shift_ev == 0
    assert choose_options(target, window_ev=None).window_ev is None
    levels = target_from_levels(scan["levels_ev"][3], "levels")
    assert choose_options(levels, window_ev=PROPOSED) == RankOptions()
    assert choose_options(levels, shift=True).max_shift_ev == 6.0
    assert choose_options(levels, max_shift_ev=2.0).max_shift_ev == 0
    assert "9 to 15 eV ionisation energy" in describe_options(target, chosen)


def test_an_error_bar_on_the_ionisation_scale_holds_the_lines_spread(scan: pd.DataFrame) -> None:
    sure = scan.assign(expected_rmse_ev=0.0)
    target = measured(scan["levels_ev"][8])
    options = propose_options(target)
    assert rank_as_chosen(sure, target, options)["score_error"].iloc[0] > 0.01
    without_spread = rank_as_chosen(sure, target, RankOptions("pearson", options.window_ev, sigma_ev=0.3))
    assert without_spread["score_error"].iloc[0] == pytest.approx(0.0, abs=1e-5)


def test_a_level_without_intensity_is_not_seen(scan: pd.DataFrame) -> None:
    levels = np.asarray(scan["levels_ev"][8])
    intensities = [np.ones(len(x), np.float32) for x in scan["levels_ev"]]
    intensities[8][-1] = 0.0
    target = measured(levels[:-1])
    options = {"metric": "cosine", "window_ev": (-18.0, -6.0), "sigma_ev": 0.3, "line": OUTER_VALENCE}
    best = rank_candidates(scan, target, intensities=intensities, **options).iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["score"] == pytest.approx(1.0, abs=1e-3)
    assert rank_candidates(scan, target, **options)["score"].max() < 0.99


def test_intensities_are_areas(rng: np.random.Generator) -> None:
    levels, areas = rng.uniform(-20, -5, (3, 7)).astype(np.float32), rng.uniform(0, 5, (3, 7)).astype(np.float32)
    lines = {"grid_ev": GRID_EV, "sigma_ev": 0.4, "shape": "gaussian"}
    weighted = broaden_all(levels, intensities=areas, **lines)
    np.testing.assert_allclose(weighted.sum(axis=1) * 0.1, areas.sum(axis=1), rtol=1e-4)
    plain = broaden_all(levels, **lines)
    np.testing.assert_allclose(broaden_all(levels, intensities=np.ones_like(areas), **lines), plain, atol=1e-6)


def test_intensities_stand_at_the_homo() -> None:
    stacked = stack_at_homo([np.array([1.0, 2.0, 3.0], np.float32), None], np.zeros((2, 4), np.float32))
    assert stacked.tolist() == [[0, 1, 2, 3], [0, 0, 0, 0]]


class Counting:
    """A learner that spreads each level evenly over the atoms, and counts what it is given."""

    key = "counting"

    def __init__(self, *, has_weights: bool = True) -> None:
        self.n_seen, self.has_weights = 0, has_weights

    def predict_levels(self, geometries, *, weights: bool = False) -> list[Levels]:
        self.n_seen += len(geometries)
        even = [np.full((4, g.n_atoms), 1 / g.n_atoms) for g in geometries]
        return [Levels(np.array([-9.0, -8.0, -7.0]), 1.0, 0.1, *((w, w) if self.has_weights else ())) for w in even]


def test_intensities_are_found_once_and_kept_in_bounded_memory(scan: pd.DataFrame, monkeypatch) -> None:
    kept.forget_intensities()
    learner, part = Counting(), scan.head(20)
    first = intensities_of(part, kind="he1", model=learner)
    again = intensities_of(part.iloc[::-1], kind="he1", model=learner)
    assert learner.n_seen == 20
    np.testing.assert_array_equal(first[3], again[-4])
    monkeypatch.setattr(kept, "MAX_KEPT_INTENSITIES", 7)
    intensities_of(scan.iloc[20:40], kind="he1", model=learner)
    assert len(kept._kept) == 7
    kept.forget_intensities()


@pytest.mark.parametrize("why", ["no weights", "no learner", "alike", "cancelled"])
def test_without_intensities_levels_count_alike_and_it_is_said(scan: pd.DataFrame, why: str) -> None:
    kept.forget_intensities()
    model = None if why == "no learner" else Counting(has_weights=why != "no weights")
    kind = "alike" if why == "alike" else "he1"
    assert intensities_of(scan, kind=kind, model=model, should_cancel=lambda: why == "cancelled") is None
    target = measured(scan["levels_ev"][8])
    notes = rank_as_chosen(scan, target, propose_options(target)).attrs["notes"]
    assert any("counts alike" in note for note in notes)
    assert any("estimated ionisation energies" in note for note in notes)


def test_an_unknown_kind_of_intensity_is_refused(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="got 'xps'"):
        intensities_of(scan, kind="xps")


def test_a_file_of_binding_energies_is_measured_unless_it_stands_for_a_band(scan: pd.DataFrame, tmp_path) -> None:
    path = tmp_path / "he1.csv"
    rows = "\n".join(f"{x:.2f},{y:.4f}" for x, y in zip(-GRID_EV, broaden(scan["levels_ev"][4]), strict=True))
    path.write_text(f"Ionization energy (eV),counts\n{rows}\n")
    kinds = [make_target(scan, path, band=band).kind for band in (False, True)]
    assert kinds == ["measured", "density"]
    assert make_target(scan, path, band=False, is_measured=False).kind == "density"
    path.write_text("orbital energy (eV),dos\n" + "".join(f"-{row}\n" for row in rows.split("\n")))
    assert make_target(scan, path, band=False).kind == "density"


def ionisation_list(levels: np.ndarray, n: int) -> np.ndarray:
    """The n lowest estimated ionisation energies [eV] of levels."""
    return OUTER_VALENCE.energies_ev(np.asarray(levels, float))[::-1][:n]


@pytest.mark.parametrize("moved", [-0.2, 0.0, 0.25])
def test_a_list_of_ionisation_energies_finds_its_molecule_through_the_line(scan: pd.DataFrame, moved: float) -> None:
    target = make_target(scan, ionisation_list(scan["levels_ev"][8], 9) - moved, band=False, is_measured=True)
    options = propose_options(target)
    assert (target.kind, options.metric, options.line, options.window_ev) == (
        "measured",
        "levels",
        OUTER_VALENCE,
        (-18, -8),
    )
    ranking = rank_as_chosen(scan, target, options)
    best = ranking.iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["score"] == pytest.approx(0.0, abs=1e-4)
    assert best["shift_ev"] == pytest.approx(moved, abs=1e-4)
    assert best["score_error"] >= OUTER_VALENCE.spread_ev / 3
    assert any("no computed ionisation energies" in note for note in ranking.attrs["notes"])
    assert not any("background" in note for note in ranking.attrs["notes"])
    assert "Gaussian" not in describe_options(target, options)


def test_a_list_compared_as_a_curve_has_no_background(scan: pd.DataFrame) -> None:
    target = make_target(scan, ionisation_list(scan["levels_ev"][8], 9), band=False, is_measured=True)
    best = rank_as_chosen(scan, target, choose_options(target, metric="rse", shift=False, sigma_ev=0.3)).iloc[0]
    assert best["id"] == scan["id"][8]
    assert best["score"] == pytest.approx(0.0, abs=1e-3)


def test_a_list_beyond_the_lines_range_is_compared_whole(scan: pd.DataFrame) -> None:
    target = make_target(scan, [19.0, 20.5], band=False, is_measured=True)
    assert propose_options(target).window_ev == (-30.0, 0.0)


@pytest.mark.parametrize(
    ("text", "band", "said", "kind"),
    [
        ("9.62, 10.4, 11.6 eV", False, None, "measured"),
        ("9.62, 10.4, 11.6 eV", False, False, "levels"),
        ("9.62, 10.4, 11.6 eV", True, None, "levels"),
        ("-6.2, -7.4, -8.6 eV", False, None, "levels"),
        ("-9.62, -10.4, -11.6 eV", False, True, "measured"),
    ],
)
def test_positive_energies_of_a_list_are_measured_ones(
    scan: pd.DataFrame, tmp_path, text: str, band: bool, said: bool | None, kind: str
) -> None:
    path = tmp_path / "typed.txt"
    path.write_text(text)
    target = make_target(scan, path, band=band, is_measured=said)
    assert target.kind == kind
    assert target.n_levels == 3


def test_cross_sections_are_of_measured_curves_alone(scan: pd.DataFrame) -> None:
    levels = target_from_levels(scan["levels_ev"][8], "levels")
    with pytest.raises(EigenscopeError, match="cross-sections are of measured spectra"):
        choose_options(levels, intensities="he1")
    with pytest.raises(EigenscopeError, match="one by one"):
        choose_options(measured(scan["levels_ev"][8]), metric="levels", intensities="he2")


@pytest.mark.parametrize(
    ("photon_ev", "key"),
    [(None, "he1"), (1486.61, "alka"), (40.81, "he2"), (60.0, "hv60"), (6.0, "hv17"), (5414.0, "alka")],
)
def test_the_photon_energy_of_a_curve_says_whose_cross_sections(
    scan: pd.DataFrame, photon_ev: float | None, key: str
) -> None:
    target = replace(measured(scan["levels_ev"][8]), photon_energy_ev=photon_ev)
    options = propose_options(target)
    assert options.intensities == key
    assert len(untabulated_notes(target, options.intensities)) == (photon_ev in (6.0, 5414.0))
    assert untabulated_notes(target, "alike") == []
    assert rank_as_chosen(scan, target, options).attrs["compared"] == describe_options(target, options)


def test_a_target_read_on_a_kinetic_axis_knows_its_photons(tmp_path: Path) -> None:
    path = tmp_path / "kinetic.csv"
    kinetic = np.linspace(1468, 1480, 200)
    path.write_text("\n".join(["kinetic energy / eV,counts", *(f"{e},{np.exp(-((e - 1475) ** 2))}" for e in kinetic)]))
    reading = SpectrumOptions(axis="kinetic", photon_energy_ev=1486.6)
    assert make_target(pd.DataFrame(), path, band=False, reading=reading).photon_energy_ev == 1486.6


@pytest.mark.parametrize("most", [0.05, 0.15])
def test_candidates_are_moved_as_far_as_is_allowed_and_no_less(scan: pd.DataFrame, most: float) -> None:
    target = measured(scan["levels_ev"][8], moved=0.25)
    options = replace(propose_options(target), max_shift_ev=most)
    ranking = rank_as_chosen(scan, target, options, top=None).set_index("id")
    assert ranking["shift_ev"].abs().max() == pytest.approx(most)
    assert ranking.loc[scan["id"][8], "shift_ev"] == pytest.approx(most)
    assert ranking.loc[scan["id"][8], "shift_at_bound"]


def test_candidates_of_two_learners_are_not_ranked_together(scan: pd.DataFrame) -> None:
    two = scan.assign(model=["tight_binding", *["ionisation"] * (len(scan) - 1)])
    target = measured(scan["levels_ev"][8])
    with pytest.raises(EigenscopeError, match="one learner, found tight_binding and ionisation"):
        rank_as_chosen(two, target, propose_options(target))


@pytest.mark.parametrize("is_folded", [True, False])
def test_no_number_of_hits_below_one_is_taken(scan: pd.DataFrame, is_folded: bool) -> None:
    target = measured(scan["levels_ev"][8])
    with pytest.raises(EigenscopeError, match="top must be at least 1"):
        rank_as_chosen(scan, target, replace(propose_options(target), is_folded=is_folded), top=-2)


def test_a_list_of_both_signs_is_refused_and_an_id_of_two_rows() -> None:
    with pytest.raises(InputError, match="got both signs"):
        make_target(pd.DataFrame(), [9.1, -10.2, 11.0], band=False, is_measured=True)
    twice = pd.DataFrame({"id": ["g", "g"], "inchikey": ["A", "B"]})
    with pytest.raises(InputError, match="2 rows are called 'g'"):
        make_target(twice, "g", band=False)


def test_a_window_from_zero_on_is_of_binding_energies(scan: pd.DataFrame) -> None:
    assert choose_options(measured(scan["levels_ev"][8]), window_ev=(0.0, 15.0)).window_ev == (-15.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [({}, True), ({"window_ev": (-14.0, -9.0)}, True), ({"intensities": "he2"}, True), ({"is_folded": True}, True),
     ({"sigma_ev": 2.0}, False), ({"intensities": "alike"}, False), ({"metric": "cosine"}, False),
     ({"max_shift_ev": 3.0}, False), ({"conformers": "average"}, False)],
)  # fmt: skip
def test_probabilities_are_told_of_the_comparison_that_they_were_held_against(
    scan: pd.DataFrame, changes: dict[str, Any], is_told: bool
) -> None:
    target, card = measured(scan["levels_ev"][8]), load_card(MODELS / "ionisation")
    options = replace(propose_options(target, of_ionisation=True), **changes)
    assert judges_probability(target, options, scan.assign(inchikey=""), card) == is_told


def test_levels_as_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.parquet"
    columns = {"id": ["a"], "status": ["ok"], "levels_ev": ["-12 -10"], "expected_rmse_ev": [0.1]}
    pd.DataFrame(columns).to_parquet(path)
    result = CliRunner().invoke(app, ["rank", str(path), "--target", "a", "--out", str(tmp_path / "out.csv")])
    assert result.exit_code == 2
    assert "must be lists of numbers" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window_ev": (8,)}, "a window must be two energies"),
        ({"window_ev": "all"}, "a window must be two energies"),
        ({"sigma_ev": "a"}, "sigma_ev must be a number"),
        ({"sigma_ev": 0}, "falls between energies"),
        ({"shift": True, "max_shift_ev": -1}, "max_shift_ev must be a number .eV., not below 0, got -1"),
    ],
)
def test_options_of_another_kind_are_refused(options: dict, said: str) -> None:
    with pytest.raises(EigenscopeError, match=said):
        choose_options(target_from_levels([-9.0, -8.0], "typed"), **options)


def test_that_a_learner_is_not_here_is_said(scan: pd.DataFrame) -> None:
    elsewhere = scan.assign(model="my-gw-12ab34cd")
    target = measured(scan["levels_ev"][8])
    told = rank_as_chosen(elsewhere, target, propose_options(target)).attrs["notes"]
    assert told[0].startswith(f"{UNKNOWN_KIND}: the candidates are predictions of 'my-gw-12ab34cd', which is not here")
    of_levels = target_from_levels(scan["levels_ev"][8], "computed")
    assert not any(
        UNKNOWN_KIND in n for n in rank_as_chosen(elsewhere, of_levels, propose_options(of_levels)).attrs["notes"]
    )


def test_against_ionisation_energies_the_window_begins_with_what_comes_first() -> None:
    levels = target_from_levels([-9.9, -9.0, -7.4], "list", is_measured=True)
    assert propose_options(levels, of_ionisation=True).window_ev == (-18.0, 0.0)
    assert propose_options(levels).window_ev == (-18.0, -8.0)
    curve = measured(np.array([-14.0, -11.5, -8.0, -4.2]))  # the last at 7.7 - 0.1 eV as measured
    first_ev = -OUTER_VALENCE.placed_ev(np.array([-4.2]))[0]
    assert propose_options(curve, of_ionisation=True).window_ev[1] > -first_ev
    assert propose_options(curve).window_ev[1] <= -8.0


def test_every_hit_of_a_folded_ranking_has_its_error(scan: pd.DataFrame) -> None:
    rows = (
        pd.concat([scan] * 4, ignore_index=True)
        .assign(
            inchikey=[f"{k % len(scan):014d}-A-N" for k in range(4 * len(scan))],
            expected_rmse_ev=0.05,
            level_errors_ev=None,
        )
        .drop(columns="smiles")
    )
    target = target_from_levels(scan["levels_ev"][8], "computed")
    folded = rank_as_chosen(rows, target, replace(propose_options(target), is_folded=True), top=50)
    assert len(folded) == min(50, len(scan))
    assert folded["score_error"].notna().all()
