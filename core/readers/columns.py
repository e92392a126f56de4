"""Columns of numbers out of text: regions, delimiters, decimal commas, headers, comments."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from core.errors import InputError
from core.readers.decimal_marks import Mark, find_decimal_mark, is_number, plain_cell, to_number
from core.readers.number_lists import split_typed
from core.readers.records import split_lines
from core.readers.spectrum_options import AmbiguousError
from core.readers.text_regions import COMMENT, FRONTIER, RULE, occupations_first, shared_heading, split_regions

LONGEST_DECIMALS = 3  # digits that may stand behind a decimal comma: more are counts
MAX_LINES = 250_000
MAX_LINE = 100_000
MAX_CHARACTERS = 10_000_000
MAX_COLUMNS = 500
MAX_CELLS = 1_000_000
MAX_HEADER = 20_000

_LIST = re.compile(r"\s*(?:np\.)?(?:array\s*\(\s*)?[\[(]\s*[-+−.\d]")
_NESTED = re.compile(r"\s*(?:np\.)?(?:array\s*\(\s*)?[\[(]\s*[\[(]\s*[-+−.\d]")
_UNCERTAINTY = re.compile(
    r"(?<=\d)[ \t]*(?:±|\+/[-−]|\+-)[ \t]*\d[\d.,]*|(?<=\d)\(\d{1,3}\)(?=[ \t,;]|$)", re.MULTILINE
)
# Footnotes and doubts at a number; a bare letter behind decimals alone, for 3a is an orbital
_MARK = re.compile(
    r"(?<=[\d.])[ \t]*(?:[*?†‡§~]+|[\[(](?:sh|br|[a-h]|[*?])[\])])(?=[ \t,;)\]]|$)"
    r"|(?:(?<=[.,]\d)|(?<=[.,]\d\d)|(?<=[.,]\d\d\d))\^?[a-h](?![\w.])"
    r"|(?<![^\s,;])(?:~|≈|ca\.)[ \t]*(?=[-+−.\d])",
    re.MULTILINE,
)
_SIGNS = "±+*?†‡§~≈([abcdefgh"  # of which every uncertainty and mark has one
_WHOLE = re.compile(r"[-+−]?\d+")
_REPEATED = re.compile(r"^[ \t]*[-+−]?\d[\d.,]*[ \t]*\(?[x×][ \t]*\d{1,2}\)?[ \t]*$", re.MULTILINE)
_SETTING = re.compile(r"^\s*\[.*\]\s*$|=|:\s*\S|:\s*$")


@dataclass(frozen=True, eq=False)
class NumberTable:
    """The numbers of a text file, or of one region of it.

    Attributes
    ----------
    values : (n_rows, n_columns) float64
        NaN where a cell is missing or no number.
    header : list of str
        Column names, empty where there are none.
    header_text : str
        Header and comment lines, where units may be named, one a line.
    notes : tuple of str
    is_list : bool
        Whether all numbers are one list, however they were laid out.
    name : str
        Of the region, "" where the file has one.
    """

    values: np.ndarray
    header: list[str]
    header_text: str
    notes: tuple[str, ...]
    is_list: bool = False
    name: str = ""

    @property
    def names(self) -> list[str]:
        """The columns' names, "" where they have none."""
        return self.header or [""] * self.values.shape[1]


