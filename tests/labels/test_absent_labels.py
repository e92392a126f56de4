"""An installed package has no labels: what needs them says so, and what does not goes on."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core import assets
from core.assets import QM9_GFN2, QM9_PBE, check_labels_there
from core.cli import app
from core.errors import InputError
from core.evaluation.answers import load_references
from core.labels.splits import (
    draw_split,
    find_test_molecules,
    load_reserved,
    load_test_molecules,
    shipped_test_indices,
    shipped_test_keys,
)


@pytest.fixture
def no_labels(monkeypatch, tmp_path):
    """Return the folder where labels ought to be and are not."""
    monkeypatch.setattr(assets, "REFERENCE", tmp_path)
    return tmp_path


SENTENCE = "labels are not part of the installed package"


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--labels"],
        ["train", "mlp_levels", "--labels"],
        ["compare", "leaderboard", "--labels"],
        ["compare", "curves", "--labels"],
        ["benchmark", "--part", "engine", "--labels"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_says_where_labels_are_and_what_names_others(command, no_labels, tmp_path) -> None:
    result = CliRunner().invoke(app, [*command, str(no_labels / QM9_PBE.name)])
    text = result.output
    assert result.exit_code == 2, text
    assert SENTENCE in text
    assert "assets/reference of Eigenscope's repository" in text
    assert "--labels" in text


def test_pages_get_the_same_sentence(no_labels) -> None:
    with pytest.raises(InputError, match=SENTENCE):
        load_references(no_labels / QM9_PBE.name)


def test_pretraining_labels_have_their_own_option(no_labels, monkeypatch) -> None:
    monkeypatch.setattr(assets, "QM9_GFN2", no_labels / QM9_GFN2.name)
    with pytest.raises(InputError, match="--pretrain-labels"):
        check_labels_there(no_labels / QM9_GFN2.name)


def test_a_file_of_ones_own_is_no_shipped_label(no_labels, tmp_path) -> None:
    check_labels_there(tmp_path / "elsewhere" / "mine.parquet")


def test_the_list_of_test_molecules_is_that_of_the_labels() -> None:
    assert load_test_molecules() == find_test_molecules()
    assert len(shipped_test_indices()) == 1000
    assert len(shipped_test_keys()) == 2000


def test_a_split_is_drawn_without_the_labels(monkeypatch) -> None:
    index, _ = load_test_molecules()[0]
    water = {"numbers": np.array([8, 1, 1]), "positions": np.array([0, 0, 0.1, 0, 0.76, -0.5, 0, -0.76, -0.5])}
    table = pd.DataFrame([{"id": f"m{i}", "qm9_index": i} | water for i in (index, *load_reserved())][:2])
    shipped_test_keys.cache_clear()
    monkeypatch.delattr("core.labels.splits.pd.read_parquet")
    sides, _ = draw_split(table)
    assert sides.tolist() == ["test", "reserved"]
