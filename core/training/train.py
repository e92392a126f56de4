"""Train the tight-binding network from the shipped labels, all the way to its folder: weights, expected error, card."""

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from core.metrics import evaluate_levels
from core.models.expected_error import fit_expected_error
from core.models.inference import ERRORS, WEIGHTS, NetworkLevels, collate
from core.models.protocol import CARD, PINNED, LevelModel, ModelCard
from core.models.registry import DEFAULT, TrainedModel
from core.models.store import save_network
from core.models.tight_binding import TightBindingConfig, TightBindingNetwork
from core.reference.datasets import LEVEL_OF_THEORY, QM9_GFN2, QM9_PBE, LabelSet, load_labels, training_split
from core.training.evaluate import check_calibration, evaluate_from_smiles, per_molecule_rmse
from core.training.fit import FitOptions, fit, level_tensors
from core.training.ranking_check import check_ranking

N_PRETRAIN_VALID = 500
N_FROM_SMILES = 200
N_PINNED = 8
PRETRAIN = FitOptions(epochs=10, learning_rate=2e-3)
FINE_TUNE = FitOptions(epochs=150, learning_rate=1.5e-3)


@dataclass(frozen=True)
class TrainOptions:
    """A whole training: first GFN2-xTB levels of many molecules, then the reference levels of fewer."""

    config: TightBindingConfig = field(default_factory=TightBindingConfig)
    pretrain: FitOptions = PRETRAIN
    fine_tune: FitOptions = FINE_TUNE
    valid_fraction: float = 0.08
    seed: int = 1
    labels: Path = QM9_PBE
    pretrain_labels: Path = QM9_GFN2


def train_tight_binding(
    out: Path, *, work: Path, options: TrainOptions, report: Callable[[dict], None], n_threads: int = 1
) -> ModelCard:
    """Train, calibrate, evaluate and write a model's folder.

    Parameters
    ----------
    out : Path
        The model's folder; its name is the key.
    work : Path
        Checkpoints; a second call with the same options goes on from them.
    report : callable
        Gets a dict per epoch: stage, epoch, epochs, loss_ev, valid_rmse_ev, seconds.
    """
    torch.set_num_threads(n_threads)
    torch.manual_seed(options.seed)
    work.mkdir(parents=True, exist_ok=True)
    network = TightBindingNetwork(options.config)
    pool = load_labels(options.pretrain_labels)
    first = np.arange(len(pool)) < N_PRETRAIN_VALID
    labels = load_labels(options.labels)
    train, valid = training_split(labels, valid_fraction=options.valid_fraction, seed=options.seed)
    history: list[dict] = []
    stages = (("pretrain", pool.select(~first), pool.select(first)), ("fine_tune", train, valid))
    for stage, some, held_out in stages:
        settings: FitOptions = getattr(options, stage)

        def tell(record: dict, stage: str = stage, settings: FitOptions = settings) -> None:
            report({"stage": stage, "epochs": settings.epochs} | record)

        records = fit(
            network,
            level_tensors(some, settings),
            level_tensors(held_out, settings),
            settings,
            checkpoint=work / f"{stage}.ckpt",
            report=tell,
        )
        history += [{"stage": stage} | r for r in records]
    network.eval().requires_grad_(False)
    save_network(network, out / WEIGHTS)
    calibrate(network, out, train=train, valid=valid)
    return write_card(out, options=options, history=history, train=train, n_valid=len(valid))


def calibrate(network: TightBindingNetwork, out: Path, *, train: LabelSet, valid: LabelSet) -> None:
    """Fit and save the expected error: validation errors against distance from the training molecules."""
    train_features, valid_features = (pooled_features(network, s) for s in (train, valid))
    # before calibration every expectation is 1 eV: the file must be there for the network to be loaded as a model
    flat = fit_expected_error(train_features, valid_features, np.ones(len(valid)))
    flat.save(out / ERRORS)
    predicted = NetworkLevels(out, device="cpu").predict_levels(valid.geometries())
    rmse_ev = per_molecule_rmse(predicted, valid.levels())
    fit_expected_error(train_features, valid_features, rmse_ev).save(out / ERRORS)


@torch.inference_mode()
def pooled_features(network: TightBindingNetwork, labels: LabelSet) -> np.ndarray:
    """Return (n, n_features) features of whole molecules."""
    geometries = labels.geometries()
    chunks = [collate(geometries[k : k + 64]) for k in range(0, len(geometries), 64)]
    return np.concatenate([network(chunk)[2].numpy() for chunk in chunks])