def parse_tables(text: str, *, decimal: Mark | None = None) -> list[NumberTable]:
    """Return the number tables of a text, one for each region; what comes before the numbers of each is its header.

    Raises
    ------
    InputError
        If there are no numbers, or lines too many or too long.
    AmbiguousError
        If commas and points can be read in two ways.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"nothing was read: a table of numbers may have at most {MAX_CHARACTERS / 1e6:g} million characters"
        )
    n_uncertain, marks = 0, list[str]()
    if any(sign in text for sign in _SIGNS):  # bare numbers have none, and each search costs as much as splitting them
        text, n_uncertain = _UNCERTAINTY.subn("", text)
        marks = [mark.strip(" \t") for mark in _MARK.findall(text)]
        text = _MARK.sub("", text) if marks else text
    words, text = split_typed(text)
    if repeated := _REPEATED.search(text):
        got = repeated[0].strip()[:20]
        raise InputError(f"how often a level is there cannot be read, got {got!r}: write it as often as it is there")
    notes = []
    if n_uncertain:
        notes.append(f"uncertainties behind {n_uncertain} numbers are left out")
    if marks:
        shown = ", ".join(map(repr, sorted(set(marks))[:4]))
        notes.append(
            f"{len(marks)} numbers are marked ({shown}): the marks are left out, the numbers count as any other"
        )
    return [replace(table, notes=(*table.notes, *notes)) for table in _tables_of(text, words, decimal=decimal)]


def _tables_of(text: str, words: str, *, decimal: Mark | None) -> list[NumberTable]:
    """Return `parse_tables` of plain numbers, and the words ahead of a typed list."""
    lines = [line.strip(" ") for line in split_lines(text) if line.strip()]
    if len(lines) > MAX_LINES or max(map(len, lines), default=0) > MAX_LINE:
        raise InputError(f"nothing was read: a table may have {MAX_LINES:,} lines of {MAX_LINE:,} characters each")
    if lines and all(line.endswith(";") and ";" not in line[:-1] for line in lines):
        lines = [line[:-1] for line in lines]
    if lines and _NESTED.match(lines[0]):
        inner = re.sub(r"[\])]\s*,?\s*[\[(]", "\n", " ".join(lines))
        lines = [re.sub(r"^[^-+−.\d]*|[\])][^\n]*$", "", line) for line in inner.split("\n")]
    elif lines and sum(bool(FRONTIER.match(line)) for line in lines) > 1:
        lines = occupations_first(lines)
    elif lines and _LIST.match(lines[0]):
        return [_parse_list(" ".join(lines), decimal)]
    regions = split_regions([f"# list: {words}", *lines] if words else lines)  # a setting, no titles of columns
    if not regions:
        got = lines[0][:40] if lines else ""
        raise InputError(f"nothing was read: no line starts with a number, the first is {got!r}")
    tables = []
    for heading, body in regions:
        tables.append(_parse_region(heading, body, decimal=decimal))
    if len(tables) > 1:
        light = shared_heading(tables[0].header_text)
        for k, table in enumerate(tables):
            text = table.header_text if k == 0 else f"{table.header_text}\n{light}"
            tables[k] = replace(table, header_text=text, name=_region_name(table, k))
    return tables


def _region_name(table: NumberTable, k: int) -> str:
    for pattern in (
        r"region[ \t]*(?:name)?[ \t]*[:=][ \t]*(\S.*)",
        r"(?:spectrum|scan|curve|title|name)[ \t]*[:=][ \t]*(\S.*)",
    ):
        match = re.search(pattern, table.header_text, re.IGNORECASE)
        if match:
            return match[1].strip()[:60]
    low, high = np.nanmin(table.values[:, 0]), np.nanmax(table.values[:, 0])
    return f"region {k + 1} ({low:g} to {high:g})"


def _parse_list(text: str, decimal: Mark | None) -> NumberTable:
    """Return the numbers of a printed list or array, in order."""
    cells = [cell for cell in re.split(r"[\s\[\](),;]+" if decimal != "," else r"[\s\[\]();]+", text) if cell]
    numbers = np.array([to_number(cell, decimal or ".") for cell in cells])
    good = np.isfinite(numbers)
    if not good.any():
        raise InputError("nothing was read: no line holds a finite number")
    words = [cell for cell, is_good in zip(cells, good, strict=True) if not is_good]
    lost = [w for w in words if not re.fullmatch(r"(?:np\.)?array|dtype=\S*|float\d*|list|tuple|\.\.\.", w)]
    notes = (f"{len(lost)} entries are no numbers and were left out: {lost[0][:20]!r}",) if lost else ()
    return NumberTable(numbers[good][:, None], [], "", notes, is_list=True)


def _parse_region(heading: list[str], body: list[str], *, decimal: Mark | None) -> NumberTable:
    comments = [line for line in heading if COMMENT.match(line)]
    above = [line for line in heading if not COMMENT.match(line) and not RULE.fullmatch(line)]
    header_text = "\n".join([*comments, *above])[:MAX_HEADER]
    notes: list[str] = []
    delimiter = _find_delimiter(body)
    if sum(line.count(delimiter or " ") for line in body) > MAX_CELLS:
        raise InputError(f"nothing was read: a table may have at most {MAX_CELLS:,} cells")
    rows = [_cells(line, delimiter) for line in body]
    titles = _titles(comments, above, delimiter, width=len(rows[0]))
    rows, titles = _join_decimal_commas(rows, titles, delimiter=delimiter, decimal=decimal, notes=notes)
    if max(map(len, rows)) > MAX_COLUMNS:
        raise InputError(
            f"nothing was read: a table may have {MAX_COLUMNS} columns, this one has {max(map(len, rows)):,}"
        )
    width = Counter(len(row) for row in rows).most_common(1)[0][0] if len(rows) > 1 else len(rows[0])
    mark = decimal or find_decimal_mark([[r[k] for r in rows if len(r) > k] for k in range(width)], notes)
    numbers = [[to_number(cell, mark) for cell in row] for row in rows]
    kept = [k for k, row in enumerate(numbers) if not all(value != value for value in row)]
    if not kept:
        raise InputError("nothing was read: no line holds a finite number")
    if len(kept) < len(numbers):
        first = next(k for k in range(len(numbers)) if k not in set(kept))
        notes.append(f"{len(numbers) - len(kept)} lines hold no number and were left out: {body[first][:30]!r}")
    if len(kept) == 1 and len(numbers[kept[0]]) > 1 and not (len(numbers[kept[0]]) == 2 and len(titles) == 2):
        return NumberTable(np.array(numbers[kept[0]])[:, None], [], header_text, tuple(notes), is_list=True)
    values = np.full((len(kept), width), np.nan)
    for at, k in enumerate(kept):
        values[at, : len(numbers[k])] = numbers[k][:width]
    header = titles if len(titles) == width else []
    if above and not header[1:] and _looks_like_numbers(above[-1]):
        notes.append(f"the line above the numbers, {above[-1][:30]!r}, was taken for a heading")
    used = ~np.isnan(values).all(axis=0) if not header else np.ones(width, dtype=bool)
    return NumberTable(values[:, used], header, header_text, tuple(notes))


def _looks_like_numbers(line: str) -> bool:
    """Whether a heading may be a row of numbers gone wrong."""
    return bool(re.search(r"\d[.,]\d|\d\d", line) or (re.search(r"\d", line) and not re.search(r"[^\W\d]{2}", line)))


def _titles(comments: list[str], above: list[str], delimiter: str | None, *, width: int) -> list[str]:
    """Return the cells of the line that names the columns: the last above the numbers, else the last comment."""
    line = above[-1] if above else next((text for text in reversed(comments) if not RULE.fullmatch(text)), "")
    bare = line.strip() if above else line.lstrip("#%!/* \t")
    bare = re.sub(r"^\s*column\s?(?:labels|names)?\s*[:=]\s*", "", bare, flags=re.IGNORECASE)
    if not bare or _SETTING.search(bare):
        return []
    splits = [_cells(bare, delimiter)]
    if delimiter is None:  # names may hold single blanks
        splits += [re.split(r"\s{2,}|\t", bare), re.split(r"[ \t]*[,;|][ \t]*", bare)]
    if not above and line.lstrip().startswith("# "):
        splits.append(["#", *splits[0]])  # xtb heads its numbers of levels so
    elif not above:
        splits += [_cells(bare, other) for other in ("\t", ",", None)]
    return next((names for names in splits if len(names) == width), splits[0])


def _join_decimal_commas(
    rows: list[list[str]], titles: list[str], *, delimiter: str | None, decimal: Mark | None, notes: list[str]
) -> tuple[list[list[str]], list[str]]:
    """Join 10,5,1027 to 10.5 and 1027 where the header, or the user, says so; refuse it where it stays open.

    Raises
    ------
    AmbiguousError
        If commas may be decimals as well as delimiters.
    """
    widths = {len(row) for row in rows}
    if delimiter == "," and widths in ({2}, {1, 2}) and all(_WHOLE.fullmatch(cell) for row in rows for cell in row):
        if any(len(cell) > LONGEST_DECIMALS for row in rows for cell in row[1:]):
            return rows, titles
        return _join_levels(rows, titles, decimal=decimal, notes=notes)
    if (
        delimiter != ","
        or max(widths) < 3
        or max(widths) > 4
        or (len(titles) in widths and len(widths) == 1 and decimal != ",")
    ):
        return rows, titles
    if not all(re.fullmatch(r"[-+]?\d+", cell.strip()) for row in rows for cell in row[:-1]):
        return rows, titles
    is_told = decimal == "," or len(titles) == 2
    if not all(re.fullmatch(r"[-+]?\d+", cell.strip()) for row in rows for cell in row) and not is_told:
        return rows, titles
    if is_told and widths in ({3}, {4}):
        joined = [[f"{r[0]},{r[1]}", f"{r[2]},{r[3]}" if len(r) == 4 else r[2]] for r in rows]
        x = np.array([to_number(row[0], ",") for row in joined])
        steps = np.diff(x)
        if len(steps) and (np.abs(steps - np.median(steps)) < 0.51 * abs(np.median(steps))).all() and np.median(steps):
            notes.append(
                f"commas are read as decimals and as delimiters: {','.join(rows[0])} is {' and '.join(joined[0])}"
            )
            return joined, titles
    row = max(rows, key=len)
    joined_row = f"{row[0]}.{row[1]} and {'.'.join(row[2:])}"
    raise open_commas(row, joined_row, remedy="use points or semicolons", choices=(",",))


def _join_levels(
    rows: list[list[str]], titles: list[str], *, decimal: Mark | None, notes: list[str]
) -> tuple[list[list[str]], list[str]]:
    """Join 8,88 to 8.88 where one column is named, or the user says so; leave whole energies with counts; refuse the rest.

    Raises
    ------
    AmbiguousError
        If commas may be decimals or delimiters.
    """
    if decimal == "," or len(titles) == 1:
        notes.append(f"commas are read as decimals: {','.join(rows[0])} is {'.'.join(rows[0])}")
        return [[",".join(row)] for row in rows], titles[:1]
    steps = np.diff([int(row[0]) for row in rows])
    if decimal == "." or len(titles) == 2 or (len(steps) > 1 and steps[0] and (steps == steps[0]).all()):
        return rows, titles
    row = max(rows, key=len)
    raise open_commas(row, ".".join(row), remedy="use points, or name the columns", choices=(",", "."))


def open_commas(row: list[str], joined: str, *, remedy: str, choices: tuple[str, ...]) -> AmbiguousError:
    """Return the error to raise where a row's commas may be decimals or delimiters."""
    return AmbiguousError(
        f"commas must be decimals or delimiters, not both: {','.join(row)!r} can be {joined}, or {' and '.join(row)}; {remedy}",
        option="decimal",
        choices=choices,
    )


def _find_delimiter(lines: list[str]) -> str | None:
    """Return the delimiter, None for blanks."""
    sample = lines[:200]
    for delimiter in ("\t", ";"):
        if sum(delimiter in line.strip("\t;") for line in sample) > 0.5 * len(sample):
            return delimiter
    words = [word for line in sample for word in re.split(r"[ \t]+", line.strip())]
    if len(words) >= 2 * len(sample) and all(word[-1:] != "," and is_number(word) for word in words):
        return None
    return "," if sum("," in line for line in sample) > 0.5 * len(sample) else None


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        cells = [
            cell.strip("\"'[],()") if is_number(cell) else cell.strip("\"',")
            for cell in re.split(r"[ \t]+", line.strip(" \t"))
        ]
    elif '"' in line:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    else:
        cells = line.split(delimiter)
    cells = [cell.strip(" \t\"'") for cell in cells]
    if delimiter is not None:
        cells = [plain_cell(cell) if is_number(cell) else cell for cell in cells]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells
