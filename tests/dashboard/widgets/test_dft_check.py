"""Check with DFT on Predict and Rank, by widget key: the real engine in its own processes.

Covers `dashboard.widgets.dft_check.*`.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.reference.queue import DONE
from core.spectrum.metrics import rmse
from core.spectrum.target import target_from_levels
from core.structure.entry import CANCELLED
from dashboard.state import KEY
from dashboard.widgets.dft_check.checks import CheckList, reference_queue
from dashboard.widgets.dft_check.comparison import PREDICTED_SCORE, REFERENCE_SCORE, levels_of_all

REFERENCE = "PBE/6-31+G(d) reference"
TOO_LARGE = "Fc1c(F)c(F)c(F)c(F)c1-c1c(F)c(F)c(-c2c(F)c(F)c(-c3c(F)c(F)c(-c4c(F)c(F)c(F)c(F)c4F)c(F)c3F)c(F)c2F)c(F)c1F"  # C30F22


@pytest.fixture(scope="module", autouse=True)
def processes() -> Iterator[None]:
    """Let the workers go when the module ends."""
    yield
    reference_queue().close()
    reference_queue.clear()


def checks_of(page: AppTest, name: str = "predict") -> CheckList:
    assert not page.exception
    return page.session_state[KEY].checks[name]


def settle(page: AppTest, name: str = "predict") -> AppTest:
    """Run the page until every reference is answered."""
    for check in checks_of(page, name).checks:
        if check.calculation is not None:
            assert reference_queue().wait(check.calculation, timeout_s=120)
    page.run()
    assert checks_of(page, name).count_open() == 0
    return page


def predict(page: AppTest, text: str) -> AppTest:
    page.segmented_control(key="geometry").set_value("fast")
    page.text_area(key="input_text").set_value(text).run()
    page.button(key="predict_type").click().run()
    while (job := page.session_state[KEY].jobs.get("predict")) is not None:
        job.wait(60)
        page.run()
    return page


def figures_of(page: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def numbers(values: dict | list) -> np.ndarray:
    """Return what Plotly packed into a figure."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values, float)


def shown_text(page: AppTest) -> str:
    return " ".join(str(e.value) for e in [*page.markdown, *page.caption, *page.error]).replace("\\", "")


def test_the_reference_comes_beside_the_prediction(open_page) -> None:
    page = open_page("predict")
    page.button(key="dft_check_predict").click().run()
    settle(page)
    [check] = checks_of(page).checks
    assert check.calculation.state == DONE
    difference = rmse(check.predicted().band_ev, check.reference_levels().band_ev)
    assert 0 < difference < 0.5
    text = shown_text(page)
    assert f"RMSE {difference:.3f} eV (16 levels" in text
    assert "RSE" in text
    assert "PBE/6-31+G(d), computed here in" in text
    table = page.dataframe(key="dft_table_predict_1").value
    assert table["RMSE"][0] == pytest.approx(difference)
    names = [
        [(t.get("name"), t["line"].get("dash", "solid")) for t in f["data"] if t.get("name")] for f in figures_of(page)
    ]
    assert [("1 · 2-oxocyclohexane carbaldehyde", "solid"), (REFERENCE, "dash")] in names
    page.button(key="dft_check_predict").click().run()
    assert checks_of(page).checks == [check]  # asked twice, computed and listed once
    page.switch_page("app_pages/about/page.py").run()
    page.switch_page("app_pages/predict/page.py").run()
    assert f"RMSE {difference:.3f} eV" in shown_text(page)
    page.button(key="dft_clear_predict").click().run()
    assert checks_of(page).checks == []
    assert "RMSE" not in shown_text(page).split("Kohn")[0]


