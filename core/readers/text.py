"""Bytes to text: encodings, binary files, empty files."""

from pathlib import Path

from core.errors import InputError
from core.readers.records import MAX_FILE_MB

# what the first bytes of files that hold no plain text say
_MAGIC = {
    b"PK\x03\x04": "a ZIP archive or an Excel or Word document",
    b"\x1f\x8b": "gzip-compressed",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"CDF": "a NetCDF file",
    b"\x89HDF": "an HDF5 file",
    b"\x7fELF": "a program",
}
_MAX_CONTROL_FRACTION = 0.02
_MIN_CONTROL = 4  # a few strays make no file binary
_SAMPLE = 65_536


def check_file_size(data: bytes) -> None:
    """Raise InputError for an empty or an oversized file."""
    if not data.strip():
        raise InputError("nothing was read: the file is empty")
    if len(data) > MAX_FILE_MB * 1_000_000:
        raise InputError(
            f"nothing was read: a file may have at most {MAX_FILE_MB} MB, this one has {len(data) / 1e6:.1f} MB"
        )


def decode_text(data: bytes) -> str:
    """Return the text of a file: UTF-8 with or without its mark, UTF-16 with its mark, else Latin-1.

    Raises
    ------
    InputError
        If it is no text.
    """
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise InputError(f"nothing was read: the file is {kind}, a text or Parquet file is needed")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError("nothing was read: the file is binary, a text or Parquet file is needed") from error
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    sample = text[:_SAMPLE]
    control = sum((c < " " and c not in "\t\n\r\f\x1a") or "\x7f" <= c < "\xa0" for c in sample)
    if "\x00" in text or control > max(_MAX_CONTROL_FRACTION * len(sample), _MIN_CONTROL):
        raise InputError("nothing was read: the file is binary, a text or Parquet file is needed")
    if not text.strip("\ufeff \t\r\n") or not text.strip():  # blanks that only Unicode knows
        raise InputError("nothing was read: the file is empty")
    return text


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
