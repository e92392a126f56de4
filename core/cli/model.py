"""train, evaluate, benchmark."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from core.cli.common import exit_on_error, progress_bar, say
from core.models.protocol import ASSETS
from core.predict import DEFAULT, load_model
from core.reference.datasets import QM9_PBE, load_labels
from core.training.evaluate import evaluate_from_smiles, evaluate_labels

Seed = Annotated[int, typer.Option(help="Of the initial weights and the order of the molecules.")]


def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=f"Which learner: {DEFAULT}.")] = DEFAULT,
    out: Annotated[Path, typer.Option(help="The model's folder: weights, expected error, card.")] = ASSETS / DEFAULT,
    work: Annotated[Path, typer.Option(help="Checkpoints: the same command goes on from them.")] = Path("work/train"),
    labels: Annotated[Path, typer.Option(help="Reference labels.")] = QM9_PBE,
    pretrain_epochs: Annotated[int | None, typer.Option(min=1, help="As the shipped model when left out.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="As the shipped model when left out.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of PyTorch.")] = 1,
    seed: Seed = 1,
) -> None:
    """Train a model on the `train` split, calibrate it, evaluate it on `test`, and write it with its card."""
    from core.training.train import FINE_TUNE, PRETRAIN, TrainOptions, train_tight_binding

    if model != DEFAULT:
        raise typer.BadParameter(f"model must be {DEFAULT}, got {model!r}")
    pretrain = replace(PRETRAIN, seed=seed, epochs=pretrain_epochs or PRETRAIN.epochs)
    fine_tune = replace(FINE_TUNE, seed=seed, epochs=epochs or FINE_TUNE.epochs)
    options = TrainOptions(pretrain=pretrain, fine_tune=fine_tune, labels=labels, seed=seed)
    with exit_on_error():
        card = train_tight_binding(out, work=work, options=options, report=report_epoch, n_threads=threads)
    typer.echo(json.dumps(card.test, indent=1))


def report_epoch(record: dict) -> None:
    """Print one line an epoch."""
    valid = f", validation RMSE {record['valid_rmse_ev']:.4f} eV" if "valid_rmse_ev" in record else ""
    where = f"{record['stage']} {record['epoch']}/{record['epochs']}"
    say(f"{where}: loss {record['loss_ev']:.4f}{valid}, {record['seconds']:.0f} s")


def evaluate(
    labels: Annotated[Path, typer.Option(help="Parquet in the columns of assets/reference/README.md.")] = QM9_PBE,
    model: Annotated[str, typer.Option(help="Key of a shipped model, or a model's folder.")] = DEFAULT,
    split: Annotated[str | None, typer.Option(help="Only the rows of this split.")] = None,
    from_smiles: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Make own geometries of the first N rows, from SMILES alone.")
    ] = None,
    ranking: Annotated[
        bool, typer.Option("--ranking", help="Rank the home library against each C7H10O2 reference instead.")
    ] = False,
) -> None:
    """Print a model's accuracy on labels, as JSON."""
    with exit_on_error():
        chosen = load_labels(labels)
        if split is not None:
            chosen = chosen.split(split)
        loaded = load_model(model)
        if ranking:
            from core.training.ranking_check import check_ranking

            result = check_ranking(loaded, chosen)
        elif from_smiles:
            with progress_bar("geometries") as progress:
                first = chosen.select(np.arange(len(chosen)) < from_smiles)
                result = evaluate_from_smiles(loaded, first, progress=progress)
        else:
            result = evaluate_labels(loaded, chosen)
    typer.echo(json.dumps({"model": loaded.key, "labels": str(labels), "split": split} | result, indent=1))


def benchmark(
    model: Annotated[str, typer.Option(help="Key of a shipped model, or a model's folder.")] = DEFAULT,
) -> None:
    """Measure speed on this machine, with ratios within the run."""
    from core.benchmark import run_benchmark

    with exit_on_error():
        typer.echo(run_benchmark(load_model(model)))
