"""What choosing molecules by the network's own doubt gains over drawing them: trainings on the shipped labels, side by side."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from core.assets import COMPARISON, MODELS, QM9_PBE
from core.evaluation.elsewhere import load_measured
from core.evaluation.files import ACTIVE_CHOICE
from core.files import write_text
from core.labels.label_set import LabelSet, join_labels, load_labels
from core.labels.splits import TRAIN
from core.machine.progress import Report, Tell
from core.models.fitting.recipe import TrainOptions
from core.models.protocol import LevelModel, predicts_levels
from core.models.registry import DEFAULT, load_folder
from core.models.uncertainty.evaluator import LARGE_EV
from core.spectrum.metrics import Figures, per_molecule_rmse
from core.training.groups_left_out import BROAD_LABELS, draw_rows
from core.training.parts import training_parts
from core.training.train import trained_folder

N_KNOWN_QM9, N_START, N_MORE = 5000, 500, 1000  # rows of QM9 and of the broad set at first, and chosen from its others
N_EPOCHS, CHOICE_SEEDS = 12, (1, 2)
Choice = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def choose_random(doubts_ev: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the places of N_MORE rows drawn at random."""
    return rng.permutation(len(doubts_ev))[:N_MORE]


def choose_doubted(doubts_ev: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the places of the N_MORE rows of which the largest errors are expected."""
    return np.argsort(-doubts_ev, kind="stable")[:N_MORE]


def choose_both(doubts_ev: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the places of N_MORE rows, every other the most doubted of the rest, every other drawn."""
    doubted = choose_doubted(doubts_ev, rng)[: N_MORE // 2]
    others = np.setdiff1d(rng.permutation(len(doubts_ev)), doubted, assume_unique=True)
    return np.concatenate([doubted, rng.permutation(others)[: N_MORE - len(doubted)]])


WAYS_TO_CHOOSE: dict[str, Choice] = {"drawn": choose_random, "doubted": choose_doubted, "half and half": choose_both}


def compare_choices(
    out: Path = COMPARISON, *, work: Path, seeds: Sequence[int] = CHOICE_SEEDS, report: Report, tell: Tell
) -> list[Figures]:
    """Train on N_START rows of the broad set and N_MORE that are drawn, doubted or both; measure on the broad test; write.

    Parameters
    ----------
    work : Path
        The networks and their checkpoints: what is there is not trained again.

    Returns
    -------
    list of dict
        choice ("none" of the start alone), n_labels, seed, n molecules measured, rmse_ev, homo_mae_ev, above_0_15: the part of
        the molecules with an RMSE above LARGE_EV.
    """
    broad = load_broad()
    qm9 = draw_rows(load_labels(QM9_PBE).split(TRAIN), N_KNOWN_QM9)
    measured = load_measured("broad")
    rows: list[Figures] = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(broad))
        start, others = (some_rows(broad, part) for part in (order[:N_START], order[N_START:]))
        model = trained_on(join_labels(start, qm9), work / f"{seed}_start", seed=seed, report=report)
        rows.append({"choice": "none", "n_labels": N_START, "seed": seed} | measure_choice(model, measured))
        doubts = np.array([p.expected_rmse_ev for p in model.predict_levels(others.geometries())])
        for name, choose in WAYS_TO_CHOOSE.items():
            chosen = some_rows(others, choose(doubts, np.random.default_rng(seed)))
            folder = work / f"{seed}_{name.replace(' ', '_')}"
            model = trained_on(join_labels(start, chosen, qm9), folder, seed=seed, report=report)
            figures = measure_choice(model, measured)
            rows.append({"choice": name, "n_labels": N_START + len(chosen), "seed": seed} | figures)
            tell(
                f"seed {seed}, {name}: RMSE {figures['rmse_ev']:.4f} eV, {figures['above_0_15']:.1%} above {LARGE_EV} eV"
            )
    write_text(out / ACTIVE_CHOICE, json.dumps(rows, indent=1))
    return rows


def load_broad() -> LabelSet:
    """Return the broad set's training rows."""
    return join_labels(*map(load_labels, BROAD_LABELS)).split(TRAIN)


def some_rows(labels: LabelSet, places: np.ndarray) -> LabelSet:
    """Return the rows at the places, in the order of the labels."""
    return labels.select(np.isin(np.arange(len(labels)), places))


def trained_on(labels: LabelSet, folder: Path, *, seed: int, report: Report) -> LevelModel:
    """Return the flagship trained on labels from the shipped pre-trained network; one that is there is taken."""
    options = TrainOptions(seed=seed, epochs=N_EPOCHS, pretrained=MODELS / DEFAULT / "pretrained.safetensors")
    parts = partial(training_parts, labels, options)
    model = load_folder(trained_folder(DEFAULT, folder, parts=parts, options=options, report=report), device="cpu")
    if not predicts_levels(model):
        raise TypeError(f"{model.card.name} predicts no levels")
    return model


def measure_choice(model: LevelModel, labels: LabelSet) -> Figures:
    """Return a network's figures on labels; see `compare_choices`."""
    predicted, reference = model.predict_levels(labels.geometries()), labels.levels()
    errors = per_molecule_rmse(predicted, reference)
    homos = [p.homo_ev - r.homo_ev for p, r in zip(predicted, reference, strict=True)]
    return {
        "rmse_ev": float(np.sqrt(np.mean(errors**2))),
        "homo_mae_ev": float(np.mean(np.abs(homos))),
        "above_0_15": float(np.mean(errors > LARGE_EV)),
        "n": len(errors),
    }
