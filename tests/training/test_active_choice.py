"""Choosing molecules by doubt and by lot: the same number of each, and each trained on what was chosen."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.elsewhere import load_measured
from core.evaluation.files import ACTIVE_CHOICE, load_figure_rows
from core.training import active_choice, train
from core.training.active_choice import WAYS_TO_CHOOSE, compare_choices
from core.training.groups_left_out import draw_rows


def test_each_choice_is_of_other_rows_and_of_the_same_number(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active_choice, "N_MORE", 20)
    doubts = rng.uniform(size=100)
    for name, choose in WAYS_TO_CHOOSE.items():
        places = choose(doubts, np.random.default_rng(1))
        assert len(places) == len(set(places.tolist())) == 20, name
    doubted, both = (
        set(WAYS_TO_CHOOSE[name](doubts, np.random.default_rng(1)).tolist()) for name in ("doubted", "half and half")
    )
    assert doubted == set(np.argsort(doubts)[-20:].tolist())
    assert len(doubted & both) >= 10
    assert len(both - doubted) > 0


def test_networks_are_trained_once_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("N_KNOWN_QM9", 40), ("N_START", 60), ("N_MORE", 40), ("N_EPOCHS", 1)):
        monkeypatch.setattr(active_choice, name, value)
    pool = draw_rows(active_choice.load_broad(), 200)
    monkeypatch.setattr(active_choice, "load_broad", lambda: pool)
    whole = load_measured("broad")
    some = whole.select(np.arange(len(whole)) % 40 == 0)
    monkeypatch.setattr(active_choice, "load_measured", lambda _: some)
    said: list[str] = []
    rows = compare_choices(tmp_path, work=tmp_path / "work", seeds=(1,), report=lambda _: None, tell=said.append)
    assert rows == load_figure_rows(tmp_path / ACTIVE_CHOICE, command="")
    assert [row["choice"] for row in rows] == ["none", *WAYS_TO_CHOOSE]
    assert [row["n_labels"] for row in rows] == [60, 100, 100, 100]
    assert {row["n"] for row in rows} == {len(some)}
    assert len({row["rmse_ev"] for row in rows}) == 4
    assert len(said) == len(WAYS_TO_CHOOSE)
    monkeypatch.setattr(train, "train_on_parts", lambda *_, **__: pytest.fail("it is there"))
    assert (
        compare_choices(tmp_path, work=tmp_path / "work", seeds=(1,), report=lambda _: None, tell=said.append) == rows
    )
