"""Measure a trained learner: the figures of its card, and the predictions that a test holds it to."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.evaluation.evaluate import evaluate_labels
from core.evaluation.from_smiles import evaluate_from_smiles
from core.evaluation.ranking_check import check_ranking
from core.files import write_text
from core.labels.label_set import LabelSet
from core.models.card import PINNED, ModelCard
from core.models.fitting.recipe import CardCheck, Recipe
from core.models.protocol import Learner, LevelModel, predicts_levels, within_domain
from core.models.registry import load_folder
from core.models.uncertainty.evaluator import check_calibration
from core.spectrum.metrics import Figures
from core.training.describe import save_card

N_FROM_SMILES = 200
N_PINNED = 8


def check_some_from_smiles(model: LevelModel, test: LabelSet) -> Figures:
    """Return the accuracy from SMILES alone of the first N_FROM_SMILES molecules."""
    return evaluate_from_smiles(model, test.select(np.arange(len(test)) < N_FROM_SMILES))


# what a recipe may ask for by name: (learner, test molecules) -> figures
CHECKS: dict[CardCheck, Callable[[LevelModel, LabelSet], Figures]] = {
    "from_smiles": check_some_from_smiles,
    "ranking": check_ranking,
}


def measure_learner(out: Path, recipe: Recipe, *, labels: LabelSet) -> ModelCard:
    """Evaluate the learner in `out` on the test split, put the figures into its card, write and return it."""
    model = load_folder(out, device="cpu")
    test = labels.split("test")
    figures: Figures = {"test": evaluate_splits(model, labels)}
    figures["extra_figures"] = {name: measure(model, labels) for name, measure in recipe.extra_figures.items()}
    if predicts_levels(model):
        figures["calibration"] = check_calibration(model, within_domain(model, test))
        figures |= {name: CHECKS[name](model, test) for name in recipe.checks}
    card = save_card(model.card.model_copy(update=figures), out)
    pinned = within_domain(model, test)
    pin_predictions(model, pinned.select(np.arange(len(pinned)) < N_PINNED), out / PINNED)
    return card


def evaluate_splits(model: Learner, labels: LabelSet) -> dict[str, Figures]:
    """Return the accuracy on held-out molecules by kind of geometry: dft from `test`, the others from `test_other`."""
    held_out = labels.select(labels.table["split"].isin(["test", "test_other"]))
    kinds = sorted(set(held_out.table["geometry"]))
    return {str(k): evaluate_labels(model, held_out.select(held_out.table["geometry"] == k)) for k in kinds}


def pin_predictions(model: Learner, labels: LabelSet, path: Path) -> None:
    """Write what the learner predicts now of a few labelled molecules, so that a test sees when it predicts something else.

    Levels and LUMO where it has levels, else every tenth point of the spectrum.
    """
    predictions = pinned_predictions(model, labels)
    pinned = {
        name: [round(x, 4) if np.isfinite(x) else None for x in values]
        for name, values in zip(labels.table["id"], predictions, strict=True)
    }
    write_text(path, json.dumps(pinned, indent=1))


def pinned_predictions(model: Learner, labels: LabelSet) -> list[list[float]]:
    """Return what `pin_predictions` writes of each molecule."""
    if not predicts_levels(model):
        densities: list[list[float]] = model.predict_spectra(labels.geometries())[:, ::10].tolist()
        return densities
    levels = model.predict_levels(labels.geometries())
    return [[*e.valence_ev.tolist(), e.lumo_ev] for e in levels]
