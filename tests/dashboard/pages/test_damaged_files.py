"""Pages over a damaged library, card or network: a sentence, no traceback, and what is whole still works.

Covers `dashboard.widgets.guard`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.assets import HOME_LIBRARY, MODELS
from core.library.store import load_library
from core.models import registry
from core.models.card import CARD
from core.models.registry import DEFAULT
from dashboard import resources
from dashboard.state import KEY
from dashboard.widgets import library_source

APP = str(Path(__file__).parents[3] / "dashboard" / "app.py")
PAGES = ("predict", "scan", "rank", "trajectories", "models", "data", "about")
OTHER = "mlp_levels"


def forget() -> None:
    registry.load_written.cache_clear()
    for cached in (resources.get_model, resources.get_learner, resources.read_card, resources.example_table):
        cached.clear()  # type: ignore[attr-defined]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for key in (DEFAULT, OTHER):
        shutil.copytree(MODELS / key, tmp_path / key)
    monkeypatch.setattr(registry, "MODELS", tmp_path)
    forget()
    yield tmp_path
    forget()


def open_page(name: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=120).run()
    return page if name == "predict" else page.switch_page(f"app_pages/{name}/page.py").run()


def errors_of(page: AppTest) -> str:
    assert not page.exception
    return " ".join(e.value for e in page.error).replace("\\", "")


@pytest.mark.parametrize("name", PAGES)
def test_a_damaged_card_is_said_on_every_page(name: str, models: Path) -> None:
    (models / OTHER / CARD).write_text("{")
    page = open_page(name)
    assert "The learner mlp_levels is left out" in errors_of(page)
    assert page.session_state[KEY].table is not None, "the other learner predicts"


@pytest.mark.parametrize("name", PAGES)
def test_damaged_weights_are_said_on_every_page(name: str, models: Path) -> None:
    network = models / DEFAULT / "network.safetensors"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    assert "network.safetensors is damaged, or of another training" in errors_of(open_page(name))


def test_with_damaged_weights_another_learner_can_be_chosen(models: Path) -> None:
    network = models / DEFAULT / "network.safetensors"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    page = open_page("predict")
    page.selectbox(key="model").set_value(OTHER).run()
    assert not page.exception
    assert page.session_state[KEY].table["model"].tolist() == [OTHER]


@pytest.mark.parametrize(("name", "button"), [("scan", ""), ("rank", "rank_scan_home")])
def test_a_damaged_library_is_said(name: str, button: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "library.parquet"
    path.write_bytes(HOME_LIBRARY.read_bytes()[:-2000])
    monkeypatch.setattr(resources, "shipped_library", lambda _: load_library(path))
    library_source.describe_library.clear()
    page = open_page(name)
    if button:
        page.button(key=button).click().run()
    assert "library.parquet must be a whole Parquet file" in errors_of(page)
