"""Headings, titles, names, contrast of every page in both themes; a ring around what has the focus."""

import itertools
from pathlib import Path

import pytest
from dashboard_server import go_to, open_tab, wait_until_idle
from playwright.sync_api import Page, expect

LOOK = (Path(__file__).parent / "accessibility.js").read_text().partition("\n")[2]
PAGES: dict[str, tuple[str, ...]] = {
    "Predict": (),
    "Scan": (),
    "Rank": (),
    "Trajectories": (),
    "Models": ("Two learners", "Learning curves", "Cards"),
    "Data": ("One molecule's representations",),
    "Hamiltonian": ("Hoppings", "Densities", "States", "Export"),
    "About": (),
}


def check_page(page: Page, name: str) -> None:
    """Check what is shown."""
    seen = page.evaluate(LOOK)
    assert seen["title"] == f"{name} · Eigenscope"
    ranks = [rank for rank, _ in seen["headings"]]
    assert ranks[0] == 1, seen["headings"]
    assert ranks.count(1) == 1, seen["headings"]
    assert all(deeper <= rank + 1 for rank, deeper in itertools.pairwise(ranks)), seen["headings"]
    assert seen["unnamed"] == []
    assert all(len(text) > 12 for text in seen["charts"]), seen["charts"]
    assert all(seen["pictures"]), seen["pictures"]
    assert seen["n_texts"] > 10
    assert seen["faint"] == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_can_be_read(page: Page, address: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible(timeout=120_000)
    wait_until_idle(page)
    for name, tabs in PAGES.items():
        go_to(page, name)
        check_page(page, name)
        for tab in tabs:
            open_tab(page, tab)
            check_page(page, name)


@pytest.mark.browser
def test_what_has_the_focus_has_a_ring(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible(timeout=120_000)
    wait_until_idle(page)
    for _ in range(14):
        page.keyboard.press("Tab")
        page.wait_for_function(  # some fade in
            "() => { const c = getComputedStyle(document.activeElement);"
            " return c.outlineStyle === 'solid' && parseFloat(c.outlineWidth) === 2; }",
            timeout=10_000,
        )


@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 800])
def test_no_empty_room_above_a_page_and_nothing_behind_its_bar(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_visible(timeout=120_000)
    for name in PAGES:
        go_to(page, name)
        box, bar = heading.bounding_box(), page.get_by_test_id("stHeader").bounding_box()
        assert box is not None
        assert bar is not None
        assert 0 <= box["y"] - (bar["y"] + bar["height"]) < 30, name
        assert page.get_by_role("link", name=name, exact=True).first.is_visible()
