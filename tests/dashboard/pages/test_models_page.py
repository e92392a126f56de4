"""Models, by widget key: real learners, compared by the real command on a few molecules.

Covers `dashboard.app_pages.models.*`, `dashboard.figures.learner_errors`, `dashboard.figures.losses`,
`dashboard.figures.learner_style`, `dashboard.figures.strata`, `dashboard.widgets.card`.
"""

import base64
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import files as comparison_files
from core.evaluation.conformer_check import CONFORMER_FILE
from core.evaluation.elsewhere import SETS_ELSEWHERE, WHOLE_SET, load_elsewhere
from core.evaluation.files import load_figures, load_leaderboard
from core.evaluation.ionisation_check import IONISATION_FILE
from core.evaluation.moved_check import MOVED_FILE
from core.models.uncertainty.made_geometry import MADE_GEOMETRY_FILE
from dashboard.app_pages.models.from_smiles import DRAWN_ROWS, WAYS_FROM_SMILES
from dashboard.app_pages.models.ionisation import WAY_NAMES
from dashboard.state import KEY

LEVELS_LEARNER, SPECTRUM_LEARNER = "mlp_levels", "mlp_spectrum"
NAMES = {
    "tight_binding": "Tight-binding network",
    "krr_cm": "KRR, Coulomb matrix",
    LEVELS_LEARNER: "MLP, levels",
    SPECTRUM_LEARNER: "MLP, spectrum",
}


def open_tab(page: AppTest, tab: str) -> AppTest:
    page.session_state["models_tab"] = tab
    page.run()
    assert not page.exception
    return page


def traces(page: AppTest, place: int = 0) -> list[dict]:
    """Return the traces of a figure."""
    return json.loads(page.get("plotly_chart")[place].proto.spec)["data"]


