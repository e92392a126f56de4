"""Rank and About, by widget key.

Covers `core.screening.overlay`, `dashboard.app_pages.rank.*`, `dashboard.app_pages.about.*`, `dashboard.figures.sparkline`,
`dashboard.widgets.footer`, `dashboard.widgets.upload_spectrum`.
"""

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.measured_check import MEASURED
from dashboard.state import KEY, Session


@pytest.fixture
def ranked(open_page) -> AppTest:
    """Rank page with the example as target and the library scanned from this page."""
    page = open_page("rank")
    page.button(key="rank_scan_home").click().run()
    for _ in range(100):
        job = page.session_state[KEY].jobs.get("scan")
        if job is None:
            return page
        job.wait(60)
        page.run()
    raise AssertionError("the scan did not end")


def state_of(page: AppTest) -> Session:
    assert not page.exception
    return page.session_state[KEY]


def shown_text(page: AppTest) -> str:
    return " ".join(str(e.value) for e in [*page.markdown, *page.caption, *page.error, *page.info])


def test_opens_with_the_predicted_molecule_as_target(open_page) -> None:
    page = open_page("rank")
    assert state_of(page).target.label == "2-oxocyclohexane carbaldehyde"
    assert "There are no candidates yet" in shown_text(page)


def test_ranks_the_scan_and_says_why(ranked) -> None:
    assert "Hits" in shown_text(ranked)
    assert "Why rank 1" in shown_text(ranked)


def test_a_library_molecule_is_its_own_best_hit(ranked) -> None:
    own = state_of(ranked).scan["id"][7]
    ranked.segmented_control(key="target_kind").set_value("library").run()
    ranked.text_input(key="target_query").set_value(own).run()
    assert state_of(ranked).target.label == own
    hits = ranked.dataframe(key="hits").value
    assert hits["ID"].iloc[0] == own
    assert hits["Score"].iloc[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("metric", ["cosine", "pearson", "wasserstein", "levels"])
def test_every_metric_and_the_shift_rank(ranked, metric) -> None:
    ranked.toggle(key="rank_shift").set_value(True).run()
    ranked.selectbox(key="metric").set_value(metric).run()
    assert not ranked.error
    assert "Shift" in ranked.dataframe(key="hits").value


def test_the_target_says_how_it_is_compared_as_soon_as_that_changes(ranked) -> None:
    assert "no shift" in shown_text(ranked)
    ranked.toggle(key="rank_shift").set_value(True).run()
    assert "a shift of up to 6 eV is fitted" in shown_text(ranked)


def test_typed_levels_are_a_target(ranked) -> None:
    levels = state_of(ranked).scan["levels_ev"][4][-16:]
    ranked.segmented_control(key="target_kind").set_value("levels").run()
    ranked.text_area(key="target_levels").set_value(" ".join(f"{x:.4f}" for x in levels)).run()
    ranked.button(key="target_use_levels").click().run()
    assert ranked.dataframe(key="hits").value["ID"].iloc[0] == state_of(ranked).scan["id"][4]


@pytest.mark.parametrize(
    ("text", "said"), [("-6 abc", "levels must be numbers"), ("5 6 7", "bound orbitals are negative")]
)
def test_bad_levels_are_answered(ranked, text, said) -> None:
    ranked.segmented_control(key="target_kind").set_value("levels").run()
    ranked.text_area(key="target_levels").set_value(text).run()
    ranked.button(key="target_use_levels").click().run()
    assert any(said in e.value for e in ranked.error)


def test_a_typed_molecule_outside_the_domain_is_refused(ranked) -> None:
    ranked.segmented_control(key="target_kind").set_value("typed").run()
    ranked.text_input(key="target_text").set_value("CCBr").run()
    ranked.button(key="target_use_typed").click().run()
    assert any("Br" in e.value for e in ranked.error)


def test_about_reads_the_card(open_page) -> None:
    page = open_page("about")
    assert not page.exception
    assert "Kohn" in shown_text(page)
    assert "Band RMSE / eV" in page.dataframe[0].value


@pytest.fixture
def measured(ranked) -> AppTest:
    """The scan ranked against a measured spectrum, with nothing chosen but the file."""
    ranked.segmented_control(key="target_kind").set_value("spectrum").run()
    upload = MEASURED / "he1_70624.txt"
    ranked.file_uploader(key="target_upload").set_value((upload.name, upload.read_bytes(), "text/plain")).run()
    return ranked


def test_a_measured_spectrum_is_ranked_as_proposed_and_says_how(measured) -> None:
    text = shown_text(measured)
    assert state_of(measured).target.kind == "measured"
    for said in ("8 to 18 eV ionisation energy", "1.107 × (−level) + 3.06 eV", "±0.3 eV", "σ 0.3 eV", "He I"):
        assert said in text
    assert "no computed ionisation energies" in text
    shifts = measured.dataframe(key="hits").value["Shift"]
    assert shifts.abs().max() <= 0.3 + 1e-9
    assert measured.dataframe(key="hits").value["At bound"].any()


def test_what_is_changed_for_a_measured_spectrum_can_be_taken_back(measured) -> None:
    measured.number_input(key="measured_offset_ev").set_value(0.0).run()
    assert "Shift" not in measured.dataframe(key="hits").value
    measured.selectbox(key="measured_intensities").set_value("alike").run()
    assert "Yeh and Lindau" not in shown_text(measured)
    measured.button(key="measured_reset").click().run()
    assert state_of(measured).settings["measured_offset_ev"] == 0.3
    assert "Yeh and Lindau" in shown_text(measured)


def test_a_curve_of_a_band_is_no_measured_spectrum(measured) -> None:
    measured.segmented_control(key="target_levels_compared").set_value("band").run()
    assert state_of(measured).target.kind == "density"
    assert "no shift" in shown_text(measured)
