"""Predict, by widget key.

Covers `dashboard.app_pages.predict.*`, `dashboard.widgets.downloads`, `dashboard.widgets.explain`,
`dashboard.widgets.familiarity`, `dashboard.widgets.figure`, `dashboard.widgets.overlay`, `dashboard.widgets.page_theme`,
`dashboard.widgets.structure_viewer`, `dashboard.widgets.upload`, `dashboard.widgets.conformers`,
`dashboard.widgets.geometry_choice`, `dashboard.widgets.photoelectrons`.
"""

import pytest
from page_states import settle
from streamlit.testing.v1 import AppTest

import eigenscope
from core.familiarity import FamiliarityReport
from core.models.protocol import Verdict
from dashboard.state import KEY
from dashboard.widgets.familiarity import familiarity_text
from dashboard.widgets.text import escape_markdown


def type_and_predict(page: AppTest, text: str, *, button: str = "predict_type") -> AppTest:
    page.segmented_control(key="geometry").set_value("fast")
    page.text_area(key="input_text").set_value(text).run()
    page.button(key=button).click().run()
    return settle(page, "predict")


def shown_text(page: AppTest) -> str:
    return " ".join(str(e.value) for e in [*page.markdown, *page.caption, *page.error, *page.info])


def test_opens_with_a_predicted_molecule(open_page) -> None:
    page = open_page("predict")
    state = page.session_state[KEY]
    assert state.table["status"].tolist() == ["ok"]
    assert state.table["smiles"][0] == "O=CC1CCCCC1=O"
    assert state.drawn == [0]
    assert "HOMO" in shown_text(page)
    assert "PBE" in shown_text(page)  # level of theory at the bottom


def test_typed_molecules_are_predicted_in_order_and_bad_rows_say_why(open_page) -> None:
    page = type_and_predict(
        open_page("predict"), "CCO ethanol\nCC[SeH] ethaneselenol\nnot_a_smiles\nc1ccoc1 <b>furan</b>"
    )
    state = page.session_state[KEY]
    assert not page.exception
    assert state.table["status"].tolist() == ["ok", "refused", "failed", "ok"]
    assert state.drawn == [0, 3]
    text = shown_text(page)
    assert "Se" in text
    assert "2 predicted, 1 refused, 1 failed" in text
    assert "<b>" not in text  # names are shown literally, escaped


def test_add_keeps_the_list(open_page) -> None:
    page = type_and_predict(open_page("predict"), "CCO ethanol", button="add_type")
    assert page.session_state[KEY].table["id"].tolist()[1:] == ["ethanol"]
    assert page.session_state[KEY].drawn == [0, 1]


def test_controls_change_the_picture_without_a_new_prediction_and_are_remembered(open_page) -> None:
    page = open_page("predict")
    table = page.session_state[KEY].table
    page.slider(key="sigma_ev").set_value(0.2).run()
    page.selectbox(key="shape").set_value("lorentzian").run()
    page.selectbox(key="normalise").set_value("area_one").run()
    page.segmented_control(key="axis").set_value("binding").run()
    page.segmented_control(key="n_levels").set_value("valence").run()
    assert not page.exception
    assert page.session_state[KEY].table is table
    page.switch_page("app_pages/about/page.py").run()
    page.switch_page("app_pages/predict/page.py").run()
    assert page.slider(key="sigma_ev").value == 0.2
    assert page.segmented_control(key="axis").value == "binding"
    assert page.session_state[KEY].table is table


def test_a_control_acts_at_once_on_the_figure_above_it(open_page) -> None:
    page = open_page("predict")
    assert "Orbital energy" in page.get("plotly_chart")[0].proto.spec
    page.segmented_control(key="axis").set_value("binding").run()
    assert "Binding energy" in page.get("plotly_chart")[0].proto.spec


def test_a_level_is_explained(open_page) -> None:
    page = open_page("predict")
    homo = page.selectbox(key="predict_level").value
    page.selectbox(key="predict_level").set_value(homo - 3).run()
    assert not page.exception
    (said,) = [m.value.replace("\\", "") for m in page.markdown if "HOMO\u22123" in m.value]
    assert "% on" in said
    assert " \u00b1 0." in said, "what is expected of that level"


def test_levels_are_drawn_as_a_photoelectron_spectrum(open_page) -> None:
    page = open_page("predict")
    states = page.get("plotly_chart")[0].proto.spec
    page.selectbox(key="photoelectrons").set_value("he1").run()
    assert not page.exception
    drawn = page.get("plotly_chart")[0].proto.spec
    assert "arbitrary units" in drawn
    assert "Density of states" in states
    assert any("choose ionisation energies" in c.value for c in page.caption), "Kohn-Sham levels are at other places"
    page.number_input(key="photoelectron_background").set_value(0.1).run()
    assert page.get("plotly_chart")[0].proto.spec != drawn
    page.selectbox(key="photoelectrons").set_value("density").run()
    assert "Density of states" in page.get("plotly_chart")[0].proto.spec