def write_card(out: Path, *, options: TrainOptions, history: list[dict], train: LabelSet, n_valid: int) -> ModelCard:
    """Measure the model in `out` on the test split and write its card."""
    card = ModelCard(
        key=out.name,
        name="Tight-binding network",
        architecture=(
            f"Slater-Koster Hamiltonian in a minimal orthogonal valence basis, written by {options.config.n_layers} "
            f"continuous-filter convolutions of {options.config.n_features} features and {options.config.n_vectors} "
            f"vectors within {options.config.cutoff} Angstrom, and diagonalised"
        ),
        n_parameters=sum(p.numel() for p in TightBindingNetwork(options.config).parameters()),
        level_of_theory=LEVEL_OF_THEORY,
        domain="neutral closed-shell molecules of H, C, N, O, F; trained on up to 9 heavy atoms",
        data=(
            f"assets/reference/{options.labels.name} (PBE/6-31+G(d) levels of QM9 molecules), after "
            f"assets/reference/{options.pretrain_labels.name} (GFN2-xTB levels); QM9 geometries, CC0"
        ),
        split=(
            f"`train` rows, {options.valid_fraction:.0%} of the molecules for validation, by a hash of the QM9 index; "
            "the figures are on `test`, which nothing was chosen by"
        ),
        n_training={str(k): int(v) for k, v in train.table["geometry"].value_counts().items()},
        n_validation=n_valid,
        seed=options.seed,
        command=f"eigenscope train {DEFAULT}",
        trained_on=date.today().isoformat(),
        training_minutes=round(sum(r["seconds"] for r in history) / 60, 1),
        hardware=f"{platform.machine()} CPU, {torch.get_num_threads()} thread(s) of PyTorch, shared with other work",
        software={n: version(n) for n in ("torch", "numpy", "rdkit", "tblite")} | {"python": platform.python_version()},
        units={"rmse_ev": "eV", "rse": "fraction", "homo_mae_ev": "eV", "lumo_mae_ev": "eV", "expected_rmse_ev": "eV"},
        test={},
        from_smiles={},
        calibration={},
        ranking={},
        limits=[
            "Levels are Kohn-Sham orbital energies of PBE, not ionisation energies.",
            "The LUMO is predicted in a minimal basis without diffuse functions and is less accurate than the band.",
            "Beyond QM9's size and chemistry the expected error is an extrapolation.",
        ],
        history=[round_record(r) for r in history],
    )
    (out / CARD).write_text(card.model_dump_json(indent=1))
    return measure_card(out, labels=options.labels)


def measure_card(out: Path, *, labels: Path = QM9_PBE) -> ModelCard:
    """Evaluate the model in `out` on the test split, put the figures into its card, write and return it."""
    model = TrainedModel(out, device="cpu")
    all_labels = load_labels(labels)
    test = all_labels.split("test")
    card = model.card.model_copy(
        update={
            "test": evaluate_splits(model, all_labels),
            "from_smiles": evaluate_from_smiles(model, test.select(np.arange(len(test)) < N_FROM_SMILES)),
            "calibration": check_calibration(model, test),
            "ranking": check_ranking(model, test),
        }
    )
    (out / CARD).write_text(card.model_dump_json(indent=1))
    pin_predictions(model, test.select(np.arange(len(test)) < N_PINNED), out / PINNED)
    return card


def evaluate_splits(model: LevelModel, labels: LabelSet) -> dict[str, dict]:
    """Return the accuracy on held-out molecules by kind of geometry: dft from `test`, the others from `test_other`."""
    held_out = labels.select(labels.table["split"].isin(["test", "test_other"]))
    figures = {}
    for kind in sorted(set(held_out.table["geometry"])):
        part = held_out.select(held_out.table["geometry"] == kind)
        figures[str(kind)] = evaluate_levels(model.predict_levels(part.geometries()), part.levels())
    return figures


def pin_predictions(model: LevelModel, labels: LabelSet, path: Path) -> None:
    """Write what the model says now of a few labelled molecules, so that a test sees when it says something else."""
    levels = model.predict_levels(labels.geometries())
    pinned = {
        name: [round(x, 4) for x in [*e.valence_ev.tolist(), e.lumo_ev]]
        for name, e in zip(labels.table["id"], levels, strict=True)
    }
    path.write_text(json.dumps(pinned, indent=1))


def round_record(record: dict) -> dict:
    """Round a record of the history: a card is read by people."""
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
