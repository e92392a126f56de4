"""Files out: whole or not at all, and one sentence where they cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import InputError

DRAFT = ".draft"  # ending of a file that is being written


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield where to write a file; it takes the place of `path` once it is complete. Makes the folder.

    Whatever happens inside, the old file stays until the new one is there, and no draft is left behind. Only a kill leaves
    one, which the next writing replaces.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    draft = path.with_name(path.name + DRAFT)
    try:
        with explain_unwritable(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file of these bytes; see `whole_file`."""
    with whole_file(path) as draft:
        draft.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a file of this text, UTF-8; see `whole_file`."""
    write_bytes(path, text.encode())


def check_writable(path: Path) -> None:
    """Raise InputError where `whole_file` would, before the work is done. Makes the folder."""
    draft = path.with_name(path.name + DRAFT)
    with explain_unwritable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        with draft.open("ab"):
            pass
        draft.unlink()


@contextmanager
def explain_unwritable(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"output must be writable: {path}: {error.strerror or error}") from error
