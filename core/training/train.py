"""Train a learner from the shipped labels, all the way to its folder: weights, expected error, card, pinned predictions."""

import json
import os
import platform
import time
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from core.assets import QM9_PBE
from core.errors import ModelError
from core.evaluation.evaluate import check_calibration, evaluate_from_smiles, evaluate_labels, per_molecule_rmse
from core.evaluation.ranking_check import check_ranking
from core.files import write_text
from core.labels.label_set import LabelSet, load_labels, training_split
from core.machine.progress import Report
from core.models.card import CARD, LEVELS, PINNED, ModelCard, load_card
from core.models.direct.recipe import DIRECT_RECIPES
from core.models.fitting.recipe import Fitted, Recipe, TrainOptions
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.kernel_ridge.recipe import KERNEL_RIDGE_RECIPES, homo_figures
from core.models.protocol import Learner, LevelModel, answerable
from core.models.registry import DEFAULT, LOADERS
from core.models.tight_binding.recipe import fit_tight_binding
from core.theory import REFERENCE_THEORY

N_FROM_SMILES = 200
N_PINNED = 8
RECIPES = {
    DEFAULT: Recipe("Tight-binding network", "tight_binding", "levels", fit_tight_binding),
    **KERNEL_RIDGE_RECIPES,
    **DIRECT_RECIPES,
}


def train_learner(
    key: str, out: Path, *, work: Path, options: TrainOptions, report: Report, n_threads: int = 1
) -> ModelCard:
    """Train, calibrate, evaluate and write a learner's folder.

    Parameters
    ----------
    key : str
        One of RECIPES.
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
    check_recipes([key])
    torch.set_num_threads(n_threads)
    labels = load_labels(options.labels)
    train, valid = training_parts(labels, options)
    fitted, minutes = fit_recipe(RECIPES[key], train, valid, out=out, work=work, options=options, report=report)
    card = describe(key, out, fitted, options=options, train=train, n_valid=len(valid), minutes=minutes)
    save_card(card, out)
    model = load_folder(out)
    if card.form == LEVELS:
        calibrate(model, train=train, valid=valid)  # type: ignore[arg-type]
    return measure_card(out, labels=labels)


def check_recipes(keys: Iterable[str]) -> None:
    """Raise ModelError if there is no recipe of such a key."""
    for key in keys:
        if key not in RECIPES:
            raise ModelError(f"learner must be one of {', '.join(RECIPES)}, got {key!r}")


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
    told = sum(r.get("seconds", 0.0) for r in fitted.history)
    return fitted, max(told, time.perf_counter() - start) / 60


def load_folder(out: Path) -> Learner:
    """Return the learner in a folder, past the registry's cache."""
    return LOADERS[load_card(out).kind](out, device="cpu")


def calibrate(model: LevelModel, *, train: LabelSet, valid: LabelSet) -> None:
    """Fit and save the expected error of a learner of levels: validation errors against distance from the training."""
    train, valid = answerable(model, train), answerable(model, valid)
    errors = per_molecule_rmse(model.predict_levels(valid.geometries()), valid.levels())
    model.calibrate(train.geometries(), valid.geometries(), errors)


def describe(
    key: str, out: Path, fitted: Fitted, *, options: TrainOptions, train: LabelSet, n_valid: int, minutes: float
) -> ModelCard:
    """Return the card of what was fitted, before it is measured."""
    recipe = RECIPES[key]
    return ModelCard(
        key=out.name,
        kind=recipe.kind,
        form=recipe.form,
        name=recipe.name,
        architecture=fitted.architecture,
        n_parameters=fitted.n_parameters,
        level_of_theory=train.provenance.level_of_theory or "not stated",
        domain=recipe.domain,
        data=describe_data(train, options.labels) + (f", {fitted.data}" if fitted.data else ""),
        split=(
            f"`train` rows, {options.valid_fraction:.0%} of the molecules for validation, by a hash of the QM9 index or of "
            "the constitution; the figures are on `test`, which nothing was chosen by"
        ),
        n_training={str(k): int(v) for k, v in train.table["geometry"].value_counts().items()},
        n_validation=n_valid,
        seed=options.seed,
        command=command_of(key, options),
        trained_on=date.today().isoformat(),
        training_minutes=round(minutes, 1),
        hardware=f"{platform.machine()} CPU, {torch.get_num_threads()} of {os.cpu_count()} threads, shared with other work",
        software={n: version(n) for n in ("torch", "numpy", "scikit-learn", "dscribe", "rdkit", "tblite")}
        | {"python": platform.python_version()},
        units={"rmse_ev": "eV", "rse": "fraction", "homo_mae_ev": "eV", "lumo_mae_ev": "eV", "expected_rmse_ev": "eV"},
        test={},
        limits=[
            "Levels are orbital energies of the level of theory trained on, not ionisation energies.",
            *fitted.limits,
            "Beyond QM9's size and chemistry the expected error is an extrapolation.",
        ],
        history=[round_record(r) for r in fitted.history],
    )


