"""The files of a comparison: read, checked, ordered."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.evaluation.files import (
    CURVES,
    LEADERBOARD,
    PREDICTIONS,
    best_in_column,
    leaderboard_table,
    load_leaderboard,
    load_learning_curves,
    load_predictions,
)

LEVELS_LEARNER = {
    "key": "a", "name": "A, levels", "form": "levels", "n_parameters": 10, "n_training": 100, "training_minutes": 1.5,
    "molecules_per_second": 50.0, "relative_speed": 1.0, "rmse_ev": 0.1, "rse": 0.03, "homo_mae_ev": 0.08,
    "lumo_mae_ev": 0.2, "per_level_rmse_ev": {"HOMO-1": 0.1, "HOMO": 0.1}, "n_test": 20, "n_refused": 0,
    "by_geometry": {"mmff": {"n": 5, "rmse_ev": 0.3, "rse": 0.08, "homo_mae_ev": 0.2}},
}  # fmt: skip
SPECTRUM_LEARNER = LEVELS_LEARNER | {
    "key": "b", "name": "B, spectrum", "form": "spectrum", "rmse_ev": None, "rse": 0.02, "homo_mae_ev": None,
    "lumo_mae_ev": None, "per_level_rmse_ev": None, "molecules_per_second": 90.0, "by_geometry": {},
}  # fmt: skip


def write(folder: Path, rows: object) -> Path:
    (folder / LEADERBOARD).write_text(json.dumps(rows))
    return folder


def test_order_is_by_spectrum_which_every_learner_predicts(tmp_path: Path) -> None:
    table = leaderboard_table(load_leaderboard(write(tmp_path, [LEVELS_LEARNER, SPECTRUM_LEARNER])))
    assert table["key"].tolist() == ["b", "a"]
    assert table["rse_percent"].tolist() == pytest.approx([2.0, 3.0])
    assert np.isnan(table["rmse_ev"][0])


def test_other_geometries_have_their_own_errors(tmp_path: Path) -> None:
    table = leaderboard_table(load_leaderboard(write(tmp_path, [LEVELS_LEARNER, SPECTRUM_LEARNER])), "mmff")
    assert table.set_index("key").loc["a", ["rmse_ev", "n_test"]].tolist() == [0.3, 5]
    assert np.isnan(table.set_index("key").loc["b", "rse_percent"])


def test_best_is_the_lowest_error_and_the_highest_speed() -> None:
    table = pd.DataFrame({"rmse_ev": [0.2, np.nan, 0.1], "molecules_per_second": [5.0, 7.0, 6.0], "none": [np.nan] * 3})
    assert best_in_column(table["rmse_ev"]).tolist() == [False, False, True]
    assert best_in_column(table["molecules_per_second"]).tolist() == [False, True, False]
    assert not best_in_column(table["none"]).any()


@pytest.mark.parametrize(
    ("content", "said"),
    [("{}", "must be a list of learners"), ("[{}]", "at 0.key"), ("not json", "must be a list of learners")],
)
def test_a_file_that_is_no_leaderboard_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / LEADERBOARD).write_text(content)
    with pytest.raises(InputError, match=said):
        load_leaderboard(tmp_path)


def test_an_empty_leaderboard_is_said_to_be_so() -> None:
    with pytest.raises(InputError, match="holds no learner"):
        leaderboard_table([])


@pytest.mark.parametrize(
    ("load", "name", "command"),
    [
        (load_leaderboard, LEADERBOARD, "leaderboard"),
        (load_predictions, PREDICTIONS, "leaderboard"),
        (load_learning_curves, CURVES, "curves"),
    ],
)
def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path, load, name: str, command: str) -> None:
    with pytest.raises(InputError, match=f"{name} is not there: eigenscope compare {command} writes it"):
        load(tmp_path)


@pytest.mark.parametrize(("load", "name"), [(load_predictions, PREDICTIONS), (load_learning_curves, CURVES)])
def test_other_tables_are_refused(tmp_path: Path, load, name: str) -> None:
    pd.DataFrame({"key": ["a"]}).to_parquet(tmp_path / name)
    with pytest.raises(InputError, match="it lacks"):
        load(tmp_path)
    (tmp_path / name).write_bytes(b"no parquet")
    with pytest.raises(InputError, match="readable Parquet"):
        load(tmp_path)