def test_controls_of_the_spectrum_act_on_the_reference_too(open_page) -> None:
    page = open_page("predict")
    page.button(key="dft_check_predict").click().run()
    settle(page)
    page.segmented_control(key="axis").set_value("binding").run()
    page.segmented_control(key="n_levels").set_value("valence").run()
    page.selectbox(key="normalise").set_value("area_one").run()
    [figure] = [f for f in figures_of(page) if any(t.get("name") == REFERENCE for t in f["data"])]
    assert "Binding energy" in json.dumps(figure["layout"])
    curve = next(t for t in figure["data"] if t.get("name") == REFERENCE)
    assert min(numbers(curve["x"])) > -1e-9
    assert 0.05 * sum(numbers(curve["y"])) == pytest.approx(1, abs=0.01)


def test_a_running_check_is_cancelled_and_others_go_on(open_page) -> None:
    page = predict(open_page("predict"), "CC(C)Cc1ccc(cc1)C(C)C(=O)O ibuprofen\nCC#N <b>acetonitrile</b>")
    page.button(key="dft_check_predict").click().run()
    large, small = checks_of(page).checks
    assert "ibuprofen" in " ".join(b.proto.text for b in page.get("progress"))
    page.switch_page("app_pages/about/page.py").run()
    page.switch_page("app_pages/predict/page.py").run()
    page.button(key="dft_cancel_predict_0").click().run()
    assert large.calculation.state == CANCELLED
    settle(page)
    assert small.calculation.state == DONE
    text = shown_text(page)
    assert "ibuprofen**] no reference: cancelled" in text
    assert "RMSE" in text
    assert "(8 levels" in text  # all valence levels, for there are fewer than 16


def test_what_is_too_large_is_refused_with_the_time_it_would_take(open_page) -> None:
    page = predict(open_page("predict"), f"{TOO_LARGE} large")
    page.button(key="dft_check_predict").click().run()
    [check] = checks_of(page).checks
    assert check.calculation is None
    assert "large**] no reference: molecules of at most 900 basis functions" in shown_text(page)
    assert "C30F22 has 936 and would take about" in shown_text(page)


def test_a_hit_is_checked_and_scored_against_the_target(open_page) -> None:
    page = open_page("rank")
    page.button(key="rank_scan_home").click().run()
    while (job := page.session_state[KEY].jobs.get("scan")) is not None:
        job.wait(60)
        page.run()
    page.segmented_control(key="hits_checked").set_value(3).run()
    page.button(key="dft_check_rank").click().run()
    listed = checks_of(page, "rank")
    hits = page.dataframe(key="hits").value
    assert [c.name for c in listed.checks] == hits["ID"].head(3).tolist()
    for check in listed.checks[1:]:
        page.button(key=f"dft_cancel_rank_{listed.checks.index(check)}").click().run()
    settle(page, "rank")
    table = page.dataframe(key="dft_table_rank_1").value
    assert table[PREDICTED_SCORE][0] == pytest.approx(hits["Score"][0], rel=1e-3), "of the conformer that fits best"
    assert table[REFERENCE_SCORE][0] > 0
    assert table[REFERENCE_SCORE][0] != table[PREDICTED_SCORE][0]
    state = page.session_state[KEY]
    done = listed.checks[0]
    listed.checks.append(replace(done, row=done.row.copy()))
    listed.checks[-1].row["model"] = "another"
    state.target = target_from_levels(-np.arange(9.0, 18.0), "typed", is_measured=True)
    state.settings |= {"measured_metric": "cosine", "rank_top": 5, "target_kind": "spectrum"}
    page.run()
    assert not page.exception
    shown = page.dataframe(key="dft_table_rank_2")
    assert "Target: Cosine" in shown.proto.columns
    assert 0 < shown.value[REFERENCE_SCORE][0] <= 1
    assert shown.value[PREDICTED_SCORE].isna().tolist() == [False, True], "another learner's is not ranked here"


def test_levels_go_out_in_one_table(open_page) -> None:
    page = open_page("predict")
    page.button(key="dft_check_predict").click().run()
    settle(page)
    [check] = checks_of(page).checks
    table = levels_of_all([check])
    assert table["id"].unique().tolist() == ["2-oxocyclohexane carbaldehyde"]
    np.testing.assert_allclose(table["difference_ev"], table["predicted_ev"] - table["reference_ev"])
    assert set(table["level_of_theory"]) == {"PBE/6-31+G(d)"}
