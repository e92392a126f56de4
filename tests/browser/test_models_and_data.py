"""Models and Data in a real browser: every tab draws, nothing is asked of the network."""

import re

import pytest
from dashboard_server import go_to, open_tab, wait_until_idle
from playwright.sync_api import Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure


@pytest.mark.browser
def test_every_tab_draws(page: Page, address: str) -> None:
    outside: list[str] = []
    page.on(
        "request", lambda r: None if address in r.url or r.url.startswith(("data:", "blob:")) else outside.append(r.url)
    )
    page.goto(f"{address}/models")
    expect(page.get_by_role("tab", name="Leaderboard")).to_be_visible()
    wait_until_idle(page)
    expect(page.get_by_text("Error by level")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    open_tab(page, "Two learners")
    expect(page.get_by_text(re.compile("is nearer to the reference than"))).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(5)  # two parities, three cases
    open_tab(page, "Learning curves")
    expect(page.get_by_text(re.compile("published DTNN, 120,000 labels")).first).to_be_visible()
    open_tab(page, "Cards")
    expect(page.get_by_text("eigenscope train tight_binding")).to_be_visible()

    go_to(page, "Data")
    expect(page.get_by_text("Rows by split and kind of geometry")).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(3)
    open_tab(page, "One molecule's representations")
    expect(page.get_by_text("Three bodies")).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(4)  # the matrix and three terms
    assert not outside, f"the page asked the network for {outside}"
    assert page.get_by_text("has encountered an error").count() == 0
