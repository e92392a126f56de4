"""CSV, TSV and their kin: the delimiter, the SMILES column and the ID column find themselves and can be changed."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from core.errors import InputError
from core.readers.records import check_rows, is_readable, parse_line_notation, read_record, split_lines
from core.structure.entry import Entry

DELIMITERS = (",", "\t", ";", "|")
SMILES_NAMES = ("smiles", "isomericsmiles", "smilesisomeric", "canonicalsmiles", "smi", "inchi", "structure")
ID_NAMES = ("id", "identifier", "molid", "moleculeid", "compoundid", "cid", "chemblid", "zincid", "name", "title")
MAX_COLUMNS = 1_000
_MAX_FOUND_ID = 60  # characters; longer text is a note, no identifier
_N_SAMPLED = 50  # rows that are looked at to find columns


@dataclass(frozen=True)
class Columns:
    """What a table's columns are called, and which hold the structure and the identifier.

    Attributes
    ----------
    names : tuple of str
        Every column, in order; empty for a file that is no table.
    smiles, id : str or None
        The columns found; None where there is none.
    """

    names: tuple[str, ...] = ()
    smiles: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Table:
    """A delimited text file, cut into cells.

    Attributes
    ----------
    names : tuple of str
        The header, made unique; "column 1", ... where the file has none.
    rows : list of list of str
        Cells; a row may be shorter or longer than the header.
    """

    names: tuple[str, ...]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        """Return a column's cells, "" where a row is too short."""
        k = self.names.index(name)
        return [row[k].strip() if k < len(row) else "" for row in self.rows]


def sniff_delimiter(text: str) -> str | None:
    """Return the delimiter that cuts the first lines into the most equal numbers of cells, or None."""
    lines = [line for line in split_lines(text[:200_000]) if line.strip()][:_N_SAMPLED]
    best, best_score = None, (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = (count / max(len(lines), 1), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def has_table_header(text: str) -> bool:
    """Whether the first line is a delimited header that names a structure column."""
    first = next((line for line in split_lines(text[:10_000]) if line.strip()), "")
    delimiter = sniff_delimiter(first)
    return delimiter is not None and any(_key(cell) in SMILES_NAMES for cell in first.split(delimiter))


def parse_table(text: str) -> Table:
    """Cut delimited text into rows; rows that are wholly empty are no records.

    Raises
    ------
    InputError
        If no row is left beneath the header, or there are too many.
    """
    rows = [row for row in _cut(text, sniff_delimiter(text) or ",") if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError("nothing was read: the table has no rows")
    width = max(len(row) for row in rows)
    if width > MAX_COLUMNS:
        raise InputError(f"nothing was read: a table may have at most {MAX_COLUMNS:,} columns, this one has {width:,}")
    if _is_header(rows):
        header, rows = [cell.strip() for cell in rows[0]], rows[1:]
        if not rows:
            raise InputError(f"nothing was read: the table has no rows beneath its header ({', '.join(header)[:80]})")
    else:
        header = [f"column {k}" for k in range(1, width + 1)]
    check_rows(len(rows))
    return Table(_unique(header), rows)


def find_columns(table: Table) -> Columns:
    """Find the SMILES and the ID column: by their names, else by what their cells are."""
    keys = {name: _key(name) for name in table.names}
    sample = Table(table.names, table.rows[:_N_SAMPLED])
    smiles = _by_name(keys, SMILES_NAMES, "smiles") or _by_parsing(sample)
    if smiles is not None and keys[smiles] == "structure" and not any(map(is_readable, sample.column(smiles))):
        smiles = _by_parsing(sample)
    others = {name: key for name, key in keys.items() if name != smiles}
    identifier = _by_name(others, ID_NAMES, None)
    identifier = identifier or next((name for name, key in others.items() if key.endswith(("id", "name"))), None)
    return Columns(table.names, smiles, identifier or _by_uniqueness(sample, list(others)))


def read_table(table: Table, *, smiles_column: str | None = None, id_column: str | None = None) -> list[Entry]:
    """Return one entry a row; all columns but the ID become properties, as text.

    Parameters
    ----------
    smiles_column, id_column : str or None
        None means found by `find_columns`; an `id_column` of "" means that there is none.

    Raises
    ------
    InputError
        If a named column is not there, or no column holds SMILES or InChI.
    """
    found = find_columns(table)
    for column in (smiles_column, id_column):
        if column and column not in table.names:
            raise InputError(f"column must be one of {', '.join(table.names)}, got {column!r}")
    smiles = smiles_column or found.smiles
    if not smiles:
        raise InputError(
            f"nothing was read: no column reads as SMILES or InChI (columns: {', '.join(table.names)[:200]})"
        )
    identifier = found.id if id_column is None else id_column
    structures = table.column(smiles)
    ids = table.column(identifier) if identifier and identifier != smiles else [""] * len(structures)
    kept = [(k, name) for k, name in enumerate(table.names) if name != identifier]
    return [
        read_record(
            row,
            ids[row - 1],
            read=lambda text=text: (parse_line_notation(text), None),  # type: ignore[misc]
            properties={name: cells[k].strip() for k, name in kept if k < len(cells)},
        )
        for row, (text, cells) in enumerate(zip(structures, table.rows, strict=True), start=1)
    ]


def _cut(text: str, delimiter: str) -> list[list[str]]:
    """Cut text into cells; where quotes do not close, line by line, so that one bad quote costs one row."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return [_cut_line(line, delimiter) for line in split_lines(text)]


def _cut_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond csv's own limit of 131,072 characters
        return line.split(delimiter)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: known words, or a column that reads as SMILES everywhere but there."""
    keys = [_key(cell) for cell in rows[0]]
    if any(key in SMILES_NAMES + ID_NAMES or key.endswith("smiles") for key in keys):
        return True
    if not any(is_readable(cell) for cell in rows[0]):
        return True
    body = Table(tuple(str(k) for k in range(len(rows[0]))), rows[1 : 1 + _N_SAMPLED])
    column = _by_parsing(body)
    return column is not None and not is_readable(rows[0][int(column)])


def _by_name(keys: dict[str, str], wanted: tuple[str, ...], within: str | None) -> str | None:
    for want in wanted:
        for name, key in keys.items():
            if key == want:
                return name
    return next((name for name, key in keys.items() if within and within in key), None)


def _by_parsing(sample: Table) -> str | None:
    """Return the column whose cells mostly parse; of several, the one with the longest cells (not element symbols)."""
    scores = {}
    for name in sample.names:
        cells = [cell for cell in sample.column(name) if cell]
        readable = sum(map(is_readable, cells))
        if cells and readable >= 0.5 * len(cells):
            scores[name] = sum(map(len, cells)) / len(cells)
    return max(scores, key=lambda name: scores[name]) if scores else None


def _by_uniqueness(sample: Table, names: list[str]) -> str | None:
    for name in names:
        cells = sample.column(name)
        decimal = any(re.fullmatch(r"[-+]?\d*[.,]\d+(e[-+]?\d+)?", cell, re.IGNORECASE) for cell in cells)
        short = all(0 < len(cell) <= _MAX_FOUND_ID for cell in cells)
        if short and len(set(cells)) == len(cells) and not decimal:
            return name
    return None


def _unique(header: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for k, cell in enumerate(header, start=1):
        base = name = cell or f"column {k}"
        n = 1
        while name in names:
            n += 1
            name = f"{base} ({n})"
        names.append(name)
    return tuple(names)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