def describe_data(labels: LabelSet, path: Path) -> str:
    """Return what was learnt from, for the card."""
    if path == QM9_PBE:
        return f"assets/reference/{path.name} ({REFERENCE_THEORY} levels of QM9 molecules; QM9 geometries, CC0)"
    told = [labels.provenance.level_of_theory, labels.provenance.doi, labels.provenance.licence]
    return f"{path} ({'; '.join(x for x in told if x) or 'level of theory, source and licence not stated'})"


def command_of(key: str, options: TrainOptions) -> str:
    """Return the command that trains the same again."""
    told = {"labels": options.labels if options.labels != QM9_PBE else None, "molecules": options.n_molecules}
    told |= {"pretrain-epochs": options.pretrain_epochs, "epochs": options.epochs}
    told |= {"seed": options.seed if options.seed != TrainOptions().seed else None}
    return " ".join([f"eigenscope train {key}", *(f"--{name} {x}" for name, x in told.items() if x is not None)])


def measure_card(out: Path, *, labels: LabelSet) -> ModelCard:
    """Evaluate the learner in `out` on the test split, put the figures into its card, write and return it.

    The flagship is also asked from SMILES alone, and made to rank the home library.
    """
    model = load_folder(out)
    test = labels.split("test")
    figures: dict = {"test": evaluate_splits(model, labels)}
    if model.card.form == LEVELS:
        figures["calibration"] = check_calibration(model, answerable(model, test))  # type: ignore[arg-type]
    if isinstance(model, KernelRidgeLevels):
        figures["homo_fit"] = homo_figures(model, labels)
    if model.card.kind == DEFAULT:
        few = test.select(np.arange(len(test)) < N_FROM_SMILES)
        figures["from_smiles"] = evaluate_from_smiles(model, few)  # type: ignore[arg-type]
        figures["ranking"] = check_ranking(model, test)  # type: ignore[arg-type]
    card = model.card.model_copy(update=figures)
    save_card(card, out)
    pinned = answerable(model, test)
    pin_predictions(model, pinned.select(np.arange(len(pinned)) < N_PINNED), out / PINNED)
    return card


def evaluate_splits(model: Learner, labels: LabelSet) -> dict[str, dict]:
    """Return the accuracy on held-out molecules by kind of geometry: dft from `test`, the others from `test_other`."""
    held_out = labels.select(labels.table["split"].isin(["test", "test_other"]))
    kinds = sorted(set(held_out.table["geometry"]))
    return {str(k): evaluate_labels(model, held_out.select(held_out.table["geometry"] == k)) for k in kinds}


def pin_predictions(model: Learner, labels: LabelSet, path: Path) -> None:
    """Write what the learner says now of a few labelled molecules, so that a test sees when it says something else.

    Levels and LUMO where it has levels, else every tenth point of the spectrum.
    """
    answers = pinned_answers(model, labels)
    pinned = {
        name: [round(x, 4) if np.isfinite(x) else None for x in answer]
        for name, answer in zip(labels.table["id"], answers, strict=True)
    }
    write_text(path, json.dumps(pinned, indent=1))


def pinned_answers(model: Learner | LevelModel, labels: LabelSet) -> list[list[float]]:
    """Return what `pin_predictions` writes of each molecule."""
    if model.card.form != LEVELS:
        return model.predict_spectra(labels.geometries())[:, ::10].tolist()
    levels = model.predict_levels(labels.geometries())  # type: ignore[union-attr]
    return [[*e.valence_ev.tolist(), e.lumo_ev] for e in levels]


def save_card(card: ModelCard, out: Path) -> None:
    """Write a card into a learner's folder."""
    write_text(out / CARD, card.model_dump_json(indent=1))


def round_record(record: dict) -> dict:
    """Round a record of the history: a card is read by people."""
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
