"""Kohn-Sham levels or ionisation energies, on every page that predicts: the shipped learners.

Covers `dashboard.widgets.energy_axis` and `dashboard.widgets.learner_choice`.
"""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.screening.chosen import card_of_scan, rank_as_chosen
from core.screening.options import propose_options
from core.screening.targets import make_target
from core.spectrum.broaden import Spectrum
from core.spectrum.target import target_from_spectrum
from core.theory import QUASIPARTICLE_THEORY
from dashboard.app_pages.predict.prediction import spectra_csv
from dashboard.figures.spectra import Curve
from dashboard.widgets.curves import display_grid

IONISATION_LEARNER = "ionisation"


def choose_ionisation(page: AppTest) -> AppTest:
    page.segmented_control(key="energies_orbital").set_value("ionisation").run()
    return settle(page)


@pytest.fixture
def ionised(open_page) -> AppTest:
    return choose_ionisation(open_page("predict"))


def test_ionisation_energies_are_predicted_at_the_same_geometry_and_said(ionised, text_of) -> None:
    table = state_of(ionised).table
    assert table["model"].tolist() == [IONISATION_LEARNER]
    assert -10.5 < table["homo_ev"][0] < -8.5
    text = text_of(ionised)
    assert f"minus ionisation energies, {QUASIPARTICLE_THEORY}: no LUMO, no gap" in text
    assert f"Ionisation energies, {QUASIPARTICLE_THEORY}" in text
    assert "ionisation energy" in text, "what a level is"
    assert "these are G0W0@CAM-B3LYP/def2-TZVP: choose a learner" in text.replace("*", "")
    specs = [chart.proto.spec for chart in ionised.get("plotly_chart")]
    assert any("Ionisation energy" in spec for spec in specs)
    assert not any("Orbital energy" in spec for spec in specs)
    assert not [c for c in ionised.segmented_control if c.key == "axis"], "of ionisation energies there is one axis"


def test_the_way_back_is_the_same_control(ionised, text_of) -> None:
    ionised.segmented_control(key="energies_ionisation").set_value("orbital").run()
    settle(ionised)
    assert state_of(ionised).table["model"].tolist() == ["tight_binding"]
    assert ionised.selectbox(key="model").value == "tight_binding"
    assert [c for c in ionised.segmented_control if c.key == "axis"]


def test_only_learners_of_the_same_energies_are_offered_and_overlaid(open_page) -> None:
    page = open_page("predict")
    assert not any("corrected" in name for name in page.selectbox(key="model").options)
    assert not any("corrected" in name for name in page.multiselect(key="overlaid").options)
    choose_ionisation(page)
    assert not [box for box in page.selectbox if box.key == "model"], "there is one"
    assert not [box for box in page.multiselect if box.key == "overlaid"]


def test_a_measured_target_needs_no_line_where_ionisation_energies_are_predicted(ionised, text_of) -> None:
    ionised.switch_page("app_pages/rank/page.py").run()
    state_of(ionised).settings["target_kind"] = "levels"
    state_of(ionised).target = make_target(pd.DataFrame(), [9.4, 10.2, 11.8], band=False, is_measured=True)
    ionised.run()
    text = text_of(ionised)
    assert "As measured: with predicted ionisation energies" in text
    assert "estimated ionisation energy" not in text
    assert not [t for t in ionised.toggle if t.key == "measured_estimated"]


def test_a_ranking_says_what_it_compares(ionised) -> None:
    scan = state_of(ionised).table
    card = card_of_scan(scan)
    assert card is not None
    assert card.energies == "ionisation"
    measured = make_target(scan, [9.4, 10.2, 11.8], band=False, is_measured=True)
    notes = rank_as_chosen(scan, measured, propose_options(measured)).attrs["notes"]
    assert any("compared with predicted ionisation energies, G0W0" in note for note in notes)
    assert not any("Kohn-Sham" in note or "estimated" in note for note in notes)
    levels = make_target(scan, list(np.linspace(-14, -6, 16)), band=True)
    notes = rank_as_chosen(scan, levels, propose_options(levels)).attrs["notes"]
    assert any("Not like with like: the candidates are ionisation energies" in note for note in notes)
    own = make_target(scan, scan.iloc[0], band=True)
    assert own.of_ionisation
    assert not rank_as_chosen(scan, own, propose_options(own)).attrs["notes"]


def test_the_file_of_curves_names_its_axis() -> None:
    grid = display_grid((-30.0, 0.0))
    table = pd.read_csv(io.BytesIO(spectra_csv([Curve("furan", grid, grid * 0)], IONISATION_LEARNER)))
    assert table.columns.tolist() == ["ionisation_energy_ev", "1 furan"]
    assert table["ionisation_energy_ev"].between(-1e-9, 30).all()


def test_a_trajectory_has_ionisation_energies_too(open_page, text_of) -> None:
    page = open_page("trajectories")
    choose_ionisation(page)
    assert Path(page.session_state["eigenscope"].settings["model"]).name == IONISATION_LEARNER


def test_a_measured_target_is_offered_ionisation_energies_which_then_say_how_likely_they_are(
    open_page, text_of
) -> None:
    page = settle(open_page("scan").button(key="scan_run").click().run(), "scan")
    page.switch_page("app_pages/rank/page.py").run()
    energies = np.linspace(8, 18, 400)
    counts = 50 + sum(1000 * np.exp(-0.5 * ((energies - e) / 0.25) ** 2) for e in (9.5, 10.6, 12.2, 13.1, 14.4, 16.0))
    state = state_of(page)
    state.target = target_from_spectrum(Spectrum(-energies, counts), is_measured=True)
    page.run()
    assert state_of(page).settings["measured_conformers"] == "average"
    page.number_input(key="measured_offset_ev").set_value(0.7).run()
    state_of(page).proposed_for = ""  # as a session file is opened
    assert state_of(page.run()).settings["measured_offset_ev"] == 0.7, "what was chosen in a file stands"
    page = settle(page.button(key="rank_ionisation").click().run(), "scan").run()
    settle(page, "intensities").run()
    state = state_of(page)
    assert set(state.scan["model"]) == {"ionisation"}
    assert "rank_ionisation" not in [button.key for button in page.button]
    assert state.settings["measured_conformers"] == "best"
    assert state.settings["measured_offset_ev"] == 0.15
    assert "its constitution is among the first ten" in text_of(page)
    hits = next(frame.value for frame in page.dataframe if "Likely" in frame.value)
    assert hits["InChIKey"].str[:14].is_unique
    assert 0 < hits["Likely"].sum() <= 100.001
    assigned = next(frame.value for frame in page.dataframe if "Peak" in frame.value)
    assert assigned["Peak"].is_monotonic_increasing
    assert assigned["Levels"].str.contains("HOMO").any()
    assert assigned["On"].str.contains("%").any()
    assert "differ most at" in text_of(page)
