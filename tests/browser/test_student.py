"""A student's way: a molecule of their own on Predict, learners on Models, what learners see of a molecule on Data."""

import csv
from pathlib import Path

import pytest
from dashboard_server import wait_until_idle
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure
MAX_CLICKS = 6  # all pages and tabs that the way leads through, one click each, downloads left out
N_LEARNERS = 9


class Hand:
    """Clicks and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.n_clicks = page, 0

    def click(self, what: Locator) -> None:
        """Click, and wait until all that follows is shown."""
        what.click()
        self.n_clicks += 1
        wait_until_idle(self.page)

    def download(self, label: str) -> list[dict[str, str]]:
        """Return a table that a button gives."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=label, exact=True).first.click()
        return list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))


def check_downloads(page: Page, *, n_figures: int) -> None:
    """Check that no exception is shown, and that every figure has its camera and what tables hold a button that saves it."""
    assert page.get_by_test_id("stException").count() == 0
    figures = page.locator(".js-plotly-plot")
    expect(figures).to_have_count(n_figures)
    expect(figures.locator(".modebar-btn[aria-label^='Download plot']")).to_have_count(n_figures)
    assert page.get_by_test_id("stDownloadButton").count() > 0


@pytest.mark.browser
def test_a_student_learns_what_predicts_and_from_what(page: Page, address: str) -> None:
    hand = Hand(page)
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
    wait_until_idle(page)
    page.locator("textarea").first.fill("c1ccoc1 furan")
    page.keyboard.press("Control+Enter")
    hand.click(page.get_by_role("button", name="Predict", exact=True))
    expect(page.get_by_text("furan · C4H4O")).to_be_visible()
    expect(page.get_by_text("HOMO, ")).to_be_visible()  # the level in words
    check_downloads(page, n_figures=2)
    assert [row["id"] for row in hand.download("CSV")] == ["furan"]

    hand.click(page.get_by_role("link", name="Models", exact=True).first)
    check_downloads(page, n_figures=2)
    leaderboard = hand.download("CSV")
    assert len(leaderboard) == N_LEARNERS
    assert leaderboard[0]["key"] == "tight_binding"
    hand.click(page.get_by_role("tab", name="Learning curves"))
    check_downloads(page, n_figures=1)
    hand.click(page.get_by_role("tab", name="Cards"))
    expect(page.get_by_role("heading", name="Accuracy on test molecules")).to_be_visible()
    check_downloads(page, n_figures=2)
    assert page.get_by_role("button", name="Card (JSON)").is_visible()

    hand.click(page.get_by_role("link", name="Data", exact=True).first)
    expect(page.get_by_role("heading", name="Rows by split and kind of geometry")).to_be_visible()
    check_downloads(page, n_figures=3)
    assert "QM9 labels" in [row["Set"] for row in hand.download("CSV")]
    hand.click(page.get_by_role("tab", name="One molecule's representations"))
    page.get_by_role("textbox", name="SMILES or InChI").fill("c1ccoc1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("C4H4O")).to_be_visible()
    wait_until_idle(page)
    check_downloads(page, n_figures=4)
    assert {row["term"] for row in hand.download("CSV")} >= {"C", "C-O", "H-C-O"}
    assert hand.n_clicks <= MAX_CLICKS
