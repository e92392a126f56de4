"""From a measured spectrum to exported hits, in a real browser: what the page proposes by itself, the clicks counted."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_server import open_browser, serve_dashboard, wait_until_idle
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from core.assets import HOME_LIBRARY
from core.evaluation.measured_check import MEASURED, SKELETON_LETTERS
from core.library.store import load_library, save_library

expect.set_options(timeout=120_000)  # a loaded machine is no failure

SPECTRUM = "he1_70624"
EVERY = (
    16  # of the home library's molecules: those of the right constitution, and as many others as a test has time for
)
MAX_CLICKS = 4
MAX_PLACE = 5  # of some 700 constitutions; the same spectrum's is 21 of the home library's 6,008


@pytest.fixture(scope="module")
def truth() -> str:
    """The first block of the right molecule's InChIKey."""
    return json.loads((MEASURED / "truth.json").read_text())[SPECTRUM]["inchikey"][:SKELETON_LETTERS]


@pytest.fixture(scope="module")
def small_library(truth: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard whose home library is a part of it."""
    folder = tmp_path_factory.mktemp("part")
    whole = load_library(HOME_LIBRARY)
    is_right = whole["inchikey"].str[:SKELETON_LETTERS] == truth
    part = whole[is_right | (whole.index % EVERY == 0)].reset_index(drop=True)
    save_library(part, folder / "library.parquet", notes={})
    with serve_dashboard(folder / "log.txt", library=folder / "library.parquet") as running:
        yield running


@pytest.fixture
def rank_page(small_library: str) -> Iterator[Page]:
    with open_browser() as browser:
        shown = browser.new_page(viewport={"width": 1400, "height": 1400})
        shown.set_default_timeout(120_000)
        shown.goto(f"{small_library}/rank")
        expect(shown.get_by_text("There are no candidates yet")).to_be_visible()
        wait_until_idle(shown)
        yield shown


class Clicks:
    """Clicks on a page, counted."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, page: Page, role: str, name: str) -> None:
        page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        self.count += 1
        wait_until_idle(page)


@pytest.mark.browser
def test_a_measured_spectrum_becomes_exported_hits(rank_page: Page, truth: str) -> None:
    page, clicks = rank_page, Clicks()
    clicks.on(page, "radio", "Upload a spectrum")
    page.locator("input[type=file]").first.set_input_files(MEASURED / f"{SPECTRUM}.txt")
    clicks.count += 1  # that opens the dialog
    read = "Read as 601 points, binding energies in eV: counts against Ionization energy (eV)"
    expect(page.get_by_text(read)).to_be_visible()
    proposed = page.get_by_text(re.compile("^As measured: "))
    for said in ("Pearson correlation", "8 to 18 eV", "1.107", "±0.3 eV", "σ 0.3 eV", "He I"):
        expect(proposed).to_contain_text(said)

    clicks.on(page, "button", "Scan the home library")
    expect(page.get_by_text(re.compile(r"^Hits · best 50 of \d+ constitutions"))).to_be_visible()
    expect(page.get_by_text("Why rank 1.")).to_be_visible()
    wait_until_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    clicks.count += 1
    assert clicks.count <= MAX_CLICKS

    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [int(row["rank"]) for row in rows] == list(range(1, 51))
    ids, scores = shown_cells(page, "ID"), [float(cell) for cell in shown_cells(page, "Score")]
    assert len(ids) >= 5
    assert ids == [row["id"] for row in rows[: len(ids)]]
    assert scores == pytest.approx([float(row["score"]) for row in rows[: len(ids)]])
    assert not {"None", "nan"} & {cell for row in shown_rows(page) for cell in row}
    constitutions = list(dict.fromkeys(row["inchikey"][:SKELETON_LETTERS] for row in rows))
    assert truth in constitutions[:MAX_PLACE]
    assert page.get_by_text("has encountered an error").count() == 0


def choose(page: Page, menu: str, option: re.Pattern[str]) -> None:
    """Choose an option of a menu; a page that is drawn anew at that moment closes the menu again."""
    for patience_ms in (10_000, 10_000, 120_000):
        page.get_by_role("combobox", name=menu).first.click()
        try:
            page.get_by_role("option", name=option).click(timeout=patience_ms)
            break
        except PlaywrightTimeoutError:
            page.keyboard.press("Escape")
    wait_until_idle(page)


def shown_rows(page: Page) -> list[list[str]]:
    """Return the hits, header first, as their table tells them to a screen reader: the rows that are drawn."""
    tables = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stDataFrame] table')].map(
            t => [...t.querySelectorAll('tr')].map(r => [...r.querySelectorAll('th,td')].map(c => c.textContent)))"""
    )
    return next(rows for rows in tables if rows and "Score" in rows[0])


def shown_cells(page: Page, column: str) -> list[str]:
    """Return a column of the hits that are drawn."""
    header, *rows = shown_rows(page)
    return [row[header.index(column)] for row in rows]


@pytest.mark.browser
def test_the_same_with_ionisation_energies_and_a_baseline(rank_page: Page, truth: str) -> None:
    """The whole way: measured file, baseline, ranked by predicted ionisation energies, likely, assigned, exported."""
    page, clicks = rank_page, Clicks()
    clicks.on(page, "radio", "Upload a spectrum")
    page.locator("input[type=file]").first.set_input_files(MEASURED / f"{SPECTRUM}.txt")
    expect(page.get_by_text(re.compile("^Read as 601 points"))).to_be_visible()
    page.get_by_text("Change how it is compared").click()
    wait_until_idle(page)
    choose(page, "Baseline taken off", re.compile("^smooth"))
    expect(page.get_by_text(re.compile("smooth baseline taken off")).first).to_be_visible()

    clicks.on(page, "button", "Compare with ionisation energies")
    expect(page.get_by_text(re.compile(r"^Hits · best 50 of \d+ constitutions"))).to_be_visible()
    expect(page.get_by_text("Why rank 1.")).to_be_visible()
    wait_until_idle(page)
    expect(
        page.get_by_text(re.compile("^If one of the candidates is right, its constitution is among the first ten"))
    ).to_be_visible()
    expect(page.get_by_text(re.compile("^The target's peaks, the levels of this molecule"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^The first 5 differ most at"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()

    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {row["model"] for row in rows} == {"ionisation"}
    likely = [float(row["probability"]) for row in rows]
    assert likely == sorted(likely, reverse=True)
    assert 0 < sum(likely) <= 1
    constitutions = [row["inchikey"][:SKELETON_LETTERS] for row in rows]
    assert len(set(constitutions)) == len(constitutions), "stereoisomers are folded"
    assert truth in constitutions[:MAX_PLACE]
    assert page.get_by_text("has encountered an error").count() == 0
