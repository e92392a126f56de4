"""JSON lines that survive a kill at any moment: a line is whole or it does not count."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from core.errors import InputError

Record = dict[str, Any]


def append_line(sink: IO[str], record: Record) -> None:
    """Write one whole line; from here on a kill of this process cannot lose it."""
    sink.write(json.dumps(record) + "\n")
    sink.flush()


def read_json_lines(path: Path) -> Iterator[tuple[int, Record]]:
    """Yield each record with the number of its line; a last line that a kill cut off is passed over.

    Raises
    ------
    InputError
        If a whole line is no JSON object.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
            except ValueError as error:
                raise unreadable_line(path, number, error) from error
            if not isinstance(record, dict):
                raise unreadable_line(path, number, TypeError(f"{type(record).__name__}, not an object"))
            yield number, record


def unreadable_line(path: Path, number: int, error: Exception) -> InputError:
    """Return the error that names a file, a line and what is wrong with it."""
    return InputError(f"{path.name} must hold one JSON record a line, line {number}: {error!r}")


def open_to_append(path: Path) -> IO[str]:
    """Open a file to go on with: what a kill cut off at its end is removed first. Makes file and folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        cut_torn_line(path)
    return path.open("a", encoding="utf-8")


def cut_torn_line(path: Path) -> None:
    """Remove from a file what stands behind its last line's end."""
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        with path.open("r+b") as file:
            file.truncate(whole)
