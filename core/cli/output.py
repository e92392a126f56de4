"""Where a command's table goes: its format, found out before any work is done, standard output, and what a stop leaves."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from core.cli.choices import Format
from core.cli.common import say
from core.errors import InputError
from core.files import check_writable, write_bytes

if TYPE_CHECKING:
    import pandas as pd

STANDARD = Path("-")  # input and output
PARTIAL = ".partial.jsonl"  # ending of what a stopped run leaves beside its output


class Stopped(KeyboardInterrupt):
    """SIGTERM came; `code` is what the shell is told."""

    code = 128 + signal.SIGTERM


def choose_format(out: Path, fmt: Format | None) -> Format:
    """Return the format of an output: the one asked for, else what the name ends in; CSV on standard output.

    Raises
    ------
    InputError
        If the ending is of no format.
    """
    if fmt is not None:
        return fmt
    if out == STANDARD:
        return Format.CSV
    ending = out.suffix.lower().lstrip(".")
    if ending not in list(Format):
        raise InputError(
            f"output must end in {', '.join(f'.{f}' for f in Format)}, or --format say what it is, got {out.name}"
        )
    return Format(ending)


def check_output(out: Path, fmt: Format | None) -> None:
    """Raise InputError where an output cannot be written, before the work is done."""
    choose_format(out, fmt)
    if out != STANDARD:
        check_writable(out)


def write_table(table: "pd.DataFrame", out: Path, fmt: Format | None) -> None:
    """Write a result table whole, to a file or to standard output.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    from core.writers.structures import table_to_sdf
    from core.writers.tables import table_to_csv, table_to_json, table_to_parquet

    writers = {
        Format.PARQUET: table_to_parquet,
        Format.CSV: table_to_csv,
        Format.JSON: table_to_json,
        Format.SDF: table_to_sdf,
    }
    data = writers[choose_format(out, fmt)](table)
    if out == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        write_bytes(out, data)


def partial_path(out: Path) -> Path | None:
    """Return where a stopped run keeps what it has; None for standard output."""
    return None if out == STANDARD else out.with_name(out.name + PARTIAL)


@contextmanager
def stop_kindly(kept: Path | None) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into one sentence that says what is kept, and the exit code that a shell expects."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows is cleaning up
        raise Stopped

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if is_main else None
    try:
        yield
    except KeyboardInterrupt as error:
        is_there = kept is not None and kept.exists()
        say(
            f"eigenscope: stopped; finished rows are kept in {kept}, the same command goes on"
            if is_there
            else "eigenscope: stopped"
        )
        raise typer.Exit(getattr(error, "code", 128 + signal.SIGINT)) from error
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def read_input(source: Path) -> tuple[bytes, str]:
    """Return an input's bytes and its name: a file's, or standard input's, which has none.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    from core.readers.text import read_file

    if source == STANDARD:
        return sys.stdin.buffer.read(), ""
    return read_file(source), source.name
