"""train, evaluate, benchmark."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.assets import MODELS, QM9_GFN2, QM9_PBE
from core.benchmark import Part
from core.cli.common import exit_on_error

TrainedModel = Annotated[
    str | None,
    typer.Option(help="Key of a shipped model, or a model's folder; the tight-binding network when left out."),
]
Seed = Annotated[int, typer.Option(help="Of the initial weights and the order of the molecules.")]


def train(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[LEARNER]",
            help="The tight-binding network when left out; a wrong name lists all.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Its folder: weights, expected error, card. The shipped one when left out.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Checkpoints: the same command goes on from them.")] = Path("work"),
    labels: Annotated[
        Path | None, typer.Option(help="Reference labels. Those of the shipped one when left out.")
    ] = None,
    more_labels: Annotated[
        list[Path] | None, typer.Option(help="Others whose training rows are learnt from too; may be repeated.")
    ] = None,
    pretrain_labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="What the tight-binding network learns from first: `eigenscope pretraining` makes them; may be repeated."
        ),
    ] = None,
    pretrained: Annotated[
        Path | None, typer.Option(help="A pre-trained network, from which the tight-binding network goes on instead.")
    ] = None,
    molecules: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Train on N rows of the training part only, drawn by the seed."),
    ] = None,
    pretrain_epochs: Annotated[int | None, typer.Option(min=1, help="As the shipped model when left out.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="As the shipped model when left out.")] = None,
    cycles: Annotated[
        int | None,
        typer.Option(min=1, help="How often the learning rate rises and falls in these epochs; once when left out."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of PyTorch.")] = 1,
    seed: Seed = 1,
) -> None:
    """Train a learner on the `train` split, calibrate it, evaluate it on `test`, and write it with its card."""
    from core.cli.bars import training_progress
    from core.models.fitting.recipe import TrainOptions
    from core.models.registry import DEFAULT, find_recipe
    from core.training.train import train_learner

    key = model or DEFAULT
    with exit_on_error():
        shipped = find_recipe(key).labels
    options = TrainOptions(
        seed=seed, labels=labels or shipped, pretrain_labels=tuple(pretrain_labels or [QM9_GFN2]), pretrained=pretrained,
        n_molecules=molecules, epochs=epochs, pretrain_epochs=pretrain_epochs, cycles=cycles,
        more_labels=tuple(more_labels or ()),
    )  # fmt: skip
    with exit_on_error(), training_progress() as report:
        card = train_learner(
            key, out or MODELS / key, work=work / key, options=options, report=report, n_threads=threads
        )
    typer.echo(json.dumps(card.test, indent=1))


def calibrate(
    model: Annotated[str | None, typer.Argument(metavar="[LEARNER]", show_default=False)] = None,
    labels: Annotated[Path | None, typer.Option(help="What it was trained on. As shipped when left out.")] = None,
    more_labels: Annotated[
        list[Path] | None, typer.Option(help="Others that it was trained on; may be repeated.")
    ] = None,
) -> None:
    """Calibrate a trained learner's expected error anew; its predictions stay as they are."""
    from core.models.fitting.recipe import TrainOptions
    from core.models.registry import DEFAULT, find_recipe
    from core.training.calibrate import calibrate_anew

    key = model or DEFAULT
    with exit_on_error():
        options = TrainOptions(labels=labels or find_recipe(key).labels, more_labels=tuple(more_labels or ()))
        card = calibrate_anew(MODELS / key, options=options)
    typer.echo(json.dumps(card.calibration, indent=1))


def evaluate(
    labels: Annotated[Path, typer.Option(help="Labels, QM9, OE62, the archive of Ghosh et al., or a table.")] = QM9_PBE,
    model: TrainedModel = None,
    split: Annotated[str | None, typer.Option(help="Only the rows of this split.")] = None,
    from_smiles: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Make own geometries of the first N rows, from SMILES alone.")
    ] = None,
    ranking: Annotated[
        bool, typer.Option("--ranking", help="Rank the home library against each C7H10O2 reference instead.")
    ] = False,
) -> None:
    """Print a model's accuracy on labels, as JSON."""
    import numpy as np

    from core.cli.bars import progress_bar
    from core.evaluation.evaluate import evaluate_labels
    from core.evaluation.from_smiles import evaluate_from_smiles
    from core.labels.label_set import load_labels
    from core.models.registry import DEFAULT, load_learner, load_model

    key = model or DEFAULT
    with exit_on_error():
        chosen = load_labels(labels)
        if split is not None:
            chosen = chosen.split(split)
        loaded = load_learner(key)
        what = chosen.describe(model_theory=loaded.card.level_of_theory)
        if ranking:
            from core.evaluation.ranking_check import check_ranking

            result = check_ranking(load_model(key), chosen)
        elif from_smiles:
            with progress_bar("geometries") as progress:
                first = chosen.select(np.arange(len(chosen)) < from_smiles)
                result = evaluate_from_smiles(load_model(key), first, progress=progress)
        else:
            result = evaluate_labels(loaded, chosen)
    typer.echo(json.dumps({"model": loaded.key, "labels": str(labels), "split": split} | what | result, indent=1))


def benchmark(
    model: TrainedModel = None,
    part: Annotated[Part, typer.Option(help="The engine takes half an hour: PySCF runs beside it.")] = Part.ALL,
    labels: Annotated[Path, typer.Option(help="Reference labels, which the engine is held against.")] = QM9_PBE,
) -> None:
    """Measure speed on this machine, with ratios within the run, and how near the reference engine is to its limit."""
    from core.benchmark.run import run_benchmark
    from core.cli.bars import progress_bar
    from core.models.registry import DEFAULT, load_model

    with exit_on_error(), progress_bar("calculations") as progress:
        text = run_benchmark(load_model(model or DEFAULT), part, labels=labels, progress=progress)
    typer.echo(text)
