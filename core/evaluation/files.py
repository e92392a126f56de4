"""The files of a comparison, read and checked: leaderboard, test predictions, learning curves."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.assets import COMPARISON
from core.errors import InputError
from core.models.card import Form
from core.quantities import QUANTITIES, quantity_of
from core.spectrum.metrics import Figures

LEADERBOARD, PREDICTIONS, CURVES = "leaderboard.json", "test_predictions.parquet", "learning_curves.parquet"
BROAD_LEARNERS = "broad_learners.json"
ACTIVE_CHOICE = "active_choice.json"
GROUPS_LEFT_OUT = "groups_left_out.json"
PREDICTION_COLUMNS = ("key", "id", "geometry", "band_ev", "density", "rmse_ev", "rse")
CURVE_COLUMNS = ("set", "key", "n_molecules", "seed", "rmse_ev", "rse", "homo_mae_ev", "minutes", "n_pool")
ACCURACY = ("rmse_ev", "rse", "homo_mae_ev", "lumo_mae_ev")


class Accuracy(BaseModel):
    """Errors on held-out molecules; None where the learner does not predict the quantity."""

    n: int
    rmse_ev: float | None = None
    rse: float | None = None  # fraction
    homo_mae_ev: float | None = None
    lumo_mae_ev: float | None = None


class Standing(BaseModel):
    """One learner's line of the leaderboard; its errors are those on `test`, relaxed geometries."""

    model_config = ConfigDict(extra="ignore")

    key: str
    name: str
    form: Form
    n_parameters: int
    n_training: int  # molecule-geometries
    training_minutes: float
    molecules_per_second: float  # of processor time, one thread, all learners in one run
    relative_speed: float | None = None  # 1 = the tight-binding network
    rmse_ev: float | None
    rse: float | None
    homo_mae_ev: float | None
    lumo_mae_ev: float | None
    per_level_rmse_ev: dict[str, float] | None = None  # HOMO-15 ... HOMO
    homo_fit_mae_ev: float | None = None  # kernel ridge: the fit to the HOMO alone
    mean_area: float | None = None  # levels that a learner of spectra predicts on average; 16 is right
    by_geometry: dict[str, Accuracy]
    n_test: int
    n_refused: int

    def accuracy(self, geometry: str) -> Accuracy:
        """Return the errors at one kind of geometry; those of `test` itself (dft) are the leaderboard's own."""
        own = Accuracy(n=self.n_test, **{name: getattr(self, name) for name in ACCURACY})
        return own if geometry == "dft" else self.by_geometry.get(geometry, Accuracy(n=0))


def comparison_file(name: str, folder: Path | None = None) -> Path:
    """Return where a file of the comparison lies: in `folder`, or among the shipped ones."""
    return (folder or COMPARISON) / name


def load_leaderboard(folder: Path | None = None) -> list[Standing]:
    """Return the leaderboard in the file's order.

    Raises
    ------
    InputError
        If the file is missing or is no leaderboard.
    """
    path = comparison_file(LEADERBOARD, folder)
    try:
        return TypeAdapter(list[Standing]).validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path.name} is not there: eigenscope compare leaderboard writes it") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{path.name} must be a list of learners, at {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error


def leaderboard_table(standings: list[Standing], geometry: str = "dft") -> pd.DataFrame:
    """Return one row a learner, the most accurate spectrum first: errors at one kind of geometry, sizes and speeds.

    Columns: key, name, form, rmse_ev, rse_percent, homo_mae_ev, lumo_mae_ev, n_test, n_parameters, n_training,
    training_minutes, molecules_per_second, relative_speed. Errors are nan where not predicted or not measured.

    Raises
    ------
    InputError
        If there is no learner.
    """
    rows, percent = [], QUANTITIES["rse"]
    for standing in standings:
        accuracy = standing.accuracy(geometry)
        errors = {name: np.nan if (x := getattr(accuracy, name)) is None else x for name in ACCURACY}
        rows.append(
            {"key": standing.key, "name": standing.name, "form": standing.form, "rmse_ev": errors["rmse_ev"]}
            | {percent.shown_column: percent.shown(errors["rse"]), "homo_mae_ev": errors["homo_mae_ev"]}
            | {"lumo_mae_ev": errors["lumo_mae_ev"], "n_test": accuracy.n, "n_parameters": standing.n_parameters}
            | {"n_training": standing.n_training, "training_minutes": standing.training_minutes}
            | {"molecules_per_second": standing.molecules_per_second, "relative_speed": standing.relative_speed}
        )
    if not rows:
        raise InputError("the leaderboard holds no learner")
    return (
        pd.DataFrame(rows).sort_values(percent.shown_column, kind="stable", na_position="last").reset_index(drop=True)
    )


def best_in_column(values: pd.Series) -> np.ndarray:
    """Return (n,) bool: where a column of the leaderboard has its best value; ties share it, nan never has it."""
    numbers = values.to_numpy(float)
    if np.isnan(numbers).all():
        return np.zeros(len(numbers), bool)
    best = np.nanmax(numbers) if quantity_of(str(values.name)).better == "higher" else np.nanmin(numbers)
    is_best: np.ndarray = numbers == best
    return is_best


def load_predictions(folder: Path | None = None) -> pd.DataFrame:
    """Return what every learner said of every test molecule: columns PREDICTION_COLUMNS, a row a learner-molecule.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or lacks a column.
    """
    return read_comparison(comparison_file(PREDICTIONS, folder), PREDICTION_COLUMNS, command="leaderboard")


def load_learning_curves(folder: Path | None = None) -> pd.DataFrame:
    """Return the test errors against the number of training molecules: columns CURVE_COLUMNS, a row a training.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or lacks a column.
    """
    return read_comparison(comparison_file(CURVES, folder), CURVE_COLUMNS, command="curves")


def read_comparison(path: Path, columns: tuple[str, ...], *, command: str) -> pd.DataFrame:
    """Return a Parquet table that has at least these columns."""
    if not path.exists():
        raise InputError(f"{path.name} is not there: eigenscope compare {command} writes it")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path.name} must be a readable Parquet file: {error}") from error
    missing = [c for c in columns if c not in table]
    if missing:
        raise InputError(f"{path.name} needs the columns {', '.join(columns)}; it lacks {', '.join(missing)}")
    return table


def load_figures(path: Path, *, command: str) -> Figures:
    """Return the figures that a command wrote as JSON.

    Raises
    ------
    InputError
        If the file is missing or holds something else.
    """
    try:
        return TypeAdapter(dict[str, Any]).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is not there or broken: {command} writes it") from error


def load_figure_rows(path: Path, *, command: str) -> list[Figures]:
    """Return the rows of figures that a command of `eigenscope` wrote; raises InputError as `load_figures`."""
    try:
        return TypeAdapter(list[dict[str, Any]]).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is not there or broken: {command} writes it") from error
