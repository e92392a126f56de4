"""500 rows of mixed quality: scanned, looked through, filtered, picked, exported, saved; there after a reload and elsewhere."""

import csv
import re
from pathlib import Path

import pytest
from dashboard_server import go_to, wait_until_idle
from mixed_rows import ROWS, mixed_csv
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure

N_PREDICTED, N_ROWS = len(ROWS["molecule"]) + len(ROWS["duplicate"]), 500
NOT_PREDICTED = f"{len(ROWS['salt'] + ROWS['element'])} refused, {len(ROWS['wrong'] + ROWS['blank'])} failed"
MAX_CLICKS = 17  # from the empty page to the exported pick and the saved session
N_PICKED, HIGHEST_EV = 3, -5.5
CHIP = re.compile(r"HOMO at most .+ left")


class Hand:
    """A user's hand: every click, choice of a file and typed number counts."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.n_clicks = page, folder, 0

    def click(self, target: Locator, **options) -> None:
        self.n_clicks += 1
        target.click(**options)
        wait_until_idle(self.page)

    def choose_file(self, path: Path) -> None:
        self.n_clicks += 1
        self.page.locator("input[type=file]").first.set_input_files(path)
        wait_until_idle(self.page)

    def fill(self, target: Locator, text: str) -> None:
        self.n_clicks += 1
        target.fill(text)
        target.press("Enter")
        wait_until_idle(self.page)

    def save(self, name: str) -> Path:
        """Download by the button of this name."""
        self.n_clicks += 1
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=name, exact=True).click()
        path = self.folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def scan_own_file(hand: Hand, address: str) -> None:
    page, file = hand.page, hand.folder / "mixed.csv"
    file.write_bytes(mixed_csv())
    page.goto(f"{address}/scan")
    wait_until_idle(page)
    hand.click(page.get_by_role("radio", name="Own file"))
    hand.choose_file(file)
    hand.click(page.get_by_role("radio", name="Fast (MMFF94)"))
    hand.click(page.get_by_role("button", name="Run scan"))
    expect(page.get_by_text(f"{N_PREDICTED} predicted, {NOT_PREDICTED}")).to_be_visible()
    wait_until_idle(page)


def look_at_what_was_not_predicted(hand: Hand) -> None:
    page = hand.page
    hand.click(page.get_by_role("button", name=NOT_PREDICTED))
    bad = rows_of(hand.save(f"CSV, {N_ROWS - N_PREDICTED} rows"))
    assert {row["id"].split()[0] for row in bad} == {"salt", "wrong", "element", "blank"}
    assert all(row["reason"] for row in bad)
    page.keyboard.press("Escape")


def filter_and_pick(hand: Hand) -> list[str]:
    """Return the names of the rows picked, the first three that the filter leaves, in the table's order."""
    page = hand.page
    hand.click(page.get_by_role("button", name="Add filter"))
    hand.fill(page.get_by_role("spinbutton", name="At most").first, f"{HIGHEST_EV}")
    hand.click(page.get_by_role("button", name="Add", exact=True))
    page.keyboard.press("Escape")
    chip = page.get_by_role("button", name=CHIP).inner_text()
    n_left = int(re.search(r"(\d+) left", chip)[1])
    assert 0 < n_left < N_PREDICTED
    left = rows_of(hand.save(f"CSV, {n_left} rows"))
    table = page.locator(".stDataFrameGlideDataEditor").last
    table.scroll_into_view_if_needed()
    for k in (0, 2, 1):
        hand.click(table, position={"x": 16, "y": 37 + 84 * k + 42})
    expect(page.get_by_text(f"{N_PICKED} selected").first).to_be_visible()
    hand.click(page.get_by_text("Selected only"))
    return [row["id"] for row in left[:N_PICKED]]


def check_the_page(page: Page, chip: str, folder: Path, exported: str) -> None:
    """Check that filter, picks, table and what was not predicted are as they were left."""
    expect(page.get_by_text(f"{N_PREDICTED} predicted, {NOT_PREDICTED}")).to_be_visible()
    expect(page.get_by_role("button", name=CHIP)).to_have_text(chip, use_inner_text=True)
    expect(page.get_by_text(f"{N_PICKED} selected").first).to_be_visible()
    wait_until_idle(page)
    assert Hand(page, folder).save(f"CSV, {N_PICKED} rows").read_text() == exported
    assert page.get_by_text("has encountered an error").count() == 0


@pytest.mark.browser
def test_mixed_rows_to_an_exported_pick_and_back(page: Page, address: str, tmp_path: Path) -> None:
    hand = Hand(page, tmp_path)
    scan_own_file(hand, address)
    look_at_what_was_not_predicted(hand)
    picked = filter_and_pick(hand)
    export = hand.save(f"CSV, {N_PICKED} rows")
    rows, exported = rows_of(export), export.read_text()
    assert [row["id"] for row in rows] == picked
    assert all(float(row["homo_ev"]) <= HIGHEST_EV and row["input_price"] for row in rows)
    chip = page.get_by_role("button", name=CHIP).inner_text()
    hand.click(page.get_by_role("link", name="About", exact=True))
    session_file = hand.save("Save session")
    assert hand.n_clicks <= MAX_CLICKS
    assert session_file.stat().st_size < 1e6

    go_to(page, "Scan")
    page.reload()
    check_the_page(page, chip, tmp_path, exported)

    browser = page.context.browser
    assert browser is not None
    elsewhere = browser.new_context(viewport={"width": 1400, "height": 1400}).new_page()
    elsewhere.set_default_timeout(120_000)
    elsewhere.goto(page.url)  # the address alone opens nothing of it in another browser
    expect(elsewhere.get_by_role("button", name="Run scan")).to_be_visible()
    wait_until_idle(elsewhere)
    assert elsewhere.get_by_text("predicted").count() == 0
    go_to(elsewhere, "About")
    elsewhere.locator("input[type=file]").first.set_input_files(session_file)
    elsewhere.get_by_role("button", name="Go on from this session").click()
    expect(elsewhere.get_by_text(f"{N_ROWS} scanned rows, 1 filter, {N_PICKED} picks")).to_be_visible()
    check_the_page(elsewhere, chip, tmp_path, exported)
