"""Rank and About, by widget key.

Covers `core.screening.overlay`, `dashboard.app_pages.rank.*`, `dashboard.app_pages.about.*`, `dashboard.figures.sparkline`,
`dashboard.widgets.footer`, `dashboard.widgets.upload_spectrum`.
"""

from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from page_states import state_of
from streamlit.testing.v1 import AppTest

from core.evaluation.measured_check import MEASURED
from core.screening import ranking
from core.spectrum.ionisation import OUTER_VALENCE
from dashboard.app_pages.rank.reading import pickers_of, read_as_chosen
from dashboard.app_pages.rank.target_file import TargetFile
from dashboard.state import KEY, Session

FIELD = Path(__file__).parents[2] / "readers" / "field"


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


def shown_text(page: AppTest) -> str:
    return " ".join(str(e.value) for e in [*page.markdown, *page.caption, *page.error, *page.info, *page.warning])


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


def test_hits_beyond_those_with_an_error_bar_have_a_dash(ranked, monkeypatch) -> None:
    monkeypatch.setattr(ranking, "N_ERRORS", 5)
    ranked.slider(key="rank_sigma_ev").set_value(0.4).run()
    table = ranked.dataframe(key="hits")
    assert table.value["±"].isna().sum() == len(table.value) - 5
    assert table.proto.placeholder == "\u2013"
    assert table.proto.HasField("placeholder")


def use_typed(page: AppTest, text: str) -> AppTest:
    page.segmented_control(key="target_kind").set_value("levels").run()
    page.text_area(key="target_levels").set_value(text).run()
    return page.button(key="target_use_levels").click().run()


def test_typed_levels_are_a_target(ranked) -> None:
    levels = state_of(ranked).scan["levels_ev"][4][-16:]
    use_typed(ranked, " ".join(f"{x:.4f}" for x in levels))
    assert state_of(ranked).target.kind == "levels"
    assert ranked.dataframe(key="hits").value["ID"].iloc[0] == state_of(ranked).scan["id"][4]


def test_typed_ionisation_energies_are_ranked_as_such(ranked) -> None:
    levels = state_of(ranked).scan["levels_ev"][4]
    energies = OUTER_VALENCE.energies_ev(levels)[::-1][:9]
    use_typed(ranked, ", ".join(f"{x:.3f}" for x in energies) + " eV")
    assert state_of(ranked).target.kind == "measured"
    assert "Level-wise RMSE; 8 to 18 eV ionisation energy" in shown_text(ranked)
    hits = ranked.dataframe(key="hits").value
    assert hits["ID"].iloc[0] == state_of(ranked).scan["id"][4]
    assert hits["Score"].iloc[0] == pytest.approx(0.0, abs=1e-3)
    assert "Its first ionisation energy is where the target's is" in shown_text(ranked)
    picker(ranked, "shows").set_value("valence").run()
    assert state_of(ranked).target.kind == "levels"
    assert "no shift" in shown_text(ranked)


@pytest.mark.parametrize(
    ("text", "said"),
    [("abc", "no line starts with a number"), ("0 0", "must not all be 0"), ("-40 -50 eV", "got none")],
)
def test_bad_levels_are_answered_and_leave_no_target(ranked, text, said) -> None:
    use_typed(ranked, text)
    assert any(said in e.value.replace("\\", "") for e in ranked.error)
    assert state_of(ranked).target is None
    assert "Hits" not in shown_text(ranked)


def test_a_typed_molecule_outside_the_domain_is_refused(ranked) -> None:
    ranked.segmented_control(key="target_kind").set_value("typed").run()
    ranked.text_input(key="target_text").set_value("CC[SeH]").run()
    ranked.button(key="target_use_typed").click().run()
    assert any("Se" in e.value for e in ranked.error)


def test_about_reads_the_card(open_page) -> None:
    page = open_page("about")
    assert not page.exception
    assert "Kohn" in shown_text(page)
    assert "Band RMSE / eV" in page.dataframe[0].value


def picker(page: AppTest, option: str):
    """The widget that chooses an option of the reading; its key is new for every reading."""
    (file,) = state_of(page).target_files.values()
    found = page.selectbox if option not in ("photon_energy_ev", "zero_ev") else page.number_input
    return found(key=f"reading_{option}_{file.version}")


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    page.segmented_control(key="target_kind").set_value("spectrum").run()
    key = f"target_upload_{state_of(page).n_emptied}"
    return page.file_uploader(key=key).set_value((name, data, "text/plain")).run()


@pytest.fixture
def measured(ranked) -> AppTest:
    """The scan ranked against a measured spectrum, with nothing chosen but the file."""
    return upload(ranked, "he1_70624.txt", (MEASURED / "he1_70624.txt").read_bytes())


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
    picker(measured, "shows").set_value("band").run()
    assert state_of(measured).target.kind == "density"
    assert state_of(measured).target.n_levels == 16
    assert "no shift" in shown_text(measured)


