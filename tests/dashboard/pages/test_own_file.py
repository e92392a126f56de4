"""A user's own file on Scan and Predict, by widget key.

Covers `dashboard.pace`, `dashboard.widgets.own_file`, `dashboard.widgets.upload`, `dashboard.widgets.not_predicted`,
`dashboard.widgets.filter_bar`, `dashboard.app_pages.scan.*`.
"""

import json

import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.screening.filters import RangeFilter
from core.screening.own_columns import TextFilter
from dashboard.pace import paces

OWN = b"""code,canonical_smiles,price,supplier,link
m1,CCO,12.50,Alfa,http://evil.example.com
m2,c1ccoc1,7.25,Beta,x
m3,OCC,,Beta,x
m4,CC(=O)O.O,3.00,Alfa,x
m5,CC[SeH],5.00,Alfa,x
m6,C1CC,1.00,Alfa,x
m7,CC=O,100.00,Gamma,x
"""
NO_SMILES = b"name,price,structures\nalpha,12.5,?\nbeta,13,C1CC(\ngamma,15,??\n"


@pytest.fixture
def own(open_page) -> AppTest:
    page = open_page("scan")
    state_of(page).settings["geometry"] = "fast"
    page.segmented_control(key="library").set_value("own").run()
    return page


def upload(page: AppTest, data: bytes, *, key: str = "scan_upload", name: str = "own.csv") -> AppTest:
    return page.file_uploader(key=key).set_value((name, data, "text/csv")).run()


@pytest.fixture
def scanned(own) -> AppTest:
    upload(own, OWN)
    own.button(key="scan_run_own").click().run()
    return settle(own, "scan")


def titles_of(page: AppTest) -> list[str]:
    layouts = [json.loads(c.proto.spec)["layout"] for c in page.get("plotly_chart")]
    return [layout["xaxis"]["title"].get("text", "") for layout in layouts if "title" in layout["xaxis"]]


@pytest.mark.parametrize(
    ("where", "key", "run"), [("scan", "scan_upload", "scan_run_own"), ("predict", "upload", "predict_upload")]
)
def test_a_table_without_smiles_offers_its_columns(open_page, text_of, where, key, run) -> None:
    page = open_page(where)
    if where == "scan":
        page.segmented_control(key="library").set_value("own").run()
    else:
        page.session_state["input_tab"] = "Upload"
        page.run()
    upload(page, NO_SMILES, key=key)
    assert page.selectbox(key=f"{key}_smiles_column").value is None
    assert page.selectbox(key=f"{key}_id_column").value == "name"
    assert any("no column reads as SMILES or InChI" in w.value for w in page.warning)
    assert page.button(key=run).disabled
    page.selectbox(key=f"{key}_smiles_column").set_value("structures").run()
    assert any("No row of own" in e.value and "Choose another column" in e.value for e in page.error)
    assert page.button(key=run).disabled
    upload(page, OWN, key=key, name="another.csv")
    assert page.selectbox(key=f"{key}_smiles_column").value == "canonical_smiles", "of another file anew"
    assert not page.button(key=run).disabled
    assert "take a filter out" not in text_of(page)


def test_a_file_is_described_before_it_runs(own, text_of) -> None:
    upload(own, OWN)
    assert own.selectbox(key="scan_upload_id_column").value == "code"
    assert any("7 rows read, 4 can be predicted" in e.label for e in own.expander)
    text = text_of(own)
    assert "1 row repeats a molecule by InChIKey, computed once" in text
    assert "Elements outside the domain: Se in 1 row" in text
    assert "Expected time about 1 s for 3 molecules (an estimate until the first run here is done)" in text
    preview = next(d.value for d in own.dataframe if "price" in d.value)
    assert preview["ID"].tolist() == ["m1", "m2", "m3", "m4", "m5"]
    assert "--strip-salts" in preview["Remark"][3]
    assert "canonical_smiles" not in preview, "read already"
    reasons = next(d.value for d in own.dataframe if "Rows" in d.value)
    assert sorted(reasons["Rows"]) == [1, 1, 1]
    assert state_of(own).scan is None


def test_salts_are_stripped_on_request_and_each_row_says_so(own) -> None:
    upload(own, OWN)
    own.toggle(key="strip_salts").set_value(True).run()
    own.button(key="scan_run_own").click().run()
    scan = state_of(settle(own, "scan")).scan
    assert scan["status"].tolist() == ["ok", "ok", "ok", "ok", "refused", "failed", "ok"]
    assert scan["note"][3] == "taken off as salt or solvent: O"
    table = next(d.value for d in own.dataframe if "Structure" in d.value)
    assert "taken off as salt or solvent: O" in table["Note"].tolist()


