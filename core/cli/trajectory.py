"""trajectory: spectra along a molecular dynamics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.choices import Format
from core.cli.common import ALL_ANSWERED, SOME_NOT_ANSWERED, exit_on_error, say
from core.cli.output import STANDARD, check_output, choose_format, stop_kindly, write_table
from core.cli.screen import As, Model, Out
from core.errors import InputError

if TYPE_CHECKING:
    from core.structure.dynamics import DynamicsOptions
    from core.structure.trajectory import Trajectory
    from core.trajectories.levels import TrajectoryLevels


def trajectory(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SMILES", help="Extended XYZ, ASE's .traj, SDF of frames; or a molecule to set moving."
        ),
    ],
    out: Out,
    run: Annotated[bool, typer.Option("--run", help="Set the first molecule of a file moving.")] = False,
    temperature: Annotated[float, typer.Option(min=50, max=1000, help="Of a dynamics run here, K.")] = 300.0,
    length: Annotated[float, typer.Option(min=0.01, max=50, help="Of what is kept of it, ps.")] = 2.0,
    step: Annotated[float, typer.Option(min=0.1, max=1, help="Time step, fs.")] = 0.5,
    spacing: Annotated[
        float | None,
        typer.Option(min=0.1, help="Between two frames, fs: of a dynamics run here 10, of a file as it says."),
    ] = None,
    equilibration: Annotated[float, typer.Option(min=0, max=50, help="Run before the first frame, ps.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Of velocities and thermostat.")] = 7,
    skip: Annotated[int, typer.Option(min=0, help="Frames of a file left out at its beginning.")] = 0,
    every: Annotated[int, typer.Option(min=1, help="Every how many-th frame counts.")] = 1,
    sigma: Annotated[float, typer.Option(min=0.05, help="Gaussian broadening of the spectrum, eV.")] = 0.5,
    spectrum_out: Annotated[Path | None, typer.Option(help="CSV: average, spread, static spectrum.")] = None,
    trajectory_out: Annotated[Path | None, typer.Option(help="Extended XYZ of the frames.")] = None,
    motions_out: Annotated[Path | None, typer.Option(help="CSV: which motions go with --level.")] = None,
    level: Annotated[int, typer.Option(min=-1, help="Counted down from the HOMO, 0; the LUMO is -1.")] = 0,
    model: Model = None,
    fmt: As = None,
) -> None:
    """Predict the levels of every frame of a molecular dynamics, read or run here with GFN2-xTB, and average its spectrum."""
    from core.models.registry import DEFAULT, load_model
    from core.structure.dynamics import DynamicsOptions
    from core.trajectories.levels import predict_trajectory

    with exit_on_error(), stop_kindly(None):
        check_outputs(out, fmt, spectrum_out, trajectory_out, motions_out)
        learner = load_model(model or DEFAULT)
        if run or not Path(source).exists():
            options = DynamicsOptions(
                temperature_k=temperature, length_ps=length, step_fs=step, every_fs=spacing or 10.0,
                equilibration_ps=equilibration, seed=seed,
            )  # fmt: skip
            whole = run_molecule(source, options)
        else:
            whole = read_frames(Path(source), spacing_fs=spacing)
        found = predict_trajectory(whole.thinned(skip=skip, every=every), learner)
        write_table(found.table(), out, fmt)
        write_parts(found, spectrum_out, trajectory_out, motions_out, sigma_ev=sigma, depth=level)
    tell(found, out)


def check_outputs(out: Path, fmt: Format | None, *others: Path | None) -> None:
    """Raise InputError where an output cannot be written, or the table is wanted as SDF."""
    from core.files import check_writable

    check_output(out, fmt)
    if choose_format(out, fmt) == Format.SDF:
        raise InputError("the levels of frames are no SDF: --trajectory-out writes their structures")
    for path in others:
        if path is not None:
            check_writable(path)


def run_molecule(source: str, options: "DynamicsOptions") -> "Trajectory":
    """Return the dynamics of a SMILES, or of the first molecule of a file."""
    from core.cli.bars import progress_bar
    from core.readers.structures import entries_from_text, read_structures
    from core.readers.text import read_file
    from core.structure.domain import MODEL_DOMAIN
    from core.structure.dynamics import run_dynamics
    from core.trajectories.make import rest_of

    path = Path(source)
    if path.exists():
        entries = read_structures(read_file(path), path.name)
    elif path.suffix.lower().lstrip(".") in ("xyz", "extxyz", "traj", "sdf", "pdb"):
        raise InputError(f"input must be a readable file: {source}: there is none")
    else:
        entries = entries_from_text(source)
    entry = entries[0].within(MODEL_DOMAIN)
    say(f"{options}; {options.equilibration_ps:g} ps of equilibration left out, {options.n_frames} frames kept")
    with progress_bar("steps") as progress:
        return run_dynamics(rest_of(entry), options, progress=progress)


def read_frames(path: Path, *, spacing_fs: float | None) -> "Trajectory":
    """Return the trajectory of a file."""
    from core.readers.text import read_file
    from core.readers.trajectories import read_trajectory

    return read_trajectory(read_file(path), path.name, spacing_fs=spacing_fs)


def write_parts(
    found: "TrajectoryLevels",
    spectrum_out: Path | None,
    trajectory_out: Path | None,
    motions_out: Path | None,
    *,
    sigma_ev: float,
    depth: int,
) -> None:
    """Write what was asked for beside the table of levels."""
    from core.files import write_bytes
    from core.trajectories.export import frames_extxyz, spectrum_table
    from core.writers.tables import table_to_csv

    if spectrum_out is not None:
        write_bytes(spectrum_out, table_to_csv(spectrum_table(found.spectrum(sigma_ev=sigma_ev), model=found.model)))
    if trajectory_out is not None:
        write_bytes(trajectory_out, frames_extxyz(found))
    if motions_out is not None:
        write_bytes(motions_out, table_to_csv(found.motions(depth)))


def tell(found: "TrajectoryLevels", out: Path) -> None:
    """Say what was done, and end by the rule of exit codes."""
    import numpy as np

    from core.models.registry import predicts_ionisation

    of_ionisation = predicts_ionisation(found.model)
    name, sign = ("first ionisation energy", -1) if of_ionisation else ("HOMO", 1)
    homo_ev, at_rest_ev = sign * found.level_ev(0), sign * found.static.homo_ev
    say(f"{found.sentence()}, written to {out if out != STANDARD else 'standard output'}")
    for note in found.trajectory.notes:
        say(f"  {note}")
    say(
        f"{name} {np.mean(homo_ev):.2f} eV on average, spread {np.std(homo_ev):.2f} eV, at rest {at_rest_ev:.2f} eV; "
        f"expected error of the band {found.mean_expected_ev:.3f} eV"
    )
    raise typer.Exit(ALL_ANSWERED if found.n_used == found.trajectory.n_frames else SOME_NOT_ANSWERED)
