"""compare leaderboard, curves, elsewhere, broad, geometries, moved, conformers, trajectories, ionisation, ..., accuracy."""

from pathlib import Path
from typing import Annotated

import typer

from core.assets import QM9_PBE, REFERENCE
from core.cli.common import exit_on_error, say

app = typer.Typer(no_args_is_help=True, help="All learners on the same data.")
CURVE_LABELS = {"qm9": QM9_PBE, "aa": REFERENCE / "aa.parquet", "oe": REFERENCE / "oe.parquet"}


@app.command()
def leaderboard(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    labels: Annotated[Path, typer.Option(help="Reference labels.")] = QM9_PBE,
) -> None:
    """Measure every shipped learner on the test split: accuracy, size, speed."""
    from core.assets import COMPARISON
    from core.evaluation.leaderboard import compare_learners

    with exit_on_error():
        compare_learners(out or COMPARISON, labels=labels, tell=say)


@app.command()
def curves(
    name: Annotated[str, typer.Argument(metavar="|".join(CURVE_LABELS), help="Which labels.")] = "qm9",
    learner: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Its labels, where they are not in `assets/reference`.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    work: Annotated[Path, typer.Option(help="Checkpoints.")] = Path("work/curves"),
    hours: Annotated[float, typer.Option(min=0, help="No training is begun after that long.")] = float("inf"),
) -> None:
    """Train learners on 125, 250, ... and all molecules, and measure them on the test split; goes on where it stopped."""
    from core.assets import COMPARISON
    from core.cli.bars import training_progress
    from core.evaluation.files import CURVES
    from core.training.learning_curves import learning_curves

    folder = out or COMPARISON
    if name not in CURVE_LABELS:
        raise typer.BadParameter(f"the set must be one of {', '.join(CURVE_LABELS)}, got {name!r}")
    with exit_on_error(), training_progress() as report:
        table = learning_curves(
            name, labels or CURVE_LABELS[name], keys=learner or (), out=folder, work=work,
            hours=hours, report=report, tell=say,
        )  # fmt: skip
        say(f"{(table['set'] == name).sum()} trainings on {name} are on file in {folder / CURVES}")


