"""Train a learner from the shipped labels, all the way to its folder: weights, expected error, card, pinned predictions."""

import time
from collections.abc import Callable
from pathlib import Path

import torch

from core.labels.label_set import LabelSet, join_labels, load_labels
from core.machine.progress import Report
from core.models.card import CARD, LEVELS, ModelCard
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.registry import find_recipe
from core.training.calibrate import calibrate, forget_calibration
from core.training.describe import describe_training, save_card
from core.training.measure import measure_learner
from core.training.parts import training_parts


def train_learner(
    key: str, out: Path, *, work: Path, options: TrainOptions, report: Report, n_threads: int = 1
) -> ModelCard:
    """Train, calibrate, evaluate and write a learner's folder.

    Parameters
    ----------
    key : str
        Of one of `find_recipes`.
    out : Path
        The learner's folder; its name is the key that the learner goes by.
    work, report
        See `core.models.fitting.recipe.Fit`.

    Raises
    ------
    ModelError
        If there is no such recipe.
    InputError
        If a reserved or test molecule is among the training labels.
    """
    recipe = find_recipe(key)
    labels = load_labels(options.labels)
    train, valid = training_parts(join_labels(labels, *map(load_labels, options.more_labels)), options)
    train_on_parts(key, out, train=train, valid=valid, work=work, options=options, report=report, n_threads=n_threads)
    return measure_learner(out, recipe, labels=labels)


def train_on_parts(
    key: str,
    out: Path,
    *,
    train: LabelSet,
    valid: LabelSet,
    work: Path,
    options: TrainOptions,
    report: Report,
    n_threads: int = 1,
) -> None:
    """Train on one part, watch and calibrate on the other, and write a learner's folder, not measured yet."""
    torch.set_num_threads(n_threads)
    fitted, minutes = fit_recipe(find_recipe(key), train, valid, out=out, work=work, options=options, report=report)
    card = describe_training(key, out, fitted, options=options, train=train, n_valid=len(valid), minutes=minutes)
    forget_calibration(card, out)
    if card.form == LEVELS:
        calibrate(out, train=train, valid=valid)
        save_card(card, out)  # the expected error is one of the weights


def trained_folder(
    key: str, folder: Path, *, parts: Callable[[], tuple[LabelSet, LabelSet]], options: TrainOptions, report: Report
) -> Path:
    """Return a learner's folder after training it there on the first part, watching the other; one that is there is taken."""
    if not (folder / CARD).exists():
        train, valid = parts()
        draft, scratch = (folder.parent / place / folder.name for place in ("drafts", "checkpoints"))
        train_on_parts(key, draft, train=train, valid=valid, work=scratch, options=options, report=report)
        draft.rename(folder)  # a folder with a card is done
    return folder


def fit_recipe(
    recipe: Recipe, train: LabelSet, valid: LabelSet, *, out: Path, work: Path, options: TrainOptions, report: Report
) -> tuple[Fitted, float]:
    """Run a recipe; return what it made and the minutes it took, those before an interruption included."""
    work.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    fitted = recipe.fit(train, valid, out=out, work=work, options=options, report=report)
    recorded = sum(r.get("seconds", 0.0) for r in fitted.history)
    return fitted, max(recorded, time.perf_counter() - start) / 60