def he1(*, kinetic: bool, header: str) -> bytes:
    """A band at 10.5 eV of binding energy."""
    energies = np.arange(8.0, 18.0, 0.1)
    heights = np.exp(-((energies - 10.5) ** 2)) + 0.3 * np.exp(-((energies - 14) ** 2))
    shown = 21.218 - energies if kinetic else energies
    rows = [f"{x:.3f},{y:.4f},{1 - y:.4f}" for x, y in zip(shown, heights, strict=True)]
    return "\n".join([header, *rows]).encode()


def peak_of(page: AppTest) -> float:
    curve = state_of(page).target.spectrum
    return float(curve.energies_ev[np.argmax(curve.density)])


def test_what_was_read_can_be_changed_and_taken_back(ranked) -> None:
    upload(ranked, "he1.csv", he1(kinetic=False, header="binding energy (eV),counts,other counts"))
    assert state_of(ranked).target is None  # two columns of counts
    assert "choose the intensity column" in shown_text(ranked)
    assert "Hits" not in shown_text(ranked)
    picker(ranked, "intensity_column").set_value("counts").run()
    assert peak_of(ranked) == pytest.approx(-10.5, abs=0.01)
    assert "Hits" in shown_text(ranked)
    assert picker(ranked, "axis").value == "binding"
    assert picker(ranked, "unit").value == "eV"
    assert picker(ranked, "energy_column").value == "binding energy (eV)"
    picker(ranked, "intensity_column").set_value("other counts").run()
    assert peak_of(ranked) != pytest.approx(-10.5, abs=1.0)
    ranked.button(key="reading_reset").click().run()
    assert "choose the intensity column" in shown_text(ranked)


def test_kinetic_energies_ask_for_the_light(ranked) -> None:
    upload(ranked, "ke.csv", he1(kinetic=True, header="kinetic energy (eV),counts,error"))
    assert "need the photon energy" in shown_text(ranked)
    assert state_of(ranked).target is None
    picker(ranked, "photon_energy_ev").set_value(21.218).run()
    assert peak_of(ranked) == pytest.approx(-10.5, abs=0.01)
    assert state_of(ranked).target.kind == "measured"
    assert "minus kinetic energy" in shown_text(ranked).replace("\\", "")
    picker(ranked, "photon_energy_ev").set_value(40.814).run()
    assert peak_of(ranked) == pytest.approx(-10.5 + 21.218 - 40.814, abs=0.01)


def test_a_file_that_cannot_be_read_leaves_no_target_and_the_one_before_can_be_had_back(measured) -> None:
    before = state_of(measured).target
    upload(measured, "`code` **bold**.txt", b"nothing but words")
    assert state_of(measured).target is None
    said = measured.error[0].value
    assert "could not be read" in said
    assert "\\`code\\` \\*\\*bold" in said
    assert "Hits" not in shown_text(measured)
    measured.button(key="target_back").click().run()
    assert state_of(measured).target is before
    assert "Hits" in shown_text(measured)
    assert not measured.error


def test_a_file_and_its_reading_are_there_after_another_page(measured) -> None:
    picker(measured, "shows").set_value("band").run()
    measured.switch_page("app_pages/about/page.py").run()
    measured.switch_page("app_pages/rank/page.py").run()
    assert state_of(measured).target.n_levels == 16
    assert picker(measured, "shows").value == "band"


def test_several_regions_are_a_choice(ranked) -> None:
    upload(ranked, "omicron_regions.txt", (FIELD / "omicron_regions.txt").read_bytes())
    names = picker(ranked, "region").options
    assert len(names) > 1
    picker(ranked, "region").set_value(names[-1]).run()
    assert state_of(ranked).target_files["spectrum"].options.region == names[-1]


@pytest.mark.parametrize(
    ("told", "n_versions_on", "is_choice"),
    [("orbital", 0, True), ("binding", 0, False), ("orbital", 1, False), (None, 0, False)],
    ids=["a choice", "what was shown", "of a reading that is no more", "nothing"],
)
def test_what_the_browser_tells_again_is_no_choice(monkeypatch, told, n_versions_on, is_choice) -> None:
    file = TargetFile("he1.csv", he1(kinetic=False, header="binding energy (eV),counts,error"), "uploaded file")
    shown = next(p for p in pickers_of(file) if p.option == "axis")
    state = Session(target_files={"spectrum": file})
    monkeypatch.setattr(st, "session_state", {KEY: state, "reading_axis": told})
    read_as_chosen("spectrum", shown, "reading_axis", file.version - n_versions_on)
    assert (state.target_files["spectrum"] is not file) == is_choice
    assert state.target_files["spectrum"].options.axis == (told if is_choice else None)


def test_another_column_forgets_what_was_said_of_the_one_before() -> None:
    file = TargetFile("he1.csv", he1(kinetic=False, header="energy a (eV),energy b (eV),counts"), "uploaded file")
    said = file.with_choice("intensity_column", "energy b (eV)").with_choice("unit", "meV")
    other = said.with_choice("energy_column", "energy b (eV)")
    assert (other.options.unit, other.options.intensity_column) == (None, None)
    assert other.is_changed
    assert not other.as_guessed().is_changed
