"""Scan, by widget key.

Covers `dashboard.app`, `dashboard.jobs`, `dashboard.app_pages.scan.*`, `dashboard.widgets.columns`,
`dashboard.widgets.filter_bar`, `dashboard.widgets.job_bar`, `dashboard.widgets.library_source`.
"""

import io
import json

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

from core.quantities import QUANTITIES, VIEWS, Quantity
from core.screening.filters import GroupFilter, RangeFilter
from core.table import NO_CONFORMERS
from dashboard import resources
from dashboard.widgets.not_predicted import count_reasons
from dashboard.widgets.scan_run import set_scan

N_LIBRARY = 60


@pytest.fixture
def scanned(open_page) -> AppTest:
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    return settle(page, "scan")


def test_says_what_the_library_holds_before_the_scan(open_page) -> None:
    page = open_page("scan")
    assert state_of(page).scan is None
    assert any(f"{N_LIBRARY} molecules" in c.value for c in page.caption)


def test_scan_is_shown_and_survives_page_changes(scanned) -> None:
    scan = state_of(scanned).scan
    assert (scan["status"] == "ok").all()
    assert len(scan) == N_LIBRARY
    scanned.switch_page("app_pages/about/page.py").run()
    scanned.switch_page("app_pages/scan/page.py").run()
    assert state_of(scanned).scan is scan
    assert any(f"{N_LIBRARY} predicted" in m.value for m in scanned.markdown)


def test_filters_are_chips_that_count_and_can_be_taken_out(scanned) -> None:
    scan = state_of(scanned).scan
    middle = float(scan["homo_ev"].median())
    state_of(scanned).filters = [RangeFilter("homo_ev", None, middle), GroupFilter("ketone")]
    scanned.run()
    left = (scan["homo_ev"] <= middle).sum()
    assert f"{left} left" in scanned.button(key="filter_0").label
    scanned.button(key="filter_1").click().run()
    assert [type(f) for f in state_of(scanned).filters] == [RangeFilter]


def test_filter_form_adds_a_group(scanned) -> None:
    scanned.selectbox(key="filter_kind").set_value("Functional group").run()
    scanned.selectbox(key="filter_group").set_value("ether").run()
    scanned.button(key="filter_add").click().run()
    assert state_of(scanned).filters == [GroupFilter("ether")]


def test_bad_smarts_is_a_sentence_and_the_page_goes_on(scanned) -> None:
    scanned.selectbox(key="filter_kind").set_value("SMARTS").run()
    scanned.text_input(key="filter_smarts").set_value("[[").run()
    assert not scanned.exception
    assert any("SMARTS cannot be read" in e.value for e in scanned.error)
    assert state_of(scanned).filters == []


def test_a_filter_that_does_not_fit_the_scan_waits(scanned, text_of) -> None:
    waiting, fitting = RangeFilter("input_price", 1.0, 2.0), GroupFilter("ether")
    state_of(scanned).filters = [waiting, fitting]
    scanned.run()
    assert "does not apply here" in scanned.button(key="filter_0").label
    assert "input_price" in scanned.button(key="filter_0").help.replace("\\", "")
    n_left = int(GroupFilter("ether").mask(state_of(scanned).scan).sum())
    assert f"{n_left} left" in scanned.button(key="filter_1").label
    scanned.button(key="rank_these").click().run()
    assert f"of {n_left} candidates" in text_of(scanned)
    assert state_of(scanned).filters == [waiting, fitting]
    scanned.switch_page("app_pages/scan/page.py").run()
    scanned.button(key="filter_0").click().run()
    assert state_of(scanned).filters == [fitting]


def test_picks_stay_when_a_filter_is_added_and_what_was_dragged_does_not(scanned) -> None:
    state = state_of(scanned)
    state.selected = [3, 5]
    scanned.run()
    scanned.selectbox(key="filter_kind").set_value("Functional group").run()
    scanned.button(key="filter_add").click().run()
    assert state.selected == [3, 5]
    state.brush = RangeFilter("homo_ev", -7.0, -6.0)
    scanned.run()
    scanned.button(key="keep_brush").click().run()
    assert state.selected == []
    assert state.filters[-1] == RangeFilter("homo_ev", -7.0, -6.0)


