"""The learner chosen, on every page that predicts: real learners, two of them without LUMO, weights or levels.

Covers `dashboard.widgets.learner_overlay` and `dashboard.widgets.energy_axis`.
"""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.models import registry
from core.spectrum.broaden import GRID_EV, Spectrum, broaden, resample
from core.spectrum.target import target_from_levels
from core.table_conformers import conformers_of_row
from core.writers.structures import table_to_sdf
from core.writers.tables import table_to_csv, table_to_json, table_to_parquet
from dashboard.app_pages.predict.prediction import spectra_csv
from dashboard.figures.spectra import Curve
from dashboard.session_file import load_session, save_session
from dashboard.widgets.curves import display_grid

LEVELS_LEARNER, SPECTRUM_LEARNER = "mlp_levels", "mlp_spectrum"


def choose(page: AppTest, key: str) -> AppTest:
    page.selectbox(key="model").set_value(key).run()
    return settle(page)


@pytest.fixture
def predicted(several_learners, open_page) -> AppTest:
    return open_page("predict")


def test_another_learner_answers_the_same_molecule_at_the_same_geometry(predicted, text_of) -> None:
    first = state_of(predicted).table
    choose(predicted, LEVELS_LEARNER)
    second = state_of(predicted).table
    np.testing.assert_array_equal(second["positions"][0], first["positions"][0])
    assert second["model"].tolist() == [LEVELS_LEARNER]
    assert len(second["levels_ev"][0]) == 16
    assert np.isnan(second["lumo_ev"][0])
    text = text_of(predicted)
    assert "MLP, levels predicts the 16 highest occupied levels only: no LUMO, no gap" in text
    assert "MLP, levels has no orbital weights" in text
    assert "Model **MLP, levels**" in text
    choose(predicted, "tight_binding")
    pd.testing.assert_frame_equal(state_of(predicted).table[["homo_ev"]], first[["homo_ev"]], atol=1e-4)
    assert "% on" in text_of(predicted)


def test_only_learners_of_levels_are_offered_by_their_names(predicted) -> None:
    assert predicted.selectbox(key="model").options == [
        "Tight-binding network",
        "KRR, Coulomb matrix",
        "MLP, levels",
    ]


def test_what_a_learner_refuses_says_why_and_comes_back(predicted) -> None:
    predicted.segmented_control(key="geometry").set_value("fast")
    predicted.text_area(key="input_text").set_value("C methane\nCCO ethanol\nCC(C)C isobutane").run()
    predicted.button(key="predict_type").click().run()
    choose(settle(predicted), LEVELS_LEARNER)
    table = state_of(predicted).table
    assert table["status"].tolist() == ["refused", "refused", "refused"]
    assert table["reason"].str.contains("a band needs 16 valence levels").all()
    choose(predicted, "tight_binding")
    assert state_of(predicted).table["status"].tolist() == ["ok", "ok", "ok"]


def test_learners_are_overlaid_by_name_on_the_molecule_in_focus(predicted, text_of) -> None:
    predicted.multiselect(key="overlaid").set_value([LEVELS_LEARNER, SPECTRUM_LEARNER]).run()
    spec = predicted.get("plotly_chart")[0].proto.spec
    assert all(f'"name":"{n}"' in spec for n in ("Tight-binding network", "MLP, levels", "MLP, spectrum"))
    assert "MLP, spectrum predicts a spectrum and no levels, hence no HOMO" in text_of(predicted)
    predicted.segmented_control(key="n_levels").set_value("valence").run()
    assert "MLP, levels predicts the 16 highest levels only: its curve ends where they do" in text_of(predicted)
    state_of(predicted)


def test_a_refusal_among_the_overlaid_is_one_sentence(predicted, text_of) -> None:
    predicted.segmented_control(key="geometry").set_value("fast")
    predicted.text_area(key="input_text").set_value("CCO ethanol\n" + "C" * 12 + " dodecane").run()
    predicted.button(key="predict_type").click().run()
    settle(predicted)
    predicted.multiselect(key="overlaid").set_value([SPECTRUM_LEARNER]).run()
    text = text_of(predicted)
    assert "MLP, spectrum does not predict this molecule: the Coulomb matrix holds at most 29 atoms" in text
    assert "only the molecule in focus is drawn" in text


def test_overlaid_learners_are_compared_with_a_reference(predicted, text_of) -> None:
    predicted.segmented_control(key="conformers").set_value("one")
    predicted.text_area(key="input_text").set_value("O=CC1CCCCC1=O").run()
    predicted.button(key="predict_type").click().run()
    settle(predicted)
    levels = state_of(predicted).table["levels_ev"][0][-16:]
    state_of(predicted).reference = target_from_levels(levels, "its own levels")
    predicted.multiselect(key="overlaid").set_value([LEVELS_LEARNER]).run()
    text = text_of(predicted)
    assert "Tight-binding network**: RSE 0.0%" in text
    assert "MLP, levels**: RSE" in text


