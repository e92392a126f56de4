"""predict, scan, rank."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from core.cli.common import Format, exit_on_error, finish, progress_bar, read_file, say, write_table
from core.errors import InputError
from core.library.store import load_library
from core.models.registry import DEFAULT, load_model
from core.predict import predict_entries
from core.readers.spectra import read_spectrum
from core.readers.structures import read_structures
from core.screening.comparison import METRICS
from core.screening.ranking import rank_candidates
from core.screening.scan import scan_library
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target, target_from_levels, target_from_row, target_from_spectrum
from core.structure.entry import OK
from core.structure.place import GEOMETRY_MODES

Out = Annotated[Path, typer.Option("--out", help="Result: .parquet, .csv, .json or .sdf.")]
Model = Annotated[str, typer.Option("--model", help="Key of a shipped model, or a model's folder.")]
As = Annotated[Format | None, typer.Option("--format", help="Instead of the one that the name of --out says.")]
GeometryMode = StrEnum("GeometryMode", {m.replace("-", "_").upper(): m for m in GEOMETRY_MODES})  # type: ignore[misc]
MetricKey = StrEnum("MetricKey", {key.upper(): key for key in METRICS})  # type: ignore[misc]
DEFAULT_GEOMETRY, DEFAULT_METRIC = GeometryMode("xtb"), MetricKey("rse")


def predict(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="SMILES, CSV, SDF, MOL, XYZ, InChI, ... file.")],
    out: Out,
    model: Model = DEFAULT,
    geometry: Annotated[GeometryMode, typer.Option(help="How 2-D input gets its 3-D geometry.")] = DEFAULT_GEOMETRY,
    smiles_column: Annotated[str | None, typer.Option(help="Of a table; found by itself when left out.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Of a table; found by itself when left out.")] = None,
    fmt: As = None,
) -> None:
    """Predict levels of the molecules in a file: one row per input, in order."""
    with exit_on_error():
        entries = read_structures(read_file(source), source.name, smiles_column=smiles_column, id_column=id_column)
        with progress_bar("geometries") as progress:
            table = predict_entries(entries, load_model(model), geometry=str(geometry), progress=progress)
        write_table(table, out, fmt)
    finish(table, out)


def scan(
    library: Annotated[Path, typer.Argument(metavar="LIBRARY", help="Parquet that `library build` made.")],
    out: Out,
    model: Model = DEFAULT,
    fmt: As = None,
) -> None:
    """Predict levels of a whole library at its own geometries: one row per molecule, in order."""
    with exit_on_error():
        with progress_bar("molecules") as progress:
            table = scan_library(load_library(library), load_model(model), progress=progress)
        write_table(table, out, fmt)
    finish(table, out)


def rank(
    scanned: Annotated[Path, typer.Argument(metavar="SCAN", help="Parquet that `scan` or `predict` wrote.")],
    target: Annotated[str, typer.Option(metavar="FILE_OR_ID", help="Spectrum or level file, or an id of the scan.")],
    out: Out,
    metric: Annotated[MetricKey, typer.Option(help="How spectra are compared.")] = DEFAULT_METRIC,
    window: Annotated[tuple[float, float], typer.Option(metavar="LO HI", help="Energy window, eV.")] = (-30.0, 0.0),
    shift: Annotated[bool, typer.Option("--shift", help="Fit a rigid shift of each candidate.")] = False,
    max_shift: Annotated[float, typer.Option(min=0.1, max=10.0, help="Largest shift to fit, eV.")] = 3.0,
    band: Annotated[bool, typer.Option("--band", help="A spectrum file shows the 16 highest levels only.")] = False,
    top: Annotated[int, typer.Option(min=1, help="How many to keep.")] = 50,
    fmt: As = None,
) -> None:
    """Rank a scan's molecules by likeness to a target spectrum."""
    with exit_on_error():
        table = load_scan(scanned)
        chosen = load_target(target, table, band=band)
        best = rank_candidates(
            table, chosen, metric=str(metric), window_ev=window, shift=shift, max_shift_ev=max_shift, top=top
        )
        write_table(best, out, fmt)
    say(f"{len(best)} of {len(table)} candidates for {chosen.label} ({chosen.origin}), written to {out}")
    refused = int((table["status"] != OK).sum())
    raise typer.Exit(1 if refused else 0)


def load_scan(path: Path) -> pd.DataFrame:
    """Return a scan's table.

    Raises
    ------
    InputError
        If it is no Parquet file or has not the columns of a prediction table.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"scan must be a readable Parquet file: {path}: {error}") from error
    missing = [c for c in ("id", "status", "levels_ev", "expected_rmse_ev") if c not in table]
    if missing:
        raise InputError(f"scan must be a table that `eigenscope scan` wrote; {path} lacks {', '.join(missing)}")
    return table


def load_target(name: str, table: pd.DataFrame, *, band: bool) -> Target:
    """Return the target: a file of a spectrum or of levels, else the scan's row of that id or InChIKey.

    Raises
    ------
    InputError
        If it is neither.
    """
    if Path(name).is_file():
        read = read_spectrum(read_file(Path(name)), Path(name).name)
        if read.levels_ev is not None:
            return target_from_levels(read.levels_ev, Path(name).stem)
        return target_from_spectrum(read.spectrum, n_levels=N_BAND if band else None)
    for column in ("id", "inchikey"):
        rows = table[table[column].astype(str) == name] if column in table else table.iloc[:0]
        if len(rows):
            return target_from_row(rows.iloc[0])
    raise InputError(f"target must be a file, or an id or InChIKey of the scan, got {name!r}")