def numbers(values: object) -> np.ndarray:
    """Return an array of a figure, which Plotly may have packed."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"]))
    return np.array(values, float)


def test_nothing_compared_yet_is_said(open_page, several_learners, monkeypatch, tmp_path, text_of) -> None:
    monkeypatch.setattr(comparison_files, "COMPARISON", tmp_path)
    page = open_page("models")
    assert "eigenscope compare leaderboard writes it" in text_of(page)
    assert "Nothing to compare yet" in text_of(open_tab(page, "Two learners"))
    assert "eigenscope compare curves writes it" in text_of(open_tab(page, "Learning curves"))
    assert "eigenscope train tight_binding" in text_of(open_tab(page, "Cards"))


def test_the_leaderboard_holds_every_learner_and_its_own_figures(open_page, compared, text_of, table_with) -> None:
    page = open_page("models")
    table = table_with(page, "rse_percent")
    standings = {s.name: s for s in load_leaderboard()}
    assert set(table["name"]) == set(standings) == set(NAMES.values())
    assert table["name"].iloc[0] == "Tight-binding network"
    assert table["rse_percent"].is_monotonic_increasing
    row = table.set_index("name").loc["MLP, levels"]
    assert row["rmse_ev"] == pytest.approx(standings["MLP, levels"].rmse_ev)
    assert np.isnan(row["lumo_mae_ev"])
    assert "predict spectra directly: MLP, spectrum." in text_of(page)


def test_another_geometry_has_other_figures(open_page, compared, table_with) -> None:
    page = open_page("models")
    relaxed = table_with(page, "rse_percent").set_index("name")["rmse_ev"]
    page.segmented_control(key="compared_geometry").set_value("rattled").run()
    rattled = table_with(page, "rse_percent").set_index("name")["rmse_ev"]
    expected = {s.name: s.by_geometry["rattled"].rmse_ev for s in load_leaderboard()}
    assert rattled["MLP, levels"] == pytest.approx(expected["MLP, levels"])
    assert rattled["MLP, levels"] != relaxed["MLP, levels"]


def test_errors_by_level_and_by_molecule_are_those_of_the_leaderboard(open_page, compared) -> None:
    page = open_page("models")
    by_level = {t["name"]: numbers(t["y"]) for t in traces(page)}
    standing = next(s for s in load_leaderboard() if s.key == "tight_binding")
    np.testing.assert_allclose(
        by_level["Tight-binding network"], list((standing.per_level_rmse_ev or {}).values()), atol=1e-5
    )
    page.segmented_control(key="error_metric").set_value("rse").run()
    assert {t["y"][0] for t in traces(page, 1) if t["type"] == "box"} == set(NAMES.values())


def test_a_shipped_learner_that_was_not_compared_is_named(
    open_page, compared, learner_folder, monkeypatch, tmp_path, text_of
) -> None:
    rows = json.loads((comparison_files.COMPARISON / comparison_files.LEADERBOARD).read_text())
    (tmp_path / comparison_files.LEADERBOARD).write_text(json.dumps([r for r in rows if r["key"] == "tight_binding"]))
    monkeypatch.setattr(comparison_files, "COMPARISON", tmp_path)
    page = open_page("models")
    assert "Not compared yet:] KRR, Coulomb matrix, MLP, levels, MLP, spectrum" in text_of(page)
    assert "is the only learner compared" in text_of(page)


def test_two_learners_side_by_side(open_page, compared, text_of) -> None:
    page = open_tab(open_page("models"), "Two learners")
    page.selectbox(key="second_learner").set_value(LEVELS_LEARNER).run()
    assert not page.exception
    text = text_of(page)
    assert "is nearer to the reference than MLP, levels for **100%** of" in text
    assert text.count("mean signed error") == 2
    assert all(f"### {name}" in text for name in ("Best", "Median", "Worst"))
    worst = page.session_state[KEY]
    page.number_input(key="case_place").set_value(2).run()
    assert "### Worst 2" in text_of(page)
    assert worst.settings["case_place"] == 2


def test_all_levels_of_both_and_a_learner_of_spectra(open_page, compared, text_of) -> None:
    page = open_tab(open_page("models"), "Two learners")
    page.selectbox(key="parity_depth").set_value(-1).run()
    page.selectbox(key="second_learner").set_value(SPECTRUM_LEARNER).run()
    assert not page.exception
    text = text_of(page)
    assert "480 levels" in text or "464 levels" in text
    assert "there are no levels to compare" in text
    assert "median RSE" in text


def test_the_same_learner_twice_is_shown_once(open_page, compared, text_of) -> None:
    page = open_tab(open_page("models"), "Two learners")
    page.selectbox(key="second_learner").set_value("tight_binding").run()
    assert not page.exception
    assert "Choose two different learners" in text_of(page)


def test_learning_curves_say_where_they_cross(open_page, compared, text_of, table_with) -> None:
    page = open_tab(open_page("models"), "Learning curves")
    table = table_with(page, "Exponent").set_index("Learner")
    assert table.loc["Tight-binding network", "Exponent"] == pytest.approx(-0.5)
    assert table.loc["Tight-binding network", "Crosses"] == "250"  # 3 / sqrt(n) = 0.19
    assert table.loc["MLP, levels", "Crosses"].startswith("~ 9,900")  # 3 n^-0.3 = 0.19
    assert table.loc["KRR, Coulomb matrix", "Crosses"] == "not reached by 2,000"
    assert "MLP, spectrum" not in table.index
    assert "Predict no levels, hence not this error (see RSE): MLP, spectrum" in text_of(page)
    assert "Tight-binding network: learnt the cheap GFN2-xTB levels of other molecules first" in text_of(page)
    assert "0.19 eV: published DTNN, 120,000 labels" in page.get("plotly_chart")[0].proto.spec
    page.segmented_control(key="curve_metric").set_value("rse").run()
    assert "MLP, spectrum" in table_with(page, "Exponent")["Learner"].tolist()
    assert "published DTNN" not in page.get("plotly_chart")[0].proto.spec


@pytest.mark.parametrize("key", [*NAMES])
def test_every_card_can_be_read_whole(open_page, compared, text_of, table_with, key: str) -> None:
    page = open_tab(open_page("models"), "Cards")
    page.selectbox(key="card_key").set_value(key).run()
    assert not page.exception
    text = text_of(page)
    for wanted in (NAMES[key], f"eigenscope train {key}", "Limits", "Software", "seed", "Covers", "Level of theory"):
        assert wanted in text
    accuracy = table_with(page, "RSE / %")
    assert accuracy["RSE / %"].notna().all()
    assert ("Band RMSE / eV" in accuracy) == (key != SPECTRUM_LEARNER)
    if key == "krr_cm":  # searched, not trained by epochs
        assert "hyperparameters were tried" in text
        assert len(table_with(page, "stage")) > 5
    else:
        assert next(t["name"] for t in traces(page)).startswith("loss")


def test_many_levels_are_counted_in_squares_and_not_sent_as_points(open_page, compared, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.figures.learner_errors.MAX_DRAWN_POINTS", 100)
    page = open_tab(open_page("models"), "Two learners")
    assert "heatmap" not in {t["type"] for t in traces(page)}, "30 HOMOs are points"
    page.selectbox(key="parity_depth").set_value(-1).run()
    assert not page.exception
    assert "heatmap" in {t["type"] for t in traces(page)}


def test_errors_beyond_qm9_are_those_that_were_measured(open_page, text_of) -> None:
    rows = [x for x in load_elsewhere() if x["key"] == "tight_binding"]
    page = open_tab(open_page("models"), "Beyond QM9")
    for dataset in SETS_ELSEWHERE:
        page.segmented_control(key="beyond_set").set_value(dataset).run()
        assert not page.exception
        here = [x for x in rows if x["set"] == dataset and x["n"] >= 5 and x["rmse_ev"] is not None]
        measured, expected, within = traces(page)[:3]
        assert measured["y"] == [f"{x['stratum']} ({x['n']:,})" for x in here]
        np.testing.assert_allclose(numbers(measured["x"]), [x["rmse_ev"] for x in here])
        np.testing.assert_allclose(numbers(expected["x"]), [x["expected_rmse_ev"] for x in here])
        np.testing.assert_allclose(numbers(within["x"]), [100 * x["levels_within_90"] for x in here])
        assert f"{here[0]['n']:,} that nothing was trained" in text_of(page)
    curves = {t["name"]: t for t in traces(page, 1) if "name" in t}
    sets = {"Home library", "Larger", "Broad test", "Smallest molecules", "Chains of like atoms", "Series"}
    assert {"QM9 test"} | sets == set(curves)
    whole = next(x for x in rows if x["set"] == "larger" and x["stratum"] == WHOLE_SET)
    np.testing.assert_allclose(numbers(curves["Larger"]["y"]), [f["rmse_ev"] for f in whole["fifths"]])


def test_another_learner_beyond_qm9_and_what_it_refuses(open_page, text_of) -> None:
    page = open_tab(open_page("models"), "Beyond QM9")
    page.selectbox(key="beyond_key").set_value("krr_cm").run()
    page.segmented_control(key="beyond_set").set_value("broad").run()
    assert not page.exception
    assert "refused" in text_of(page)


def test_intervals_from_smiles_are_those_that_were_measured(open_page, text_of) -> None:
    averages = load_figures(comparison_files.COMPARISON / CONFORMER_FILE, command="")
    made = load_figures(comparison_files.COMPARISON / MADE_GEOMETRY_FILE, command="")["checked"]
    page = open_tab(open_page("models"), "From SMILES")
    for place, part in enumerate(("levels", "homo")):
        diagonal, same, *own = traces(page, place)
        assert diagonal["x"] == diagonal["y"]
        np.testing.assert_allclose(numbers(same["y"]), [100 * p[part] for p in averages["coverage"]])
        np.testing.assert_allclose(numbers(same["x"]), [100 * p["nominal"] for p in averages["coverage"]])
        assert [line["name"] for line in own] == list(DRAWN_ROWS.values())
        for line, kind in zip(own, DRAWN_ROWS, strict=True):
            np.testing.assert_allclose(numbers(line["y"]), [100 * p[part] for p in made[kind]["coverage"]])
    assert f"{max(kind['n'] for kind in made.values())} QM9 test molecules" in text_of(page)


def test_the_steps_from_smiles_are_a_table(open_page, table_with) -> None:
    made = load_figures(comparison_files.COMPARISON / MADE_GEOMETRY_FILE, command="")["checked"]
    table = table_with(open_tab(open_page("models"), "From SMILES"), "Conformers")
    own = table[table["Against"] == "QM9's conformer"].set_index("Conformers")
    for kind, name in WAYS_FROM_SMILES.items():
        assert own.loc[name, "RMSE"] == made[kind]["rmse_ev"]
        assert own.loc[name, "Within"] == pytest.approx(100 * made[kind]["levels_within_90"])
    same = table[table["Against"] == "Same conformers"]["RMSE"]
    assert same.iloc[1] < same.iloc[0], "the average is nearer than the lowest conformer"


def test_what_moving_atoms_does_beyond_qm9_is_a_table(open_page, table_with) -> None:
    groups = load_figures(comparison_files.COMPARISON / MOVED_FILE, command="")["groups"]
    table = table_with(open_tab(open_page("models"), "From SMILES"), "Moved")
    assert table["Molecules"].tolist() == [row["group"] for row in groups]
    np.testing.assert_allclose(table["Moved"], [row["rmse_moved_ev"] for row in groups])
    np.testing.assert_allclose(table["At B3LYP's"], [row["rmse_at_best_ev"] for row in groups])


def test_without_figures_from_smiles_the_commands_are_named(open_page, text_of, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("dashboard.app_pages.models.from_smiles.COMPARISON", tmp_path)
    assert "eigenscope compare conformers" in text_of(open_tab(open_page("models"), "From SMILES"))


def test_ionisation_energies_have_curves_and_measured_molecules(open_page, text_of) -> None:
    page = open_tab(open_page("models"), "Ionisation energies")
    found = load_figures(comparison_files.COMPARISON / IONISATION_FILE, command="")
    lines = {line["name"]: line for line in traces(page)}
    assert set(lines) == set(WAY_NAMES.values())
    sizes = sorted({row["n_labels"] for row in found["curves"]})
    corrected, line = (numbers(lines[WAY_NAMES[way]]["y"]) for way in ("delta", "line"))
    assert numbers(lines[WAY_NAMES["delta"]]["x"]).tolist() == sizes
    assert corrected[-1] < line[-1]
    text = text_of(page)
    assert f"{found['n_test']} test molecules" in text
    assert f"MAE {found['measured']['mae_ev']:.2f} eV" in text
    assert page.dataframe[0].value["Molecule"].tolist() == [m["name"] for m in found["measured"]["molecules"]]


def test_a_learner_of_other_energies_is_not_missed_on_the_leaderboard(open_page, text_of) -> None:
    assert "corrected" not in text_of(open_page("models"))