def test_picks_stay_with_their_library(scanned) -> None:
    state = state_of(scanned)
    home, own = state.scan, state.scan.head(9).copy()
    state.selected = [3, 5]
    set_scan(state, "own.csv | tight_binding", own, 1.0)
    assert state.selected == []
    state.selected = [8]
    set_scan(state, "home | another_learner", home, 1.0)
    assert state.selected == [3, 5]
    set_scan(state, "home | tight_binding", home, 1.0)
    assert state.selected == [3, 5]
    set_scan(state, "own.csv | tight_binding", own, 1.0)
    assert state.selected == [8]


def test_reasons_are_grouped_whatever_each_row_held() -> None:
    reasons = [
        "SMILES cannot be read: got 'C1' (not SMILES syntax)",
        "SMILES cannot be read: got 'CC(' (not SMILES syntax)",
        "a molecule may have at most 60 atoms, got 61",
        "a molecule may have at most 60 atoms, got 400",
        "elements must be among H B C N O F Si P S Cl Br I, found Se",
    ]
    counted = count_reasons(pd.DataFrame({"status": ["failed"] * 2 + ["refused"] * 3, "reason": reasons}))
    assert counted["Rows"].tolist() == [2, 2, 1]
    assert counted["Reason"].tolist() == [
        "SMILES cannot be read (not SMILES syntax)",
        "a molecule may have at most 60 atoms",
        "elements must be among H B C N O F Si P S Cl Br I, found Se",
    ]


def test_filters_that_leave_nothing_say_so(scanned) -> None:
    state_of(scanned).filters = [RangeFilter("homo_ev", 100.0, None)]
    scanned.run()
    assert any("No molecule is left" in i.value for i in scanned.info)


def test_selection_is_one_for_all_views(scanned) -> None:
    state_of(scanned).selected = [3, 5]
    scanned.run()
    assert any("2 selected" in m.value for m in scanned.markdown)
    assert scanned.selectbox(key="selected_focus").options == [
        "1 · " + state_of(scanned).scan["id"][3],
        "2 · " + state_of(scanned).scan["id"][5],
    ]
    scanned.button(key="clear_selection").click().run()
    assert state_of(scanned).selected == []


def test_an_added_quantity_is_in_table_filters_map_and_distributions(open_page, monkeypatch) -> None:
    """For a column that a scan has, one line of the table of quantities is all that it takes."""
    added = Quantity("fraction_sp3", "Saturated carbons", "%", ".1f", factor=100, views=VIEWS)
    monkeypatch.setitem(QUANTITIES, added.key, added)
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    settle(page, "scan")
    scan = state_of(page).scan
    table = next(d for d in page.dataframe if "Structure" in d.value)
    assert json.loads(table.proto.columns)[added.key]["label"] == "Saturated carbons / %"
    shown = table.value.set_index("ID")[added.key]
    assert shown.to_dict() == pytest.approx((100 * scan.set_index("id")["fraction_sp3"])[shown.index].to_dict())
    titles = [json.loads(c.proto.spec)["layout"]["xaxis"]["title"].get("text") for c in page.get("plotly_chart")]
    assert titles.count("Saturated carbons / %") == 1
    assert "Saturated carbons / %" in page.selectbox(key="map_colour").options
    assert "Saturated carbons" in page.selectbox(key="sort_by").options
    page.selectbox(key="filter_level").set_value(added.key).run()
    page.number_input(key=f"low_{added.key}").set_value(50.0).run()
    page.button(key="filter_add").click().run()
    assert state_of(page).filters == [RangeFilter(added.key, 0.5, None)]
    assert "saturated carbons at least 50 %" in page.button(key="filter_0").label.replace("\\", "")


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """What each download would hold, by the button's label."""
    files: dict[str, pd.DataFrame] = {}
    plain = st.download_button

    def note(label: str, data, *args, **options):
        if label.startswith("CSV"):
            files[label] = pd.read_csv(io.BytesIO(data()))
        return plain(label, data, *args, **options)

    monkeypatch.setattr(st, "download_button", note)
    return files


