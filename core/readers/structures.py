"""Structures in: any supported file or pasted text to entries, in input order, none lost."""

import re
from pathlib import PurePath

from core.errors import InputError
from core.readers.lines import read_lines
from core.readers.parquet import MAGIC, parquet_columns, read_parquet, read_parquet_table
from core.readers.records import MAX_FILE_MB, MAX_ROWS
from core.readers.sdf import looks_like_sdf, read_sdf
from core.readers.tables import Columns, find_columns, has_table_header, parse_table, read_table, sniff_delimiter
from core.readers.text import check_size, decode_text
from core.readers.xyz import looks_like_xyz, read_xyz
from core.structure.entry import Entry
from core.structure.molecule import MAX_ATOMS

EXTENSIONS = ("smi", "txt", "csv", "tsv", "sdf", "sd", "mol", "xyz", "extxyz", "inchi", "parquet")
LIMITS = f"up to {MAX_FILE_MB} MB, {MAX_ROWS:,} molecules a file and {MAX_ATOMS} atoms a molecule"

_OTHER_FORMATS = {
    r"(HEADER|CRYST1|ATOM  |HETATM|COMPND|REMARK )": "a PDB file",
    r"(data_\S*\s*$|_cell_length)": "a CIF file",
    r"@<TRIPOS>": "a MOL2 file",
    r"\s*[{\[]\s*([\"\[{]|$)": "JSON",
    r"\s*<(!DOCTYPE|\?xml|html|cml)": "HTML or XML",
}


def read_structures(
    data: bytes, filename: str, *, smiles_column: str | None = None, id_column: str | None = None
) -> list[Entry]:
    """Return one entry a record of a file, in order; the content decides the format where the name says another.

    Parameters
    ----------
    data : bytes
        The file.
    filename : str
        Its name, for the extension; may be "".
    smiles_column, id_column : str or None
        Columns of a CSV, TSV or Parquet file; None means found by themselves, an `id_column` of "" means none.

    Raises
    ------
    InputError
        When nothing at all could be read: empty, binary, over a limit, or no supported format.
    """
    check_size(data)
    if data.startswith(MAGIC):
        return read_parquet(read_parquet_table(data), smiles_column=smiles_column, id_column=id_column)
    text = decode_text(data)
    kind = sniff_format(text, filename)
    if kind == "table":
        return read_table(parse_table(text), smiles_column=smiles_column, id_column=id_column)
    return _READERS[kind](text)


def detect_columns(data: bytes, filename: str) -> Columns:
    """Return the columns of a table and which were found to hold SMILES and ID; empty for any other format.

    Raises
    ------
    InputError
        As `read_structures`.
    """
    check_size(data)
    if data.startswith(MAGIC):
        return parquet_columns(read_parquet_table(data))
    text = decode_text(data)
    return find_columns(parse_table(text)) if sniff_format(text, filename) == "table" else Columns()


def entries_from_text(text: str) -> list[Entry]:
    """Return the entries of typed or pasted text: SMILES or InChI lines with optional names, a molfile, XYZ or CSV.

    Raises
    ------
    InputError
        If the text is empty or over a limit.
    """
    data = text.encode("utf-8", "replace")
    if not text.strip():
        raise InputError("nothing to read: the text is empty")
    check_size(data)
    text = data.decode("utf-8")
    if looks_like_sdf(text):
        return read_sdf(text)
    if looks_like_xyz(text):
        return read_xyz(text)
    if has_table_header(text):
        return read_table(parse_table(text))
    return read_lines(text, may_be_prose=False)


def sniff_format(text: str, filename: str) -> str:
    """Return "sdf", "xyz", "table" or "lines": by content, and by the extension where the content leaves it open.

    Raises
    ------
    InputError
        If the text is plainly of an unsupported format, or of another than an SDF or XYZ that its name promises.
    """
    extension = PurePath(filename).suffix.lower().lstrip(".")
    if looks_like_sdf(text):
        return "sdf"
    if looks_like_xyz(text):
        return "xyz"
    start = text.lstrip()[:2_000]
    for pattern, kind in _OTHER_FORMATS.items():
        if re.match(pattern, start, re.MULTILINE):
            raise InputError(f"nothing was read: the file is {kind}; read are {', '.join(EXTENSIONS)}")
    if re.match(r"(inchi\s+)?InChI=", start, re.IGNORECASE):  # before any delimiter is looked for: InChIs hold commas
        return "lines"
    if has_table_header(text):
        return "table"
    if extension in ("csv", "tsv"):
        return "table" if sniff_delimiter(text) else _single_column(text)
    if extension in ("xyz", "extxyz"):
        return "xyz" if re.match(r"\d+\s*$", start, re.MULTILINE) else _expect_lines(text, "XYZ")
    if extension in ("sdf", "sd", "mol"):
        return _expect_lines(text, "SDF or MOL")
    return "lines"


def _single_column(text: str) -> str:
    """A table without a delimiter: with a header it is one column, else a list."""
    first, *rest = [line for line in text.splitlines() if line.strip()][:2]
    return "table" if not rest or not _reads_as_lines(first) else "lines"


def _expect_lines(text: str, promised: str) -> str:
    """Fall back to a list of SMILES when the content is one, else say that the promised format is not there."""
    if not _reads_as_lines(text):
        raise InputError(f"nothing was read: the file holds no {promised} record, nor any other format known here")
    return "lines"


def _reads_as_lines(text: str) -> bool:
    try:
        return any(entry.molecule is not None for entry in read_lines(text))
    except InputError:
        return False


_READERS = {"sdf": read_sdf, "xyz": read_xyz, "lines": read_lines}
