"""CSV, TSV and their kin: the delimiter, the SMILES column and the ID column find themselves and can be changed."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from core.errors import InputError
from core.readers import records
from core.readers.charge_spin import check_columns
from core.readers.column_names import is_header_name, rank_structure_name
from core.readers.columns_found import Columns, choose_columns, looks_like_header, structure_column
from core.readers.records import Structure, check_rows, is_readable, parse_line_notation, read_record, split_lines
from core.structure.entry import Entry

DELIMITERS = (",", "\t", ";", "|")
MAX_TABLE_COLUMNS = 1_000
N_DELIMITED_SAMPLED = 50  # lines that are looked at to find the delimiter
N_TITLES = 20  # lines above the header that may be titles
OVERLONG = "{n_cells} cells where the header has {n_names}, as a decimal comma makes them: what is behind the SMILES is not taken"
_LOST = re.compile(r"\bSgD?:|\bm:\d|[&o]\d+:")  # of CXSMILES: polymers, positions left open, enhanced stereochemistry
_SEPARATOR = re.compile(r"\s*\"?sep=(?P<delimiter>.)\"?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A delimited text file, cut into cells.

    Attributes
    ----------
    names : tuple of str
        The header, made unique; "column 1", ... where the file has none.
    rows : list of list of str
        Cells; a row may be shorter or longer than the header.
    has_header : bool
        Whether the names are the file's own.
    notes : tuple of str
        What was left out above the header.
    """

    names: tuple[str, ...]
    rows: list[list[str]]
    has_header: bool = True
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """Return a column's cells, "" where a row is too short."""
        k = self.names.index(name)
        return [row[k].strip() if k < len(row) else "" for row in self.rows]


