"""Structures in: any supported file or pasted text to entries, in input order, none lost."""

import re
from pathlib import PurePath

from core.errors import InputError
from core.readers.columns_found import Columns
from core.readers.geometry_inputs import read_geometry_input, sniff_geometry_input
from core.readers.lines import read_lines
from core.readers.other_formats import check_other_formats
from core.readers.parquet import MAGIC, parquet_columns, read_parquet, read_parquet_table
from core.readers.pdb_mol2 import looks_like_mol2, looks_like_pdb, read_mol2, read_pdb
from core.readers.records import MAX_FILE_MB, MAX_ROWS
from core.readers.sdf import looks_like_sdf, read_sdf
from core.readers.tables import find_columns, has_table_header, parse_table, read_table, sniff_delimiter
from core.readers.text import check_file_size, decode_text
from core.readers.xyz import looks_like_xyz, read_xyz
from core.structure.entry import Entry
from core.structure.molecule import MAX_ATOMS
from core.structure.salts import strip_entry

EXTENSIONS = (
    "smi",
    "txt",
    "csv",
    "tsv",
    "sdf",
    "sd",
    "mol",
    "mol2",
    "pdb",
    "xyz",
    "extxyz",
    "inchi",
    "parquet",
    "gjf",
    "com",
    "inp",
    "in",
    "fdf",
)
LIMITS = f"up to {MAX_FILE_MB} MB, {MAX_ROWS:,} molecules a file and {MAX_ATOMS} atoms a molecule"

_OTHER_FORMATS = {
    r"(HEADER|CRYST1|ATOM  |HETATM|COMPND|REMARK )": "a PDB file without atoms",
    r"(data_\S*\s*$|_cell_length)": "a CIF file",
    r"\s*[{\[]\s*([\"\[{]|$)": "JSON",
    r"\s*<(!DOCTYPE|\?xml|html|cml)": "HTML or XML",
}


def read_structures(
    data: bytes,
    filename: str,
    *,
    smiles_column: str | None = None,
    id_column: str | None = None,
    strip_salts: bool = False,
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
    strip_salts : bool
        Counter-ions and solvents are taken off, and each row says which (`core.structure.salts`).

    Raises
    ------
    InputError
        When nothing at all could be read: empty, binary, over a limit, or no supported format.
    """
    check_file_size(data)
    if data.startswith(MAGIC):
        entries = read_parquet(read_parquet_table(data), smiles_column=smiles_column, id_column=id_column)
    else:
        text = decode_text(data)
        kind = sniff_format(text, filename)
        if kind == "table":
            entries = read_table(parse_table(text), smiles_column=smiles_column, id_column=id_column)
        else:
            entries = read_format(text, kind)
    return [strip_entry(entry) for entry in entries] if strip_salts else entries


def detect_columns(data: bytes, filename: str) -> Columns:
    """Return the columns of a table and which were found to hold SMILES and ID; empty for any other format.

    Raises
    ------
    InputError
        As `read_structures`.
    """
    check_file_size(data)
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

    Examples
    --------
    >>> [(entry.id, entry.status) for entry in entries_from_text("CCO ethanol")]
    [('ethanol', 'ok')]
    """
    data = text.encode("utf-8", "replace")
    if not text.strip():
        raise InputError("nothing to read: the text is empty")
    check_file_size(data)
    text = data.decode("utf-8")
    kind = sniff_content(text)
    if kind == "table":
        return read_table(parse_table(text))
    return read_format(text, kind) if kind is not None else read_lines(text, may_be_prose=False)


def read_format(text: str, kind: str) -> list[Entry]:
    """Return the entries of a text of a format that `sniff_format` named, tables excepted."""
    return _READERS[kind](text) if kind in _READERS else read_geometry_input(text, kind)


def sniff_content(text: str) -> str | None:
    """Return the format that the content tells: of _READERS, "table", or a program whose input it is; None if it is left open.

    Raises
    ------
    InputError
        If it is of a format that is known and not read.
    """
    for kind, looks_like in _LOOKS.items():
        if looks_like(text):
            return kind
    if re.match(
        r"\s*(inchi\s+)?InChI=", text[:2_000], re.IGNORECASE
    ):  # before any delimiter is looked for: InChIs hold commas
        return "lines"
    check_other_formats(text)
    return sniff_geometry_input(text) or ("table" if has_table_header(text) else None)


def sniff_format(text: str, filename: str) -> str:
    """Return a format as `read_format` takes it, or "table": by content, and by the extension where the content leaves it open.

    Raises
    ------
    InputError
        If the text is plainly of an unsupported format, or of another than its name promises.
    """
    extension = PurePath(filename).suffix.lower().lstrip(".")
    kind = sniff_content(text)
    if kind is not None:
        return kind
    start = text.lstrip()[:2_000]
    for pattern, other in _OTHER_FORMATS.items():
        if re.match(pattern, start, re.MULTILINE):
            raise InputError(f"nothing was read: the file is {other}; read are {', '.join(EXTENSIONS)}")
    if extension in ("csv", "tsv"):
        return "table" if sniff_delimiter(text) else _single_column(text)
    if extension in ("xyz", "extxyz") and re.match(r"\d+\s*$", start, re.MULTILINE):
        return "xyz"
    return _expect_lines(text, _PROMISES[extension]) if extension in _PROMISES else "lines"


def _single_column(text: str) -> str:
    """Return the kind of a text without delimiters: with a header it is a table of one column, else a list."""
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


_READERS = {"sdf": read_sdf, "xyz": read_xyz, "mol2": read_mol2, "pdb": read_pdb, "lines": read_lines}
_LOOKS = {"sdf": looks_like_sdf, "mol2": looks_like_mol2, "pdb": looks_like_pdb, "xyz": looks_like_xyz}
_PROMISES = {
    "xyz": "XYZ",
    "extxyz": "XYZ",
    "sdf": "SDF or MOL",
    "sd": "SDF or MOL",
    "mol": "SDF or MOL",
    "mol2": "MOL2",
    "pdb": "PDB",
    "gjf": "Gaussian",
    "com": "Gaussian",
    "fdf": "SIESTA",
}