def test_an_overlaid_learner_is_averaged_over_the_same_conformers_by_its_own_levels(predicted) -> None:
    predicted.segmented_control(key="conformers").set_value("ensemble")
    predicted.text_area(key="input_text").set_value("OCCCCCO").run()
    predicted.button(key="predict_type").click().run()
    settle(predicted)
    row = state_of(predicted).table.iloc[0]
    assert row["n_conformers"] > 1
    model = registry.load_model(LEVELS_LEARNER, device="cpu")
    geometries = conformers_of_row(row).geometries
    own = [levels.valence_ev for levels in model.predict_levels(geometries)]
    weights = conformers_of_row(row).weights(298.15)
    predicted.multiselect(key="overlaid").set_value([LEVELS_LEARNER, SPECTRUM_LEARNER]).run()
    drawn = {t["name"]: t for t in json.loads(predicted.get("plotly_chart")[0].proto.spec)["data"] if t.get("name")}
    grid = display_grid((-30.0, 0.0))
    np.testing.assert_allclose(
        unpacked(drawn["MLP, levels"]["y"]), weights @ broaden(np.array(own), grid_ev=grid), atol=2e-3
    )
    spectra = registry.load_learner(SPECTRUM_LEARNER, device="cpu").predict_spectra(geometries)
    average = resample(Spectrum(GRID_EV, weights @ spectra), grid).density
    np.testing.assert_allclose(unpacked(drawn["MLP, spectrum"]["y"]), average, atol=2e-3)


def unpacked(values: dict[str, str]) -> np.ndarray:
    """Return what Plotly packed into a figure."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


def test_the_list_of_a_learner_without_lumo_goes_into_every_file(predicted) -> None:
    choose(predicted, LEVELS_LEARNER)
    state = state_of(predicted)
    read = pd.read_csv(io.BytesIO(table_to_csv(state.table)))
    assert read["lumo_ev"].isna().all()
    assert read["homo_ev"].notna().all()
    assert b"NaN" not in table_to_json(state.table)
    assert b"lumo_ev" not in table_to_sdf(state.table)
    assert np.isnan(pd.read_parquet(io.BytesIO(table_to_parquet(state.table)))["gap_ev"][0])
    again = load_session(save_session(state))
    assert again.settings["model"] == LEVELS_LEARNER
    assert again.table["model"].tolist() == [LEVELS_LEARNER]


def test_scan_and_rank_say_whose_answers_they_show(several_learners, open_page, text_of) -> None:
    page = open_page("scan")
    choose(page, LEVELS_LEARNER)
    page.button(key="scan_run").click().run()
    settle(page)
    assert (state_of(page).scan["model"] == LEVELS_LEARNER).all()
    text = text_of(page)
    assert "· MLP, levels · 60 predicted" in text
    assert "Gap / eV: not predicted by this learner" in text
    colours = page.selectbox(key="map_colour").options
    assert colours[:2] == ["HOMO / eV", "States in the window"]
    assert "Gap / eV" not in colours
    page.switch_page("app_pages/rank/page.py").run()
    assert "Hits" in text_of(page)
    page.selectbox(key="model").set_value("tight_binding").run()
    assert "Tight-binding network is chosen now:] scan again" in text_of(page)
    page.button(key="rank_scan_again").click().run()
    settle(page)
    assert (state_of(page).scan["model"] == "tight_binding").all()
    assert "· Tight-binding network · 60 predicted" in text_of(page)


def test_learners_are_overlaid_on_scan_and_rank_too(several_learners, open_page, text_of) -> None:
    """At the same geometry: the hit's own learner, and the others by their names; the scan stays as it is."""
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    settle(page)
    scan = state_of(page).scan
    state_of(page).selected = [int(scan.index[3]), int(scan.index[5])]
    page.run()

    def drawn(place: int) -> str:
        page.multiselect(key="overlaid").set_value([LEVELS_LEARNER, SPECTRUM_LEARNER]).run()
        assert not page.exception
        specs = [c.proto.spec for c in page.get("plotly_chart")]
        return next(s for s in specs if '"name":"MLP, levels"' in s and '"name":"MLP, spectrum"' in s)

    assert '"name":"Tight-binding network"' in drawn(0)
    assert "only the molecule in focus is drawn" in text_of(page)
    assert state_of(page).scan is scan
    page.switch_page("app_pages/rank/page.py").run()
    hit = drawn(0)
    assert ", Tight-binding network" in hit
    assert "MLP, spectrum predicts a spectrum and no levels" in text_of(page)
    page.toggle(key="rank_shift").set_value(True).run()
    assert not page.exception


def test_a_target_is_named_after_its_learner(several_learners, open_page, text_of) -> None:
    page = open_page("rank")
    assert "predicted by Tight-binding network" in text_of(page)


def test_a_remembered_learner_that_is_gone_gives_way_to_the_default(several_learners, open_page) -> None:
    page = open_page("about")
    state_of(page).settings |= {"model": "gone", "overlaid": ["gone", SPECTRUM_LEARNER]}  # as a saved session may say
    page.switch_page("app_pages/predict/page.py").run()
    assert page.selectbox(key="model").value == "tight_binding"
    assert state_of(page).settings["overlaid"] == [SPECTRUM_LEARNER]


def test_overlaid_curves_go_into_the_file_by_name() -> None:
    grid = display_grid((-30.0, 0.0))
    curves = [Curve("MLP, levels", grid, grid * 0, own_colour="#000000"), Curve("furan", grid, grid * 0 + 1)]
    table = pd.read_csv(io.BytesIO(spectra_csv(curves, LEVELS_LEARNER)))
    assert table.columns.tolist() == ["orbital_energy_ev", "MLP, levels", "1 furan"]
    assert table["1 furan"].eq(1).all()
