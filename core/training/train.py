"""Train a learner from the shipped labels, all the way to its folder: weights, expected error, card, pinned predictions."""

import time
from pathlib import Path

import numpy as np
import torch

from core.labels.label_set import LabelSet, join_labels, load_labels, training_split
from core.machine.progress import Report
from core.models.card import ModelCard
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.protocol import LevelModel, predicts_levels, within_domain
from core.models.registry import find_recipe, load_folder
from core.spectrum.metrics import per_molecule_rmse
from core.training.describe import describe_training, save_card
from core.training.measure import measure_learner


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
    torch.set_num_threads(n_threads)
    labels = load_labels(options.labels)
    train, valid = training_parts(join_labels(labels, *map(load_labels, options.more_labels)), options)
    fitted, minutes = fit_recipe(recipe, train, valid, out=out, work=work, options=options, report=report)
    card = describe_training(key, out, fitted, options=options, train=train, n_valid=len(valid), minutes=minutes)
    save_card(card, out)
    model = load_folder(out, device="cpu")
    if predicts_levels(model):
        calibrate(model, train=train, valid=valid)
        save_card(card, out)  # the expected error is one of the weights
    return measure_learner(out, recipe, labels=labels)


def training_parts(labels: LabelSet, options: TrainOptions) -> tuple[LabelSet, LabelSet]:
    """Return what is trained on, cut to `n_molecules`, and the validation part."""
    train, valid = training_split(labels, valid_fraction=options.valid_fraction, seed=1)
    if options.n_molecules is not None:
        draw = np.random.default_rng(options.seed).permutation(len(train))
        train = train.select(draw < options.n_molecules)
    return train, valid


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


def calibrate(model: LevelModel, *, train: LabelSet, valid: LabelSet) -> None:
    """Fit and save the expected error of a learner of levels: validation errors against distance from the training."""
    train, valid = within_domain(model, train), within_domain(model, valid)
    errors = per_molecule_rmse(model.predict_levels(valid.geometries()), valid.levels())
    model.calibrate(train.geometries(), valid.geometries(), errors)
