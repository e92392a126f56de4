"""What every command does alike: progress on stderr, tables out, one exit code rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import pandas as pd
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)

from core.errors import EigenscopeError, InputError
from core.files import write_bytes
from core.machine.progress import Progress, Report
from core.structure.entry import OK
from core.writers.structures import table_to_sdf
from core.writers.tables import table_to_csv, table_to_json, table_to_parquet

ALL_ANSWERED, SOME_NOT_ANSWERED, NOTHING_READ = 0, 1, 2
messages = Console(stderr=True, highlight=False, markup=False)


def say(text: str) -> None:
    """Print one line on stderr, unbroken."""
    messages.print(text, soft_wrap=True)


class Format(StrEnum):
    """File formats of result tables."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    SDF = "sdf"


WRITERS = {
    Format.PARQUET: table_to_parquet,
    Format.CSV: table_to_csv,
    Format.JSON: table_to_json,
    Format.SDF: table_to_sdf,
}


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn an error of the whole input into one sentence on stderr and exit code NOTHING_READ."""
    try:
        yield
    except EigenscopeError as error:
        say(f"eigenscope: {error}")
        raise typer.Exit(NOTHING_READ) from error


def make_bar() -> Bar:
    """Return a bar on stderr that counts, and tells the time gone and left."""
    text = TextColumn("{task.description}")
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Bar(*columns, console=messages, transient=not messages.is_terminal)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Yield a callback (done, total) that draws a bar with rate and time left on stderr."""
    with make_bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def training_progress() -> Iterator[Report]:
    """Yield what a training reports to: a line an epoch or trial on stderr, and under them a bar for each stage."""
    with make_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def report(record: dict) -> None:
            stage, done, total = (record[k] for k in ("stage", "epoch", "epochs"))
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)
            figures = {k: v for k, v in record.items() if k not in ("stage", "epoch", "epochs", "seconds")}
            told = ", ".join(f"{name} {x if isinstance(x, str) else f'{x:.4g}'}" for name, x in figures.items())
            say(f"{stage} {done}/{total}: {told}, {record['seconds']:.0f} s")

        yield report


def read_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    InputError
        If it is not there or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"input must be a readable file: {path}: {error.strerror}") from error


def write_table(table: pd.DataFrame, out: Path, fmt: Format | None) -> None:
    """Write a result table; the format is the one asked for, else the name's, else Parquet.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    named = out.suffix.lower().lstrip(".")
    chosen = fmt or (Format(named) if named in list(Format) else Format.PARQUET)
    write_bytes(out, WRITERS[chosen](table))


def finish(table: pd.DataFrame, out: Path) -> None:
    """Report how many rows were answered and exit by the rule."""
    answered = int((table["status"] == OK).sum())
    say(f"{answered} of {len(table)} rows predicted, written to {out}")
    for _, row in table[table["status"] != OK].head(10).iterrows():
        say(f"  row {row['row'] if 'row' in table else row.name}, {row['id']}: {row['status']}: {row['reason']}")
    raise typer.Exit(ALL_ANSWERED if answered == len(table) else SOME_NOT_ANSWERED)
