"""All learners on the same data: the leaderboard on the test split, and learning curves."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.assets import COMPARISON, QM9_PBE
from core.evaluation.evaluate import evaluate_labels
from core.evaluation.files import CURVE_COLUMNS, CURVES
from core.files import whole_file
from core.json_lines import Record
from core.labels.label_set import LabelSet, load_labels
from core.machine.progress import Report, Tell
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import Learner
from core.models.registry import find_recipe, find_recipes, learner_keys, load_folder, load_learner
from core.training.describe import describe_training, save_card
from core.training.parts import training_parts
from core.training.train import fit_recipe

SMALLEST = 125
SEEDS = (1, 2, 3)
SEVERAL_SEEDS_UP_TO = 500  # molecules: beyond, one seed says enough


@dataclass(frozen=True)
class CurvePoint:
    """One training of a learning curve."""

    set: str
    key: str
    n_molecules: int
    seed: int


def curve_points(set_name: str, keys: Sequence[str], n_training: int) -> list[CurvePoint]:
    """Return the points of all learners, small trainings first: 125, 250, ... and all molecules."""
    sizes = [SMALLEST * 2**k for k in range(20) if SMALLEST * 2**k < n_training] + [n_training]
    return [
        CurvePoint(set_name, key, n, seed)
        for n in sizes
        for key in keys
        for seed in (SEEDS if n <= SEVERAL_SEEDS_UP_TO and n < n_training else SEEDS[:1])  # of all there is one draw
    ]


def learning_curves(
    set_name: str,
    labels: Path,
    *,
    keys: Sequence[str] = (),
    out: Path = COMPARISON,
    work: Path,
    hours: float = float("inf"),
    report: Report,
    tell: Tell,
) -> pd.DataFrame:
    """Train every learner of the reference's levels on ever more molecules and measure it on `test`.

    What is in the file already is kept, unless it was drawn from another number of training rows.

    Parameters
    ----------
    set_name : str
        What the points are filed under, "qm9", "aa", "oe".
    keys : sequence of str
        All recipes that learn from the reference's levels when left out.
    work : Path
        For checkpoints; what serves all trainings of a learner (pre-training, features) is kept there too.
    hours : float
        No training is begun after that long.

    Raises
    ------
    ModelError
        If there is no such recipe.
    """
    path = out / CURVES
    for key in keys:
        find_recipe(key)
    everything = load_labels(labels)
    whole, _ = training_parts(everything, TrainOptions(labels=labels))
    begun = time.monotonic()
    for point in missing_points(
        path, curve_points(set_name, keys or reference_recipes(), len(whole)), n_pool=len(whole)
    ):
        if time.monotonic() - begun > 3600 * hours:
            break
        row = measure_point(point, everything, labels, work=work, report=report) | {"n_pool": len(whole)}
        append_row(path, row)
        tell(", ".join(f"{k} {v}" for k, v in row.items()))
    return read_curves(path)


def reference_recipes() -> list[str]:
    """Return the keys of the recipes that learn from the reference's levels."""
    return [key for key, recipe in find_recipes().items() if recipe.labels == QM9_PBE]


def missing_points(path: Path, points: Sequence[CurvePoint], *, n_pool: int) -> Iterator[CurvePoint]:
    """Yield the points that the file does not hold, drawn from that many training rows."""
    table = read_curves(path)
    table = table[table["n_pool"] == n_pool]
    there = set(table[["set", "key", "n_molecules", "seed"]].itertuples(index=False, name=None))
    yield from (p for p in points if (p.set, p.key, p.n_molecules, p.seed) not in there)


def measure_point(point: CurvePoint, everything: LabelSet, labels: Path, *, work: Path, report: Report) -> Record:
    """Return the figures of one training, by CURVE_COLUMNS but the last: of the shipped learner where that is the one."""
    here = work / point.set / f"{point.key}-{point.n_molecules}-{point.seed}"
    shared = work / point.set / point.key
    learner = shipped_learner(point, labels) or train_point(
        point, everything, labels, work=here, shared=shared, report=report
    )
    figures = evaluate_labels(learner, everything.split("test"))
    named = [figures.get(name, float("nan")) for name in ("rmse_ev", "rse", "homo_mae_ev")]
    values = (point.set, point.key, point.n_molecules, point.seed, *named, learner.card.training_minutes)
    shutil.rmtree(here, ignore_errors=True)
    return dict(zip(CURVE_COLUMNS[:-1], values, strict=True))


def shipped_learner(point: CurvePoint, labels: Path) -> Learner | None:
    """Return the shipped learner if it was trained on the same labels, as many of them, by the same seed."""
    if labels != QM9_PBE or point.key not in learner_keys():
        return None
    learner = load_learner(point.key, device="cpu")
    same = sum(learner.card.n_training.values()) == point.n_molecules and learner.card.seed == point.seed
    return learner if same else None


def train_point(
    point: CurvePoint, everything: LabelSet, labels: Path, *, work: Path, shared: Path, report: Report
) -> Learner:
    """Return a learner trained for one point of a curve; its folder is in `work`."""
    options = TrainOptions(seed=point.seed, labels=labels, n_molecules=point.n_molecules, shared=shared)
    train, valid = training_parts(everything, options)
    out = work / "model"
    fitted, minutes = fit_recipe(
        find_recipe(point.key), train, valid, out=out, work=work, options=options, report=report
    )
    card = describe_training(point.key, out, fitted, options=options, train=train, n_valid=len(valid), minutes=minutes)
    save_card(card, out)
    return load_folder(out, device="cpu")


def read_curves(path: Path) -> pd.DataFrame:
    """Return the learning curves on file; no rows where there is none."""
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=list(CURVE_COLUMNS))


def append_row(path: Path, row: Record) -> None:
    """Add a row to the file, in one move; a learner's points from another number of training rows go."""
    table = read_curves(path)
    is_old = (table["set"] == row["set"]) & (table["key"] == row["key"]) & (table["n_pool"] != row["n_pool"])
    table = table[~is_old]
    new = pd.DataFrame([row])
    grown = pd.concat([table, new], ignore_index=True) if len(table) else new
    with whole_file(path) as draft:
        grown.to_parquet(draft, compression="zstd", index=False)
