"""Check with DFT in a real browser: three molecules while another tab scans the home library; and a cancel."""

import csv
import re
from pathlib import Path

import pytest
from dashboard_server import go_to, wait_until_idle
from playwright.sync_api import Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure

# large enough to be under way when the test looks: 4 to 5 s each, and 12 s
MOLECULES = {
    "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "diethyl phthalate": "CCOC(=O)c1ccccc1C(=O)OCC",
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
}
TESTOSTERONE = "CC12CCC3C(CCC4=CC(=O)CCC34C)C1CCC2O"


def predict(page: Page, address: str, molecules: dict[str, str]) -> None:
    """Predict typed molecules; all of them are drawn."""
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
    page.locator("textarea").first.fill("\n".join(f"{smiles} {name}" for name, smiles in molecules.items()))
    page.keyboard.press("Control+Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_text(f"Molecules · {len(molecules)} predicted")).to_be_visible()
    wait_until_idle(page)


@pytest.mark.browser
def test_three_molecules_while_another_tab_scans(page: Page, address: str) -> None:
    predict(page, address, MOLECULES)
    browser = page.context.browser
    assert browser is not None
    scanning = browser.new_page(viewport={"width": 1400, "height": 1400})
    scanning.set_default_timeout(120_000)
    scanning.goto(f"{address}/scan")
    scanning.get_by_role("button", name="Run scan").click()
    expect(scanning.get_by_text(re.compile("^Scanning: "))).to_be_visible()
    page.bring_to_front()
    page.get_by_role("button", name="Check with DFT").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(3)
    go_to(page, "About")
    go_to(page, "Predict")
    expect(page.get_by_text(re.compile(r"RMSE \d\.\d{3} eV \(\d+ levels, .* RSE \d+\.\d\d% .* HOMO"))).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    wait_until_idle(page)
    scanning.bring_to_front()
    expect(scanning.get_by_text(re.compile(r"molecules a second$"))).to_be_visible(timeout=300_000)
    for shown in (page, scanning):
        assert shown.get_by_text("has encountered an error").count() == 0
    scanning.close()
    page.bring_to_front()
    with page.expect_download() as download:
        page.get_by_role("button", name="Errors (CSV)").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {row["id"] for row in rows} == set(MOLECULES)
    assert all(0 < float(row["rmse_ev"]) < 0.5 and 0 < float(row["rse"]) < 0.2 for row in rows)


@pytest.mark.browser
def test_cancel_stops_one_and_leaves_the_rest(page: Page, address: str) -> None:
    predict(page, address, {"testosterone": TESTOSTERONE, "acetonitrile": "CC#N"})
    page.get_by_role("button", name="Check with DFT").click()
    expect(page.get_by_text(re.compile("testosterone: (preparing|cycle)"))).to_be_visible()
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_text("testosterone no reference: cancelled")).to_be_visible(timeout=10_000)
    expect(page.get_by_text(re.compile(r"acetonitrile · RMSE"))).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert page.get_by_text("has encountered an error").count() == 0
