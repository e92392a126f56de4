"""Controls in a real browser: what they start with, and what they were set to, is what the server draws."""

import pytest
from dashboard_server import go_to, wait_until_idle
from playwright.sync_api import Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure
SLIDERS = ("Broadening", "Window / eV — start", "Window / eV — end")


def read_controls(page: Page) -> tuple[list[float], bool]:
    """Return the sliders' values, broadening and window, and whether the error band is on."""
    sliders = [float(page.get_by_role("slider", name=name).input_value()) for name in SLIDERS]
    return sliders, page.get_by_role("switch", name="Error band").is_checked()


@pytest.mark.browser
def test_runs_in_quick_succession_leave_every_control_as_it_was(page: Page, address: str) -> None:
    for _ in range(3):
        page.goto(address)
        expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
        page.locator("textarea").first.fill("c1ccoc1 furan")
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="Predict", exact=True).click()
        expect(page.get_by_text("furan").first).to_be_visible()
        wait_until_idle(page)
        assert read_controls(page) == ([0.5, -30.0, 0.0], True)


@pytest.mark.browser
def test_a_control_set_by_hand_survives_another_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("slider", name=SLIDERS[0]).focus()
    page.keyboard.press("ArrowRight")
    wait_until_idle(page)
    changed = read_controls(page)
    assert changed[0][0] > 0.5
    for other in ("About", "Data"):
        go_to(page, other)
        go_to(page, "Predict")
        expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
        wait_until_idle(page)
        assert read_controls(page) == changed
