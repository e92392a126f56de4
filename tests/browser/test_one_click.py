"""The first click on Predict works while the text box has the focus, however long the button is held."""

import pytest
from dashboard_server import wait_until_idle
from playwright.sync_api import Page, expect

HELD_MS = (0, 120, 900)  # a hand takes 60 to 250


@pytest.mark.browser
@pytest.mark.parametrize("held_ms", HELD_MS)
def test_one_click_on_predict_is_enough(page: Page, address: str, held_ms: int) -> None:
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible(timeout=120_000)
    wait_until_idle(page)
    button = page.get_by_role("button", name="Predict", exact=True)
    expect(button).to_be_enabled()
    page.get_by_role("textbox").first.click()
    page.keyboard.type("CCCCO butanol")
    page.keyboard.press("Enter")
    page.keyboard.type("CCCCCO pentanol")
    button.hover()  # once it stands still
    page.mouse.down()
    page.wait_for_timeout(held_ms)
    page.mouse.up()
    expect(page.get_by_text("Molecules · 2 predicted")).to_be_visible(timeout=60_000)
