"""Pages through AppTest: the real app, the real model, a small library in place of the home one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.assets import HOME_LIBRARY, MODELS, QM9_PBE
from core.evaluation import files as comparison_files
from core.evaluation.files import CURVES
from core.evaluation.leaderboard import compare_learners
from core.labels.label_set import LabelSet, load_labels
from core.library.store import load_library
from core.models import registry
from core.models.fitting.recipe import TrainOptions
from core.models.registry import DEFAULT, find_recipe, load_folder
from core.training.describe import describe_training, save_card
from core.training.measure import evaluate_splits
from core.training.train import fit_recipe
from dashboard import resources

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")
N_LIBRARY = 60


@pytest.fixture(autouse=True)
def small_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the home library be its first few molecules: scanning all of it is the browser pass's business."""
    library = load_library(HOME_LIBRARY).head(N_LIBRARY)
    monkeypatch.setattr(resources, "shipped_library", lambda _: library)
    resources.scans().clear()


@pytest.fixture
def open_page() -> Callable[[str], AppTest]:
    """Return a function that opens a page of the app by name, in a fresh session."""

    def open_named(name: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=120).run()
        if name != "predict":
            page.switch_page(f"app_pages/{name}/page.py").run()
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


LEVELS_LEARNER, SPECTRUM_LEARNER, KERNEL_LEARNER = "mlp_levels", "mlp_spectrum", "krr_cm"
N_TRAINED, N_COMPARED = 64, 30


@pytest.fixture(scope="session")
def labels() -> LabelSet:
    return load_labels(QM9_PBE)


@pytest.fixture(scope="session")
def learner_folder(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real learners: the flagship, and perceptrons and a kernel ridge, trained for a moment."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(MODELS / DEFAULT, folder / DEFAULT)
    train = labels.split("train")
    train = train.select([x.has_band for x in train.levels()])
    part, rest = (train.select(np.arange(len(train)) // N_TRAINED == k) for k in (0, 1))
    options = TrainOptions(epochs=2)
    some = labels.split("test")
    held_out = some.select(np.arange(len(some)) < N_COMPARED)
    for key in (LEVELS_LEARNER, SPECTRUM_LEARNER, KERNEL_LEARNER):
        out, work = folder / key, tmp_path_factory.mktemp("work")
        fitted, minutes = fit_recipe(
            find_recipe(key), part, rest, out=out, work=work, options=options, report=lambda record: None
        )
        card = describe_training(key, out, fitted, options=options, train=part, n_valid=len(rest), minutes=minutes)
        save_card(card, out)
        save_card(card.model_copy(update={"test": evaluate_splits(load_folder(out, device="cpu"), held_out)}), out)
    return folder


@pytest.fixture(scope="session")
def comparison_folder(learner_folder: Path, labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `eigenscope compare` writes of these learners on a few test molecules; learning curves of known power laws."""
    folder = tmp_path_factory.mktemp("comparison")
    table = labels.table
    held_out = [table[(table["split"] == s) & (table["geometry"] == g)].head(N_COMPARED) for s, g in HELD_OUT]
    pd.concat(held_out).to_parquet(folder / "labels.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "MODELS", learner_folder)
        registry.load_written.cache_clear()
        compare_learners(folder, labels=folder / "labels.parquet", tell=lambda line: None)
        registry.load_written.cache_clear()
    pd.DataFrame(
        [
            {
                "set": "qm9",
                "key": key,
                "n_molecules": n,
                "seed": seed,
                "rmse_ev": error,
                "rse": 0.26 * 3.0 * n**exponent,
            }
            | {"homo_mae_ev": error, "minutes": 1.0, "n_pool": 2000}
            for key, exponent in CURVE_EXPONENTS.items()
            for n in (125, 250, 500, 1000, 2000)
            for seed in ((1, 2, 3) if n == 125 else (1,))
            for error in [np.nan if key == SPECTRUM_LEARNER else 3.0 * n**exponent]
        ]
    ).to_parquet(folder / CURVES)
    return folder


HELD_OUT = (("test", "dft"), ("test_other", "mmff"), ("test_other", "rattled"))
CURVE_EXPONENTS = {DEFAULT: -0.5, LEVELS_LEARNER: -0.3, SPECTRUM_LEARNER: -0.2, KERNEL_LEARNER: -0.1}


@pytest.fixture
def several_learners(learner_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let these be the learners that the program comes with."""
    forget_learners()
    monkeypatch.setattr(registry, "MODELS", learner_folder)
    yield
    forget_learners()


@pytest.fixture
def compared(several_learners: None, comparison_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let them have been compared, too."""
    monkeypatch.setattr(comparison_files, "COMPARISON", comparison_folder)


def forget_learners() -> None:
    """Empty what remembers learners and their answers by key."""
    registry.load_written.cache_clear()
    for cached in (
        resources.get_model,
        resources.get_learner,
        resources.read_card,
        resources.example_table,
        resources.get_explained_levels,
        resources.get_familiarity,
        resources.direct_spectrum,
    ):
        cached.clear()  # type: ignore[attr-defined]


def shown_text(page: AppTest) -> str:
    """Return all sentences of a page, without Markdown's backslashes."""
    elements = [*page.markdown, *page.caption, *page.error, *page.info]
    return " ".join(str(e.value) for e in elements).replace("\\", "")


@pytest.fixture
def text_of() -> Callable[[AppTest], str]:
    return shown_text


@pytest.fixture
def table_with() -> Callable[[AppTest, str], pd.DataFrame]:
    """Return what finds the table that has a column: AppTest knows a table by its key only where rows can be chosen."""

    def find(page: AppTest, column: str) -> pd.DataFrame:
        return next(d.value for d in page.dataframe if column in d.value)

    return find
