"""One server and one browser for the whole pass."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parent))
from dashboard_server import open_browser, serve_dashboard


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_dashboard(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with open_browser() as browser:
        shown = browser.new_page(viewport={"width": 1400, "height": 1400})
        shown.set_default_timeout(120_000)
        yield shown