def test_the_export_holds_what_the_table_shows_in_its_order(scanned, saved) -> None:
    scan = state_of(scanned).scan
    state_of(scanned).filters = [RangeFilter("homo_ev", None, float(scan["homo_ev"].median()))]
    scanned.selectbox(key="sort_by").set_value("gap_ev").run()
    left = scan[scan["homo_ev"] <= scan["homo_ev"].median()].sort_values("gap_ev", ascending=False, kind="stable")
    assert saved[f"CSV, {len(left)} rows"]["id"].tolist() == left["id"].tolist()
    state_of(scanned).selected = left.index[[5, 2]].tolist()
    scanned.run()
    picked = saved["CSV, 2 selected"]
    assert picked["id"].tolist() == left["id"].iloc[[5, 2]].tolist(), "in the order of picking"
    scanned.toggle(key="selected_only").set_value(True).run()
    assert saved["CSV, 2 rows"]["id"].tolist() == left["id"].iloc[[2, 5]].tolist()


def test_rows_without_a_prediction_open_grouped_by_reason_and_are_exported(open_page, saved, monkeypatch) -> None:
    library = resources.shipped_library("home").copy()
    for place in (3, 4, 9):
        library.at[place, "numbers"] = np.array([34, *library["numbers"][place][1:]], np.uint8)
    library.at[7, "positions"] = library["positions"][7][:-1]
    library.loc[[3, 4, 7, 9], [*NO_CONFORMERS]] = None
    library.loc[[3, 4, 7, 9], "n_conformers"] = 1
    monkeypatch.setattr(resources, "shipped_library", lambda _: library)
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    settle(page, "scan")
    reasons = next(d.value for d in page.dataframe if "Rows" in d.value)
    assert reasons["Rows"].tolist() == [3, 1]
    assert reasons["Status"].tolist() == ["refused", "failed"]
    assert "found Se" in reasons["Reason"][0]
    assert saved["CSV, 4 rows"]["row"].tolist() == [4, 5, 8, 10]
    whole = saved["CSV, 56 rows + 4 not predicted"]
    assert whole["row"].tolist()[-4:] == [4, 5, 8, 10]
    assert len(whole) == N_LIBRARY
    assert any("3 refused, 1 failed" in p.proto.popover.label for p in page.get("popover"))


def test_ranking_takes_the_filters_along_and_all_are_one_click_away(scanned, text_of) -> None:
    scan = state_of(scanned).scan
    state_of(scanned).filters = [RangeFilter("homo_ev", None, float(scan["homo_ev"].median()))]
    scanned.run()
    n_left = int((scan["homo_ev"] <= scan["homo_ev"].median()).sum())
    assert f"{n_left} of {N_LIBRARY}" in scanned.button(key="rank_these").label
    scanned.button(key="rank_these").click().run()
    assert f"of {n_left} candidates" in text_of(scanned)
    assert f"{n_left} of {N_LIBRARY}" in scanned.toggle(key="rank_filtered").label
    scanned.switch_page("app_pages/rank/page.py").run()  # as the browser does that was sent there
    scanned.toggle(key="rank_filtered").set_value(False).run()
    assert f"of {N_LIBRARY} candidates" in text_of(scanned)
    scanned.switch_page("app_pages/scan/page.py").run()
    scanned.button(key="rank_these").click().run()
    assert f"of {n_left} candidates" in text_of(scanned)
    scanned.switch_page("app_pages/scan/page.py").run()
    scanned.button(key="rank_all").click().run()
    assert f"of {N_LIBRARY} candidates" in text_of(scanned)
