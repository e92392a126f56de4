"""The command line, `eigenscope`: the same core as the dashboard's.

Exit code 0 when every row was answered, 1 when some were refused or failed, 2 when nothing could be read.
"""

import typer

from core.cli import compare, dataset, draw, label, library, model, screen

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Spectral screening of organic molecules.")
for command in (
    screen.predict,
    screen.scan,
    screen.rank,
    model.train,
    model.evaluate,
    model.benchmark,
    label.label,
    draw.draw,
    dataset.pretraining,
):
    app.command()(command)
app.command("import")(dataset.import_labels)
app.add_typer(library.app, name="library")
app.add_typer(compare.app, name="compare")