def test_link_carries_the_molecule(open_link) -> None:
    page = settle(open_link("C1CC1=O"))
    assert page.session_state[KEY].table["smiles"].tolist() == ["O=C1CC1"]


def test_link_with_nonsense_is_answered(open_link) -> None:
    page = settle(open_link("%%%"))
    assert not page.exception
    assert (page.session_state[KEY].table["status"] == "failed").all()
    assert page.session_state[KEY].drawn == []


def test_what_cannot_be_trusted_is_said_in_yellow(open_page) -> None:
    """No training molecule has iodine of five bonds."""
    page = type_and_predict(open_page("predict"), "FI(F)(F)(F)F iodine pentafluoride\nCCO ethanol")
    page.session_state[KEY].drawn = [0, 1]
    page.run()
    (warning,) = [w.value for w in page.warning]
    assert "iodine pentafluoride** is doubtful" in warning
    assert "an expected error of" in warning
    assert "check with DFT" in warning


def test_atoms_are_numbered_as_drawn_and_the_error_is_said():
    strange = FamiliarityReport(Verdict.OUTSIDE, "nitro on sp3 carbon", (1, 2), ("CC",))
    assert familiarity_text(strange, 0.412) == (
        "Outside the training molecules' chemistry\\: nitro on sp3 carbon is unfamiliar (atoms 2, 3); expected error "
        "0.41 eV, check with DFT where it matters."
    )
    inside = FamiliarityReport(Verdict.INSIDE, "", (), ("CC",))
    assert familiarity_text(inside, 0.03) == "Inside the training molecules' chemistry."


@pytest.mark.parametrize("smiles", ["CCO", "NN"])
def test_the_page_says_of_a_molecules_kind_what_the_core_says(open_page, smiles):
    page = type_and_predict(open_page("predict"), smiles)
    (found,) = eigenscope.familiarity(eigenscope.predict(smiles, geometry="fast")).to_dict("records")
    report = FamiliarityReport(Verdict(found["verdict"]), found["group"], found["atoms"], found["nearest"])
    text = shown_text(page) + " ".join(str(e.value) for e in page.warning)
    assert escape_markdown(report.sentence)[1:] in text
    assert all(escape_markdown(nearest) in text for nearest in report.nearest)


def test_conformers_are_shown_weighed_and_weighed_anew(open_page) -> None:
    page = open_page("predict")
    row = page.session_state[KEY].table.iloc[0]
    assert row["n_conformers"] > 1
    (choice,) = [box for box in page.selectbox if str(box.key).startswith("predict_conformer_")]
    assert len(choice.options) == row["n_conformers"]
    assert choice.options[0].endswith("0.0 kJ/mol")
    choice.select_index(1).run()
    assert "Conformer 2: HOMO" in shown_text(page)
    assert f"the average over {row['n_conformers']} conformers at 298 K" in shown_text(page)
    page.slider(key="temperature_k").set_value(100.0).run()
    cold = page.session_state[KEY].table.iloc[0]
    assert cold["temperature_k"] == 100.0
    assert cold["conformer_spread_ev"] != row["conformer_spread_ev"]
    page.slider(key="temperature_k").set_value(298.15).run()
    again = page.session_state[KEY].table.iloc[0]
    assert again["homo_ev"] == pytest.approx(row["homo_ev"], abs=1e-4)


def test_one_conformer_is_a_choice(open_page) -> None:
    page = open_page("predict")
    page.segmented_control(key="conformers").set_value("one")
    page.text_area(key="input_text").set_value("OCC=O").run()
    page.button(key="predict_type").click().run()
    settle(page, "predict")
    assert page.session_state[KEY].table["n_conformers"].tolist() == [1]
    assert not [box for box in page.selectbox if str(box.key).startswith("predict_conformer_")]


def test_open_stereochemistry_is_said_and_taken_apart(open_page) -> None:
    page = type_and_predict(open_page("predict"), "CC(O)C(C)O butanediol")
    assert "Stereochemistry is left open: 2 stereoisomers" in shown_text(page)
    page.button(key="predict_isomers").click().run()
    settle(page, "predict")
    table = page.session_state[KEY].table
    assert table["id"].tolist() == ["butanediol", "butanediol 1 of 2", "butanediol 2 of 2"]
    assert page.session_state[KEY].drawn == [0, 1, 2]
    assert "Its 2 stereoisomers: their 16 highest levels lie 0." in shown_text(page)