def test_own_columns_and_descriptors_are_columns_of_the_scan(scanned) -> None:
    scan = state_of(scanned).scan
    assert scan["n_rings"].tolist()[:2] == [0, 1]
    assert scan["note"][2] == "the same molecule as row 1, computed once"
    table = next(d for d in scanned.dataframe if "Structure" in d.value)
    config = json.loads(table.proto.columns)
    assert config["input_price"]["label"] == "price"
    assert (
        config["input_price"]["type_config"]
        == {"type": "number", "format": "%.2f"} | config["input_price"]["type_config"]
    )
    assert table.proto.placeholder == "–"
    assert config["input_link"]["type_config"]["type"] == "text"
    scanned.selectbox(key="sort_by").set_value("input_price").run()
    table = next(d.value for d in scanned.dataframe if "Structure" in d.value)
    assert table["ID"].tolist() == ["m7", "m1", "m2", "m3"], "what is not known comes last"
    scanned.selectbox(key="map_colour").set_value("input_price").run()
    assert state_of(scanned).settings["map_colour"] == "input_price"


def test_own_columns_are_plotted(scanned) -> None:
    scanned.session_state["points_view"] = "Two quantities"
    scanned.run()
    scanned.selectbox(key="plot_x").set_value("input_price").run()
    scanned.selectbox(key="plot_y").set_value("tpsa").run()
    assert "price" in titles_of(scanned)
    scanned.selectbox(key="plot_y").set_value("count").run()
    assert "price" in titles_of(scanned)
    assert not [s for s in scanned.selectbox if s.key == "map_colour"], "a histogram has no colours"


def test_own_columns_are_filtered(scanned) -> None:
    scanned.selectbox(key="filter_kind").set_value("Number").run()
    scanned.selectbox(key="filter_descriptor").set_value("input_price").run()
    scanned.number_input(key="low_input_price").set_value(10.0).run()
    scanned.button(key="filter_add").click().run()
    assert state_of(scanned).filters == [RangeFilter("input_price", 10.0, None)]
    assert "price at least 10 · 2 left" in scanned.button(key="filter_0").label
    scanned.selectbox(key="filter_kind").set_value("Text").run()
    scanned.selectbox(key="filter_text_column").set_value("input_supplier").run()
    scanned.multiselect(key="filter_values_input_supplier").set_value(["Alfa"]).run()
    scanned.button(key="filter_add").click().run()
    assert state_of(scanned).filters[1] == TextFilter("input_supplier", "is one of", ("Alfa",))
    table = next(d.value for d in scanned.dataframe if "Structure" in d.value)
    assert table["ID"].tolist() == ["m1"]
    assert scanned.session_state["filter_popover"] is False, "the form is closed"


def test_an_empty_filter_asks_for_a_value(scanned) -> None:
    scanned.button(key="filter_add").click().run()
    assert state_of(scanned).filters == []
    assert any("Give a value first" in c.value for c in scanned.caption)


def test_a_file_of_which_nothing_can_be_predicted_does_not_ask_for_filters(own) -> None:
    state_of(own).filters = [RangeFilter("homo_ev", -100.0, None)]
    upload(own, b"id,smiles\na,CC[SeH]\nb,CC[AsH2]\n")
    own.button(key="scan_run_own").click().run()
    settle(own, "scan")
    assert any("No row has a prediction" in i.value for i in own.info)
    assert not any("take a filter out" in i.value for i in own.info)


def test_picked_points_show_their_structures(scanned) -> None:
    assert any("Click a point to see its structure" in c.value for c in scanned.caption)
    state_of(scanned).selected = [1]
    scanned.run()
    key = state_of(scanned).scan["inchikey"][1]
    shown = [c.value.replace("\\", "") for c in scanned.caption]
    assert any(key in text and "m2" in text for text in shown)


def test_the_expected_time_is_measured_from_the_first_run_on(own, text_of) -> None:
    paces()["fast"] = 3.0
    try:
        upload(own, OWN)
        assert "about 8 s for 3 molecules (by the last run here)" in text_of(own)
    finally:
        paces().clear()


def test_salts_of_typed_molecules_are_stripped_too(open_page) -> None:
    page = open_page("predict")
    page.segmented_control(key="geometry").set_value("fast")
    page.toggle(key="strip_salts").set_value(True)
    page.text_area(key="input_text").set_value("CC(=O)O.O acid").run()
    page.button(key="predict_type").click().run()
    table = state_of(settle(page, "predict")).table
    assert table["status"].tolist() == ["ok"]
    assert table["note"][0] == "taken off as salt or solvent: O"
    assert any("Note" in d.value for d in page.dataframe)
