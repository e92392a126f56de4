"""measured: where the right molecules come when spectra as measured are ranked."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.common import exit_on_error


def measured(
    scanned: Annotated[
        Path | None,
        typer.Option("--scan", help="Parquet that `scan` wrote; the home library is scanned when left out."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Spectra NAME.txt and truth.json; the five example spectra when left out.")
    ] = None,
) -> None:
    """Rank spectra of known molecules, as measured, against a library: each right constitution's place."""
    import statistics

    from core.assets import HOME_LIBRARY
    from core.cli.bars import progress_bar
    from core.cli.screen import load_scan
    from core.evaluation.measured_check import MEASURED, place_measured
    from core.library.store import load_library
    from core.models.registry import load_model
    from core.screening.scan import scan_library

    with exit_on_error(), progress_bar("molecules") as progress:
        if scanned is None:
            scan = scan_library(load_library(HOME_LIBRARY), load_model(), progress=progress)
        else:
            scan = load_scan(scanned)
        places = place_measured(scan, folder=folder or MEASURED, progress=progress)
    typer.echo(f"{'spectrum':<14}{'place':>6}{'of':>7}{'score':>8}{'best':>8}  molecule")
    for p in places:
        place = "none" if p.place is None else f"{p.place}"
        typer.echo(f"{p.name:<14}{place:>6}{p.n_constitutions:>7}{p.score:>8.3f}{p.best_score:>8.3f}  {p.smiles}")
    found = [p.place for p in places if p.place is not None]
    if found:
        typer.echo(f"median place {statistics.median(found):g}; compared: {places[0].compared}")
