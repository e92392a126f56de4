"""The command line, `eigenscope`: the same core as the dashboard's.

Exit code 0 when every row was answered, 1 when some were refused or failed, 2 when nothing could be read.
"""

from typing import Annotated

import typer

from core import __version__
from core.cli import (
    compare,
    dataset,
    draw,
    geometry,
    hamiltonian,
    label,
    library,
    measured,
    model,
    screen,
    serve,
    trajectory,
    workbench,
)

app = typer.Typer(no_args_is_help=True, add_completion=False)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"eigenscope {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Spectral screening of organic molecules."""


for command in (
    screen.predict,
    screen.scan,
    screen.rank,
    trajectory.trajectory,
    model.train,
    model.calibrate,
    model.evaluate,
    model.benchmark,
    measured.measured,
    label.label,
    draw.draw,
    draw.draw_broad,
    draw.draw_smallest,
    draw.draw_catenated,
    draw.draw_ionisation,
    draw.draw_trajectories,
    dataset.pretraining,
    serve.dashboard,
):
    app.command()(command)
app.command("import")(dataset.import_labels)
app.add_typer(library.app, name="library")
app.add_typer(geometry.app, name="geometry")
app.add_typer(hamiltonian.app, name="hamiltonian")
app.add_typer(compare.app, name="compare")
app.add_typer(workbench.app, name="workbench")
