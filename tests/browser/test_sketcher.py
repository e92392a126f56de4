"""The sketcher: it opens with the molecule in focus, shows its palette of elements, and what is drawn is predicted."""

import re
from contextlib import suppress

import pytest
from dashboard_server import open_tab, wait_until_idle
from playwright.sync_api import Page, TimeoutError, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure
N_PRESSES = 20


@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 800])
def test_a_molecule_is_sketched(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
    page.locator("textarea").first.fill("OC1CC1 cyclopropanol")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_text("cyclopropanol · C3H6O")).to_be_visible()
    wait_until_idle(page)
    open_tab(page, "Draw")
    page.get_by_role("button", name="Open the sketcher").click()
    dialog = page.get_by_role("dialog")
    sketcher = dialog.frame_locator("iframe")
    for element in ("N", "F", "Br"):
        expect(sketcher.locator("button").filter(has_text=re.compile(f"^{element}$"))).to_be_visible()
    expect(sketcher.get_by_role("button", name="Apply")).to_be_enabled()
    predict = dialog.get_by_role("button", name="Predict", exact=True)
    for _ in range(N_PRESSES):  # as it opened: the molecule in focus; before that has loaded, Apply sends nothing
        sketcher.get_by_role("button", name="Apply").click()
        wait_until_idle(page)
        with suppress(TimeoutError):
            predict.click(timeout=5_000)
            break
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("row 1 · C3H6O")).to_be_visible()
