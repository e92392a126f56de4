"""library build, library map, library info."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.assets import HOME_LIBRARY
from core.cli.common import exit_on_error, say
from core.cli.output import partial_path, stop_kindly
from core.files import check_writable

app = typer.Typer(no_args_is_help=True, help="Build libraries of relaxed candidates, or say what one holds.")


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Parquet to write; an interrupted build of it is resumed.")],
    source: Annotated[
        str,
        typer.Argument(
            metavar="[INPUT]", help="A file of structures, or a built-in recipe: c7h10o2 or c7h10o2_alkenes."
        ),
    ] = HOME_LIBRARY.stem,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core when left out.")] = None,
    relax: Annotated[bool, typer.Option(help="GFN2-xTB after MMFF94.")] = True,
    conformers: Annotated[bool, typer.Option(help="All conformers that count, and not one a molecule.")] = True,
) -> None:
    """Embed, relax and check every stereoisomer of the input's molecules, and write the library."""
    from core.cli.bars import progress_bar
    from core.library.build import build_library
    from core.library.candidate import LibraryRecipe
    from core.library.sources import RECIPES
    from core.readers.structures import read_structures
    from core.readers.text import read_file
    from core.structure.entry import Entry

    with exit_on_error(), stop_kindly(partial_path(out)):
        check_writable(out)
        inputs: str | list[Entry] = source
        if source not in RECIPES:
            inputs = read_structures(read_file(Path(source)), Path(source).name)
        recipe = LibraryRecipe(relax=relax, conformers=conformers)
        with progress_bar("inputs") as progress:
            result = build_library(inputs, out, workers=workers, recipe=recipe, progress=progress)
    say(f"{json.dumps(result.counts)}, written to {out}")


@app.command("map")
def lay_out(library: Annotated[Path, typer.Argument(metavar="[LIBRARY]")] = HOME_LIBRARY) -> None:
    """Lay a library out by spectrum, near points having like spectra, and keep the places beside it for the Scan page."""
    from core.cli.bars import progress_bar
    from core.library.store import load_library
    from core.models.registry import DEFAULT, load_model
    from core.screening.scan import scan_library
    from core.screening.spectrum_map import map_path, save_map

    with exit_on_error(), stop_kindly(None):
        check_writable(map_path(library))
        with progress_bar("molecules") as progress:
            scan = scan_library(load_library(library), load_model(DEFAULT), progress=progress)
        out = save_map(library, scan)
    say(f"{len(scan)} molecules laid out, written to {out}")


@app.command()
def info(library: Annotated[Path, typer.Argument(metavar="[LIBRARY]")] = HOME_LIBRARY) -> None:
    """Print what a library holds, as JSON."""
    from core.library.store import library_info, load_library

    with exit_on_error():
        typer.echo(json.dumps(library_info(load_library(library)), indent=1, default=str))