def sniff_delimiter(text: str) -> str | None:
    """Return the delimiter that cuts the first lines into the most equal numbers of cells, or None.

    A first line `sep=;`, as spreadsheets write it, decides.
    """
    lines = [line for line in split_lines(text[:200_000]) if line.strip()]
    stated = _SEPARATOR.fullmatch(lines[0]) if lines else None
    if stated:
        return stated["delimiter"]
    lines = [line for line in lines if not line.startswith("#")][:N_DELIMITED_SAMPLED] or lines[:N_DELIMITED_SAMPLED]
    best, best_score = None, (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        score = (count / max(len(lines), 1), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def has_table_header(text: str) -> bool:
    """Whether one of the first lines is a delimited header that names a structure column."""
    lines = [line for line in split_lines(text[:10_000]) if line.strip()][:N_TITLES]
    if lines and _SEPARATOR.fullmatch(lines[0]):
        return True
    delimiter = sniff_delimiter("\n".join(lines))
    for line in lines:
        cells = line.lstrip("# ").split(delimiter or sniff_delimiter(line) or "\n")
        if len(cells) > 1 and any(rank_structure_name(cell) is not None for cell in cells):
            return sum(is_header_name(cell) for cell in cells) >= 1
    return False


def parse_table(text: str) -> Table:
    """Cut delimited text into rows; rows that are wholly empty, comments (`#`) and titles above a header are no records.

    A row becomes the header only where something says that it is one; see `core.readers.columns_found.looks_like_header`.

    Raises
    ------
    InputError
        If no row is left beneath the header, or there are too many.
    """
    delimiter = sniff_delimiter(text) or ","
    if _SEPARATOR.fullmatch(split_lines(text[:100])[0]):
        text = re.sub(r"^[^\r\n]*(\r\n|\r|\n)?", "", text, count=1)
    rows, comments = _split_comments(islice(_cut(text, delimiter), 2 * records.MAX_ROWS), delimiter)
    if not rows:
        raise InputError("nothing was read: the table has no rows")
    width = max(len(row) for row in rows)
    if width > MAX_TABLE_COLUMNS:
        raise InputError(
            f"nothing was read: a table may have at most {MAX_TABLE_COLUMNS:,} columns, this one has {width:,}"
        )
    titles = _count_titles(rows)
    notes = tuple(f"left out above the header: {' '.join(' '.join(row).split())[:80]}" for row in rows[:titles])
    rows = rows[titles:]
    if comments is not None and not titles:
        rows = [comments, *rows]
    has_header = looks_like_header(rows)
    header = [cell.strip() for cell in rows[0]] if has_header else [f"column {k}" for k in range(1, width + 1)]
    rows = rows[has_header:]
    if not rows:
        raise InputError(f"nothing was read: the table has no rows beneath its header ({', '.join(header)[:80]})")
    check_rows(len(rows))
    return Table(_unique(header), rows, has_header, notes)


def find_columns(table: Table) -> Columns:
    """Find the SMILES and the ID column: by what their cells are, and by their names."""
    return choose_columns(table.names, table.rows, has_header=table.has_header)


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
            "nothing was read: no column reads as SMILES or InChI; the column that holds them can be named, of "
            f"{', '.join(table.names)[:200]} (--smiles-column on the command line)"
        )
    identifier = found.id if id_column is None else id_column
    structures = table.column(smiles)
    ids = table.column(identifier) if identifier and identifier != smiles else [""] * len(structures)
    kept = [(k, name) for k, name in enumerate(table.names) if name != identifier]
    notes = (*table.notes, *(() if smiles_column else found.notes))
    entries, place = [], table.names.index(smiles)
    for row, (text, cells) in enumerate(zip(structures, table.rows, strict=True), start=1):
        told, name = notes, ids[row - 1]
        if table.has_header and any(cell.strip() for cell in cells[len(table.names) :]):
            told = (*notes, OVERLONG.format(n_cells=len(cells), n_names=len(table.names)))
            name = name if identifier and table.names.index(identifier) < place else ""
            cells = cells[: place + 1]
        properties = {column: cells[k].strip() for k, column in kept if k < len(cells)}
        read = partial(read_cell, text, properties, told)
        entries.append(read_record(row, name, read=read, properties=properties))
    return entries


def read_cell(text: str, properties: Mapping[str, str], notes: tuple[str, ...]) -> Structure:
    """Return the molecule of a cell; raise DomainError where a column says that it is an ion or an open shell.

    Raises
    ------
    InputError
        If it cannot be read, or is cut by a blank.
    """
    check_columns(properties)
    smiles, _, rest = text.partition(" ") if not text.startswith("InChI=") else (text, "", "")
    rest = rest.strip()
    if rest.startswith("|"):
        if lost := _LOST.search(rest):
            raise InputError(
                f"polymers, open places and mixtures of isomers cannot be read, got {lost[0]!r} in {rest[:60]!r}"
            )
    elif rest and is_readable(smiles) and is_readable(smiles + rest.replace(" ", "")):
        raise InputError(f"a SMILES must hold no blank, got {text[:80]!r}")
    elif rest:
        notes = (*notes, f"what follows the SMILES is left out: {rest[:40]!r}")
        text = smiles
    return Structure(parse_line_notation(text), None, notes)


def _split_comments(rows: Iterator[list[str]], delimiter: str) -> tuple[list[list[str]], list[str] | None]:
    """Return the rows that are neither empty nor comments, and the header that a comment holds ("#SMILES,ID"), if any."""
    kept: list[list[str]] = []
    header: list[str] | None = None
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        # what a spreadsheet could not compute, "#N/A", must not be lost
        is_row = kept and len(row) == len(kept[0]) > 1
        if row[0].lstrip().startswith("#") and not is_row:
            cells = [row[0].lstrip("# "), *row[1:]]
            if not kept and len(cells) > 1 and any(rank_structure_name(cell) is not None for cell in cells):
                header = cells
            continue
        kept.append(row)
    return kept, header


def _count_titles(rows: list[list[str]]) -> int:
    """Return how many of the first rows are titles: single cells above a header that names a structure column."""
    for k, row in enumerate(rows[:N_TITLES]):
        filled = [cell for cell in row if cell.strip()]
        if (
            any(rank_structure_name(cell) is not None for cell in filled)
            and structure_column(rows[k + 1 :]) is not None
        ):
            return k if len(filled) > 1 else 0
        if len(filled) > 1 and k == 0:
            return 0
    return 0


def _cut(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of text; where quotes do not close, line by line, so that one bad quote costs one row."""
    try:
        whole = list(
            islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 2 * records.MAX_ROWS)
        )
    except csv.Error:
        for line in split_lines(text):
            yield _cut_line(line, delimiter)
        return
    yield from whole


def _cut_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond csv's own limit of 131,072 characters
        return line.split(delimiter)


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
