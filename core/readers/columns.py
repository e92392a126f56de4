"""Columns of numbers out of text: delimiters, decimal commas, headers, comments."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.readers.records import split_lines

_COMMENT = re.compile(r"^\s*(?:#|%|!|//|\*)")
_INDEX_NAMES = r"^\W*(level|index|no|number|n|i|nr|orbital|mo|state)\W*$"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, eq=False)
class NumberTable:
    """The numbers of a text file.

    Attributes
    ----------
    values : (n_rows, n_columns) float64
        NaN where a cell is missing or no number.
    header : list of str
        Column names, empty where there are none.
    header_text : str
        Header and comment lines, where units may be named.
    notes : tuple of str
    """

    values: np.ndarray
    header: list[str]
    header_text: str
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PickedColumns:
    """Which columns are the energies and the intensities; `y` is None for a list of levels."""

    x: np.ndarray
    y: np.ndarray | None
    axis_text: str
    notes: tuple[str, ...]


def parse_numbers(text: str) -> NumberTable:
    """Return the rows of numbers of a text; what comes before the first is header.

    Raises
    ------
    InputError
        If there are no numbers, or commas could be both decimals and delimiters.
    """
    lines = [line.strip(" ") for line in split_lines(text) if line.strip()]
    body = [line for line in lines if not _COMMENT.match(line)]
    comments = [line for line in lines if _COMMENT.match(line)]
    start = next(
        (i for i, line in enumerate(body) if _is_number(re.split(r"[\s;,]", line.lstrip("[( \t"))[0])), len(body)
    )
    if start == len(body):
        got = lines[0][:40] if lines else ""
        raise InputError(f"nothing was read: no line starts with a number, the first is {got!r}")
    delimiter, decimal_comma = _find_delimiter(body[start:])
    rows = [_cells(line, delimiter) for line in body[start:]]
    numbers = [[_to_number(cell, decimal_comma) for cell in row] for row in rows]
    kept = [row for row in numbers if not all(np.isnan(value) for value in row)]
    notes = (f"{len(numbers) - len(kept)} lines hold no number and were left out",) if len(kept) < len(numbers) else ()
    if not kept:
        raise InputError("nothing was read: no line holds a finite number")
    if len(kept) == 1 and len(kept[0]) > 2:  # all levels on one line
        return NumberTable(np.array(kept[0])[:, None], [], " ".join(comments), notes)
    width = Counter(len(row) for row in kept).most_common(1)[0][0]
    if delimiter == "," and width == 4 and all(re.fullmatch(r"[-+]?\d+", c.strip()) for row in rows for c in row):
        raise InputError("commas must be decimals or delimiters, not both: use points or semicolons")
    values = np.full((len(kept), width), np.nan)
    for k, row in enumerate(kept):
        values[k, : len(row)] = row[:width]
    header = _cells(body[start - 1], delimiter) if start else []
    if not header and comments:
        header = _cells(comments[-1].lstrip("#%!/* \t"), delimiter)
    text_above = " ".join([*comments, *body[:start]])[:2_000]
    return NumberTable(values, header if len(header) == width else [], text_above, notes)


def pick_columns(table: NumberTable) -> PickedColumns:
    """Return the energies and the intensities: by the header, else the first two columns.

    One column is a list of levels; so is a column of energies behind one that merely counts.
    """
    width = table.values.shape[1]
    names = [name.lower() for name in table.header] or [""] * width
    if width == 1:
        return PickedColumns(table.values[:, 0], None, table.header_text, ())
    first, second = table.values[:, 0], table.values[:, 1]
    counts_up = len(first) > 1 and first[0] in (0, 1) and bool((np.diff(first) == 1).all())
    if counts_up and (re.search(_INDEX_NAMES, names[0]) or (second < 0).all()):
        note = "the first column counts the levels, the second is read as their energies"
        return PickedColumns(second, None, _name(table, 1), (note,))
    energy = r"energy|binding|orbital|\bev\b|_ev\b|hartree|ioni[sz]ation"
    density = r"density|intensity|states|counts|dos"
    x = next((k for k, name in enumerate(names) if re.search(energy, name) and not re.search(density, name)), 0)
    y = next(k for k in (*range(x + 1, width), *range(x)) if k != x)
    used = {x, y}
    ignored = width - len(used)
    notes = (f"columns {x + 1} and {y + 1} are read, {ignored} more left out",) if ignored else ()
    return PickedColumns(table.values[:, x], table.values[:, y], _name(table, x), notes)


def _name(table: NumberTable, k: int) -> str:
    return table.header[k] if table.header else ""


def _find_delimiter(lines: list[str]) -> tuple[str | None, bool]:
    """Return the delimiter (None = blanks) and whether commas are decimals."""
    sample = lines[:200]
    for delimiter in ("\t", ";"):
        if sum(delimiter in line for line in sample) > 0.5 * len(sample):
            return delimiter, _has_decimal_commas([cell for line in sample for cell in line.split(delimiter)])
    words = [word for line in sample for word in line.split()]
    if len(words) >= 2 * len(sample) and _has_decimal_commas(words) and all(map(_DECIMAL_COMMA.fullmatch, words)):
        return None, True
    return ("," if sum("," in line for line in sample) > 0.5 * len(sample) else None), False


def _has_decimal_commas(cells: list[str]) -> bool:
    return any(_DECIMAL_COMMA.fullmatch(cell.strip()) for cell in cells) and not any("." in cell for cell in cells)


def _cells(line: str, delimiter: str | None) -> list[str]:
    cells = [cell.strip(" \t\"'[]()") if delimiter else cell.strip("\"'[],") for cell in line.split(delimiter)]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def _to_number(cell: str, decimal_comma: bool) -> float:
    text = (cell.replace(",", ".") if decimal_comma else cell).replace("D", "e").replace("−", "-")
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


def _is_number(text: str) -> bool:
    text = text.strip("\"'[](),").replace(",", ".").replace("−", "-")
    return bool(_NUMBER.fullmatch(text.replace("D", "e")))
