"""workbench train, suggest, list, add, remove."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.assets import HOME_LIBRARY
from core.cli.common import exit_on_error, say
from core.cli.output import check_output, write_table

app = typer.Typer(no_args_is_help=True, help="Your own level of theory: a learner from a few dozen labels of yours.")
TARGET_EV = 0.1  # of the error that more labels are counted for


@app.command()
def train(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="What `import` reads, or a table of ids and levels.")
    ],
    name: Annotated[str, typer.Option(help="Of the learner.")],
    theory: Annotated[str, typer.Option(help="The level of theory; what the labels state when left out.")] = "",
    ionisation: Annotated[
        bool, typer.Option("--ionisation", help="The levels are minus ionisation energies, not orbital energies.")
    ] = False,
    unit: Annotated[str | None, typer.Option(help="Of the levels, where the table does not say it.")] = None,
    structures: Annotated[
        Path | None,
        typer.Option(help="SDF, XYZ, ...: structures that the ids of a table stand for, beside the libraries'."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The learner as one file, to pass on.")] = None,
) -> None:
    """Measure how well labels are learnt, learn from all of them, and keep the learner for every page and command."""
    from core.cli.bars import progress_bar
    from core.files import check_writable
    from core.models.card import IONISATION_ENERGIES, ORBITAL_ENERGIES
    from core.models.own import pack_own_model
    from core.readers.structures import read_structures
    from core.readers.text import read_file
    from core.workbench.learner import learn
    from core.workbench.study import labels_needed

    with exit_on_error():
        if out is not None:
            check_writable(out)
        beside = read_structures(read_file(structures), structures.name) if structures else []
        energies = IONISATION_ENERGIES if ionisation else ORBITAL_ENERGIES
        with progress_bar("fifths left out") as progress:
            made = learn(
                labels, name, level_of_theory=theory, energies=energies, unit=unit, structures=beside, progress=progress
            )
        if out is not None:
            pack_own_model(made.key, out)
    needed = labels_needed(made.study, target_ev=TARGET_EV)
    figures = {"model": made.key, "labels": len(made.labels), "left_out": made.left_out} | made.study.figures()
    for note in made.labels.notes:
        say(note)
    typer.echo(json.dumps(figures | {"molecules_for_0.1_ev": needed and round(needed[0])}, indent=1))


@app.command()
def suggest(
    model: Annotated[str, typer.Argument(help="Key or file of a learner of your own.")],
    out: Annotated[Path, typer.Option(help="Result: .parquet, .csv, .json or .sdf.")],
    library: Annotated[Path, typer.Argument(metavar="[LIBRARY]", help="The candidates.")] = HOME_LIBRARY,
    molecules: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 50,
    labels: Annotated[
        Path | None, typer.Option(help="Labels that you have, as for train: their molecules are left out.")
    ] = None,
) -> None:
    """Say which molecules to label next: those that the learner doubts most, unlike each other."""
    from core.cli.bars import progress_bar
    from core.labels.label_set import load_labels
    from core.library.store import load_library
    from core.models.registry import load_model
    from core.workbench.doubt import as_correction, suggest_molecules

    with exit_on_error():
        check_output(out, None)
        learner = as_correction(load_model(model, device="cpu"))
        labelled = load_labels(labels).table if labels is not None else None
        with progress_bar("molecules") as progress:
            chosen = suggest_molecules(learner, load_library(library), molecules, labelled=labelled, progress=progress)
        write_table(chosen, out, None)
    say(f"{len(chosen)} molecules, written to {out}")


@app.command("list")
def list_own() -> None:
    """List the learners of your own."""
    from core.models.card import load_card
    from core.models.own import own_model_keys
    from core.models.registry import model_folder

    with exit_on_error():
        for key in own_model_keys():
            card = load_card(model_folder(key))
            typer.echo(f"{key}\t{card.name}\t{card.level_of_theory}")


@app.command()
def add(path: Annotated[Path, typer.Argument(metavar="FILE", help="A saved learner.")]) -> None:
    """Take a saved learner to your own."""
    from core.models.own import add_own_model

    with exit_on_error():
        typer.echo(add_own_model(path))


@app.command()
def remove(key: Annotated[str, typer.Argument(help="Of a learner of your own.")]) -> None:
    """Delete a learner of your own."""
    from core.models.own import remove_own_model

    with exit_on_error():
        remove_own_model(key)
