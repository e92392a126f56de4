"""What every command does alike: progress on stderr, tables out, one exit code rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from core.cli.choices import Format
from core.errors import EigenscopeError
from core.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

ALL_ANSWERED, SOME_NOT_ANSWERED, NOTHING_READ = 0, 1, 2
messages = Console(stderr=True, highlight=False, markup=False)


def say(text: str) -> None:
    """Print one line on stderr, unbroken."""
    messages.print(text, soft_wrap=True)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn an error of the whole input into one sentence on stderr and exit code NOTHING_READ."""
    try:
        yield
    except EigenscopeError as error:
        say(f"eigenscope: {error}")
        raise typer.Exit(NOTHING_READ) from error


def write_table(table: "pd.DataFrame", out: Path, fmt: Format | None) -> None:
    """Write a result table; the format is the one asked for, else the name's, else Parquet.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from core.writers.structures import table_to_sdf
    from core.writers.tables import table_to_csv, table_to_json, table_to_parquet

    writers = {
        Format.PARQUET: table_to_parquet,
        Format.CSV: table_to_csv,
        Format.JSON: table_to_json,
        Format.SDF: table_to_sdf,
    }
    named = out.suffix.lower().lstrip(".")
    chosen = fmt or (Format(named) if named in list(Format) else Format.PARQUET)
    write_bytes(out, writers[chosen](table))


def finish(table: "pd.DataFrame", out: Path) -> None:
    """Report how many rows were answered and exit by the rule."""
    from core.structure.entry import OK

    answered = int((table["status"] == OK).sum())
    say(f"{answered} of {len(table)} rows predicted, written to {out}")
    for _, row in table[table["status"] != OK].head(10).iterrows():
        say(f"  row {row['row'] if 'row' in table else row.name}, {row['id']}: {row['status']}: {row['reason']}")
    raise typer.Exit(ALL_ANSWERED if answered == len(table) else SOME_NOT_ANSWERED)
