"""What every command does alike: progress on stderr, tables out, one exit code rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from core.errors import EigenscopeError

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


def name_row(row: "pd.Series") -> str:
    """Return "row 3, ethanol"; "row 3" where that is all that it is called."""
    place = f"row {row.get('row', row.name)}"
    return place if row["id"] == place else f"{place}, {row['id']}"


def finish(table: "pd.DataFrame", out: Path) -> None:
    """Report how many rows were answered and exit by the rule."""
    from core.structure.entry import OK

    answered = int((table["status"] == OK).sum())
    say(f"{answered} of {len(table)} rows predicted, written to {out if str(out) != '-' else 'standard output'}")
    for _, row in table[table["status"] != OK].head(10).iterrows():
        say(f"  {name_row(row)}: {row['status']}: {row['reason']}")
    noted = table[table["note"].astype(bool)] if "note" in table else table.iloc[:0]
    for _, row in noted.head(10).iterrows():
        say(f"  {name_row(row)}: note: {row['note']}")
    if len(noted) > 10:
        say(f"  ... and {len(noted) - 10} more notes, in the column `note`")
    raise typer.Exit(ALL_ANSWERED if answered == len(table) else SOME_NOT_ANSWERED)