@app.command()
def elsewhere(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure every shipped learner on molecules unlike those trained on, by size and by group."""
    from core.assets import COMPARISON
    from core.evaluation.elsewhere import measure_elsewhere

    with exit_on_error():
        measure_elsewhere(out or COMPARISON, tell=say)


@app.command()
def broad(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    work: Annotated[Path, typer.Option(help="The learners trained, and their checkpoints.")] = Path("work/broad"),
) -> None:
    """Train the best of the older learners on the broad set, half an hour, and hold them beside the flagship there."""
    from core.assets import COMPARISON
    from core.cli.bars import training_progress
    from core.training.broad_comparison import compare_broad

    with exit_on_error(), training_progress() as report:
        compare_broad(out or COMPARISON, work=work, report=report, tell=say)


@app.command("left-out")
def left_out(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    work: Annotated[Path, typer.Option(help="The networks trained, and their checkpoints.")] = Path("work/left_out"),
    fold: Annotated[
        list[int] | None, typer.Option(help="Train without this block of motifs only; may be repeated.")
    ] = None,
) -> None:
    """Train the flagship anew without each block of rare motifs, an hour and a half, and see what it expects of them."""
    from core.assets import COMPARISON
    from core.cli.bars import training_progress
    from core.training.groups_left_out import compare_left_out

    with exit_on_error(), training_progress() as report:
        found = compare_left_out(out or COMPARISON, work=work, folds=fold or (), report=report, tell=say)
    if found is None:
        return
    for name in ("known", "foreign"):
        say(
            f"{name}: {found[name]['n']} molecules, RMSE {found[name]['rmse_ev']:.3f} eV, "
            f"{found[name]['expected_rmse_ev']:.3f} expected, {found[name]['within_twice']:.0%} within twice; "
            f"{found[name]['levels_within_90']:.0%} of the levels within the 90 % interval"
        )


@app.command()
def active(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    work: Annotated[Path, typer.Option(help="The networks trained, and their checkpoints.")] = Path("work/active"),
    seed: Annotated[list[int] | None, typer.Option(help="Of the draws and trainings; may be repeated.")] = None,
) -> None:
    """Train the flagship on molecules that it doubts and on as many that are drawn, half an hour, and compare."""
    from core.assets import COMPARISON
    from core.cli.bars import training_progress
    from core.training.active_choice import CHOICE_SEEDS, compare_choices

    with exit_on_error(), training_progress() as report:
        compare_choices(out or COMPARISON, work=work, seeds=seed or CHOICE_SEEDS, report=report, tell=say)


@app.command()
def geometries(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    labels: Annotated[Path, typer.Option(help="Reference labels.")] = QM9_PBE,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="The errors that were fitted before stay, and are checked.")
    ] = False,
) -> None:
    """Measure what a geometry made here does to the levels: fitted to training molecules, checked on test molecules."""
    from core.assets import COMPARISON
    from core.cli.bars import rate_bar
    from core.evaluation.made_geometries import measure_made_geometries
    from core.labels.label_set import load_labels
    from core.models.registry import load_model
    from core.models.uncertainty.made_geometry import load_made_geometries

    folder = out or COMPARISON
    with exit_on_error(), rate_bar("molecules") as progress:
        known = load_made_geometries(folder).errors if check_only else None
        result = measure_made_geometries(load_model(), load_labels(labels), out=folder, known=known, progress=progress)
        for origin, checked in result["checked"].items():
            say(
                f"{origin}: {checked['rmse_ev']:.3f} eV on {checked['n']} test molecules, {checked['expected_ev']:.3f} expected, "
                f"{checked['levels_within_90']:.0%} of the levels within the 90 % interval"
            )


@app.command()
def moved(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure what moving atoms to B3LYP's geometry does to molecules that QM9 lacks, group by group."""
    from core.assets import BROAD_B3LYP, COMPARISON
    from core.evaluation.moved_check import measure_moved
    from core.labels.label_set import load_labels
    from core.models.registry import load_model

    with exit_on_error():
        found = measure_moved(load_model(), load_labels(BROAD_B3LYP), out=out or COMPARISON)
    for row in found["groups"]:
        say(
            f"{row['group']}: {row['n']} molecules, as made {row['rmse_as_made_ev']:.3f} eV, moved {row['rmse_moved_ev']:.3f}, "
            f"at the B3LYP geometry {row['rmse_at_best_ev']:.3f}"
        )


@app.command()
def conformers(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure averages over conformers against averages of references, on test molecules."""
    from core.assets import COMPARISON, CONFORMERS_PBE
    from core.evaluation.conformer_check import measure_conformers
    from core.labels.label_set import load_labels
    from core.models.registry import load_model

    with exit_on_error():
        found = measure_conformers(load_model(), load_labels(CONFORMERS_PBE), out=out or COMPARISON)
    say(
        f"{found['n']} test molecules, {found['n_conformers']} conformers: averages {found['rmse_ev']:.3f} eV from those of the "
        f"references, the lowest conformer alone {found['lowest_rmse_ev']:.3f} eV; their spread {found['spread_ev']:.3f} eV"
    )


@app.command()
def trajectories(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure levels along molecular dynamics at 300 K against references of the same frames, and the speed."""
    from core.assets import COMPARISON, TRAJECTORIES_PBE
    from core.evaluation.trajectory_check import measure_trajectories
    from core.labels.label_set import load_labels
    from core.models.registry import load_model

    with exit_on_error():
        found = measure_trajectories(load_model(), load_labels(TRAJECTORIES_PBE), out=out or COMPARISON)
    speed = found["speed"]
    for name, part in {"all": found, **found["by_source"]}.items():
        say(
            f"{name}: {part['n_frames']} frames of {part['n']} molecules, RMSE {part['rmse_ev']:.3f} eV at 300 K, "
            f"{part['rest_rmse_ev']:.3f} at rest, {part['expected_rmse_ev']:.3f} expected; "
            f"{part['levels_within_90']:.0%} of the levels within the 90 % interval"
        )
    say(
        f"{speed['n_frames']} frames of {speed['n_atoms']} atoms: {speed['wall_s']:.1f} s ({speed['cpu_s']:.1f} s on a free core)"
    )


@app.command()
def ionisation(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure ionisation energies: learning curves of the correction, a line and direct learning; measured molecules."""
    from core.assets import COMPARISON
    from core.evaluation.ionisation_check import measure_ionisation
    from core.labels.label_set import load_labels
    from core.models.registry import find_recipe, load_model

    key = "ionisation"
    with exit_on_error():
        labels = load_labels(find_recipe(key).labels)
        found = measure_ionisation(load_model(key), labels, out=out or COMPARISON, tell=say)
    known = found["measured"]
    say(
        f"{known['n']} measured first ionisation energies: MAE {known['mae_ev']:.2f} eV, best line {known['line_mae_ev']:.2f}, "
        f"{known['levels_within_90']:.0%} within the 90 % interval"
    )


@app.command("measured-like")
def measured_like(
    out: Annotated[Path | None, typer.Option(help="Folder.")] = None,
    scanned: Annotated[
        Path | None, typer.Option("--scan", help="Of ionisation energies; the home library is scanned when left out.")
    ] = None,
) -> None:
    """Rank the home library against spectra made as if measured of its test molecules, and see how likely hits are."""
    import numpy as np

    from core.assets import COMPARISON, HOME_LIBRARY
    from core.campaigns.quasiparticle_set import HOME_NUMBERS
    from core.cli.bars import progress_bar
    from core.cli.screen import load_scan
    from core.evaluation.measured_like import measure_measured_like
    from core.labels.label_set import load_labels
    from core.labels.splits import TEST
    from core.library.store import load_library
    from core.models.delta.learner import find_base
    from core.models.registry import DEFAULT, find_recipe, load_model
    from core.screening.scan import scan_library

    with exit_on_error(), progress_bar("molecules") as progress:
        labels = load_labels(find_recipe("ionisation").labels).split(TEST)
        labels = labels.select([sorted(np.asarray(z).tolist()) == HOME_NUMBERS for z in labels.table["numbers"]])
        library = load_library(HOME_LIBRARY)
        scan = load_scan(scanned) if scanned else scan_library(library, load_model("ionisation"), progress=progress)
        found = measure_measured_like(scan, labels, find_base(DEFAULT), out=out or COMPARISON, progress=progress)
    halves = found["halves"]
    say(
        f"{found['n']} spectra, {found['n_candidates']:,} constitutions: first {found['first']:.0%}, "
        f"in ten {found['first_ten']:.0%}, in a hundred {found['first_hundred']:.0%}, median place {found['median_place']:g}"
    )
    say(
        f"sharpness {found['sharpness']:.1f}; in ten expected {halves['expected_first_ten']:.0%}, "
        f"found {halves['found_first_ten']:.0%}"
    )


@app.command()
def hamiltonian(out: Annotated[Path | None, typer.Option(help="Folder.")] = None) -> None:
    """Measure the ready Hamiltonians, cells of sizes never fitted and both ways to a Hamiltonian; print the table of bars."""
    from core.assets import COMPARISON
    from core.evaluation.hamiltonian_fits import bar_rows, measure_hamiltonians

    with exit_on_error():
        for row in bar_rows(measure_hamiltonians(out or COMPARISON, tell=say)):
            bar = (
                "reported"
                if row["bar_mev"] is None
                else f"bar {row['bar_mev']:g}: {'reached' if row['is_reached'] else 'missed'}"
            )
            density = "" if row["defect_correlation"] is None else f", local densities {row['defect_correlation']:.3f}"
            typer.echo(f"{row['what']}, {row['n_shells']} neighbours: {row['held_out_mev']:g} meV ({bar}){density}")


@app.command()
def accuracy(
    out: Annotated[Path | None, typer.Option(help="Markdown file; printed when left out.")] = None,
) -> None:
    """Write the accuracy page, docs/accuracy.md, from the cards and what the other commands measured."""
    from core.evaluation.accuracy import accuracy_markdown
    from core.files import write_text

    with exit_on_error():
        text = accuracy_markdown()
        if out is None:
            typer.echo(text, nl=False)
        else:
            write_text(out, text)
