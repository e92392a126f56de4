"""Trajectories in a real browser: the example, a dynamics run and cancelled, what is saved."""

import re
from pathlib import Path

import pytest
from dashboard_server import go_to, wait_until_idle
from playwright.sync_api import Page, expect


@pytest.mark.browser
def test_a_dynamics_is_run_cancelled_and_saved(page: Page, address: str) -> None:
    page.goto(address)
    go_to(page, "Trajectories")
    expect(page.get_by_text("200 of 200 frames")).to_be_visible(timeout=120_000)
    wait_until_idle(page)

    page.get_by_label("SMILES or InChI; a name may follow").fill("CO methanol")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    page.get_by_role("spinbutton", name="Equilibration / ps").fill("0")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    page.get_by_role("spinbutton", name="Length / ps").fill("20")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"Molecular dynamics: [\d,]+ of 40,000 steps"))).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("the dynamics did not reach its end"))).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    expect(page.get_by_text("methanol · CH4O · 6 atoms")).to_be_visible()

    page.get_by_test_id("stPopover").get_by_role("button").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Frames")).click()
    text = Path(download.value.path()).read_text()
    assert text.startswith("6\n")
    assert "at_rest=T" in text
    assert "temperature_k=300" in text
