"""The main job in a real browser: upload, predict, scan the home library, rank it, nothing lost on the way."""

import re
from pathlib import Path

import pytest
from dashboard_server import go_to, wait_until_idle
from playwright.sync_api import Page, expect

expect.set_options(timeout=120_000)  # a loaded machine is no failure

CSV = """name,smiles,boiling point
ethanol,CCO,78
<b>bold</b> selenol,CC[SeH],38
broken,C1CC,
furan,c1ccoc1,31
"""


@pytest.mark.browser
def test_upload_predict_scan_rank(page: Page, address: str, tmp_path: Path) -> None:
    outside: list[str] = []
    page.on(
        "request", lambda r: None if address in r.url or r.url.startswith(("data:", "blob:")) else outside.append(r.url)
    )
    page.goto(address)
    expect(page.get_by_text("Molecules · 1 predicted")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()

    table = tmp_path / "molecules.csv"
    table.write_text(CSV)
    page.get_by_role("tab", name="Upload").click()
    page.locator("input[type=file]").first.set_input_files(table)
    expect(page.get_by_text("SMILES column")).to_be_visible()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_text("Molecules · 2 predicted, 1 refused, 1 failed")).to_be_visible()
    expect(page.get_by_text(re.compile("found Se"))).to_be_visible()
    wait_until_idle(page)
    assert page.locator("b", has_text="bold").count() == 0

    go_to(page, "Scan")
    page.get_by_role("button", name="Run scan").click()
    expect(page.get_by_text("Map by spectrum")).to_be_visible(timeout=300_000)
    expect(page.get_by_text(re.compile(r"molecules a second$"))).to_be_visible()
    wait_until_idle(page)

    go_to(page, "Rank")
    expect(page.get_by_text(re.compile(r"Hits · best 50 of [\d,]+ candidates"))).to_be_visible()
    expect(page.get_by_text("Why rank 1.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].startswith("rank,score,score_error")
    assert len(lines) == 51

    go_to(page, "Scan")
    expect(page.get_by_text("Map by spectrum")).to_be_visible()
    go_to(page, "Predict")
    expect(page.get_by_text("Molecules · 2 predicted, 1 refused, 1 failed")).to_be_visible()
    expect(page.get_by_text("2 · furan").first).to_be_visible()
    assert not outside, f"the page asked the network for {outside}"
    assert page.get_by_text("has encountered an error").count() == 0
