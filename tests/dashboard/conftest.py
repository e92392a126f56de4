"""Pages through AppTest: the real app, the real model, a small library in place of the home one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.library import HOME_LIBRARY, load_library
from dashboard import resources

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")
N_LIBRARY = 60


@pytest.fixture(autouse=True)
def small_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the home library be its first few molecules: scanning all of it is the browser pass's business."""
    library = load_library(HOME_LIBRARY).head(N_LIBRARY)
    monkeypatch.setattr(resources, "home_library", lambda: library)
    resources.scans().clear()


@pytest.fixture
def open_page() -> Callable[[str], AppTest]:
    """Return a function that opens a page of the app by name, in a fresh session."""

    def open_named(name: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=120).run()
        if name != "predict":
            page.switch_page(f"app_pages/{name}.py").run()
        assert not page.exception
        return page

    return open_named


@pytest.fixture
def open_link() -> Callable[[str], AppTest]:
    """Return a function that opens the app by a link that carries a molecule."""

    def open_smiles(smiles: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=120)
        page.query_params["smiles"] = smiles
        return page.run()

    return open_smiles
