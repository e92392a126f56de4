"""Older learners on the broad set beside the flagship: on the same molecules, and nothing is trained twice."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.assets import MODELS
from core.evaluation.elsewhere import load_measured
from core.evaluation.files import BROAD_LEARNERS, load_figure_rows
from core.models.registry import DEFAULT
from core.training import broad_comparison, train
from core.training.broad_comparison import RETRAINED, compare_broad


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder in which the learners are there already: the shipped ones, which know QM9's elements alone."""
    for key in RETRAINED:
        shutil.copytree(MODELS / key, tmp_path / key)
    return tmp_path


def test_all_are_measured_on_what_all_cover(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_measured("broad")
    some = whole.select(np.arange(len(whole)) % 12 == 0)
    monkeypatch.setattr(broad_comparison, "load_measured", lambda _: some)
    monkeypatch.setattr(train, "train_on_parts", lambda *_, **__: pytest.fail("it is there"))
    said: list[str] = []
    rows = compare_broad(trained, work=trained, report=lambda _: None, tell=said.append)
    assert (
        rows
        == load_figure_rows(trained / BROAD_LEARNERS, command="")
        == json.loads((trained / BROAD_LEARNERS).read_text())
    )
    assert [row["key"] for row in rows if row["stratum"] == "all"] == [*RETRAINED, DEFAULT]
    assert len(said) == len(RETRAINED) + 1
    for stratum in {row["stratum"] for row in rows}:
        assert len({row["n"] for row in rows if row["stratum"] == stratum}) == 1, stratum
        assert not any(row["n_refused"] for row in rows if row["stratum"] == stratum), stratum
    best = min((row for row in rows if row["stratum"] == "all"), key=lambda row: row["rmse_ev"])
    assert best["key"] == DEFAULT
    assert not any("with S" in row["stratum"] for row in rows), "the shipped ones know no sulphur"
