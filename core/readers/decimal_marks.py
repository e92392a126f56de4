"""Cells to numbers: decimal points and commas, thousands separators, exponents; what can be read in two ways is asked."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from core.readers.spectrum_options import AmbiguousError

Mark = Literal[".", ","]

_EXPONENT = r"(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(rf"[-+]?(?:\d+\.?\d*|\.\d+){_EXPONENT}", re.ASCII)
_INTEGER = re.compile(r"[-+]?\d+", re.ASCII)
_FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[-+]?\d)")
_GROUP = "\u00a0\u2009\u202f' ’"
_GROUPED = re.compile(rf"([-+]?\d{{1,3}})((?:[{_GROUP}]\d{{3}})+)(?=$|[.,])")
# one mark, three digits behind it, one to three before it: 1,026 can be 1026 or 1.026
_OPEN = {mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", re.ASCII) for mark in ".,"}
_ONCE = {mark: re.compile(rf"[-+]?\d*{re.escape(mark)}\d*{_EXPONENT}", re.ASCII) for mark in ".,"}
_THOUSANDS = {
    mark: re.compile(rf"[-+]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", re.ASCII) for mark in ".,"
}  # without decimals
_BOTH = {
    ".": re.compile(rf"[-+]?\d{{1,3}}(?:,\d{{3}})+\.\d*{_EXPONENT}", re.ASCII),
    ",": re.compile(rf"[-+]?\d{{1,3}}(?:\.\d{{3}})+,\d*{_EXPONENT}", re.ASCII),
}


def plain_cell(cell: str) -> str:
    """Return a cell without quotes, typographic minus signs, Fortran exponents and blanks between thousands."""
    text = cell.strip(" \t\"'[](),").replace("−", "-").replace("–", "-")
    text = _FORTRAN.sub("e", text)
    match = _GROUPED.match(text)
    return match[1] + re.sub(f"[{_GROUP}]", "", match[2]) + text[match.end() :] if match else text


def to_number(cell: str, mark: Mark) -> float:
    """Return a cell as a number, NaN where it is none under this decimal mark."""
    text = plain_cell(cell)
    if mark == ",":
        text = text.translate(str.maketrans(".,", ",."))
    if "," in text:
        if not (_THOUSANDS[","].fullmatch(text) or _BOTH["."].fullmatch(text)):
            return float("nan")
        text = text.replace(",", "")
    return float(text) if _PLAIN.fullmatch(text) else float("nan")


def is_number(cell: str) -> bool:
    """Whether a cell is a number under either mark."""
    return any(value == value for value in (to_number(cell, "."), to_number(cell, ",")))


def proves(cell: str, mark: Mark) -> bool:
    """Whether a plain cell can only be read with this decimal mark."""
    other = "," if mark == "." else "."
    if _BOTH[mark].fullmatch(cell):
        return True
    if mark in cell:
        return other not in cell and bool(_ONCE[mark].fullmatch(cell)) and not _OPEN[mark].fullmatch(cell)
    return cell.count(other) > 1 and bool(_THOUSANDS[other].fullmatch(cell))


def find_decimal_mark(columns: Sequence[Iterable[str]], notes: list[str]) -> Mark:
    """Return the decimal mark that a table's cells prove; what was taken for thousands is noted.

    Raises
    ------
    AmbiguousError
        If cells prove both marks, or neither and some can be read in two ways.
    """
    plain = [[plain_cell(cell) for cell in column] for column in columns]
    plain = [[cell for cell in column if cell and cell[0] in "+-.,0123456789"] for column in plain]
    proof = {mark: next((c for column in plain for c in column if proves(c, mark)), "") for mark in (".", ",")}
    if proof["."] and proof[","]:
        raise AmbiguousError(
            f"decimals must be written in one way, got {proof['.']!r} and {proof[',']!r}: say which mark it is",
            option="decimal",
            choices=(".", ","),
        )
    if not (proof["."] or proof[","]):
        _check_open(plain)
    mark: Mark = "," if proof[","] or (not proof["."] and _are_open(plain, ",")) else "."
    for column in plain:
        _check_suspicious(column, mark)
    other = "," if mark == "." else "."
    grouped = next(
        (c for column in plain for c in column if other in c and to_number(c, mark) == to_number(c, mark)), ""
    )
    if grouped:
        name = "commas" if other == "," else "points"
        notes.append(f"{name} are read as thousands separators: {grouped!r} is {to_number(grouped, mark):g}")
    return mark


def _are_open(columns: list[list[str]], mark: str) -> bool:
    return any(_OPEN[mark].fullmatch(cell) for column in columns for cell in column)


def _check_suspicious(column: list[str], mark: Mark) -> None:
    """Refuse a column of whole hundreds in which every cell with a mark may be thousands: 963, 1.026, 955."""
    marked = [cell for cell in column if mark in cell]
    whole = [abs(float(cell)) for cell in column if _INTEGER.fullmatch(cell)]
    if marked and whole and 100 <= max(whole) < 1000 and all(_OPEN[mark].fullmatch(cell) for cell in marked):
        raise AmbiguousError(
            f"{marked[0]!r} among whole numbers up to {max(whole):g} can be thousands or decimals: write all numbers in one "
            "way, or say which mark the decimals have",
            option="decimal",
            choices=(".", ","),
        )


def _check_open(columns: list[list[str]]) -> None:
    """Refuse 1,026 where nothing tells thousands from decimals, and 1.026 among whole hundreds."""
    for column in columns:
        for mark in (",", "."):
            cells = [cell for cell in column if _OPEN[mark].fullmatch(cell)]
            whole = [abs(float(cell)) for cell in column if _INTEGER.fullmatch(cell)]
            if not cells or (mark == "." and not (whole and 100 <= max(whole) < 1000)):
                continue
            digits = re.sub(r"[.,]", "", cells[0])
            raise AmbiguousError(
                f"{cells[0]!r} can be {digits} (thousands) or {cells[0].replace(',', '.')} (decimals): "
                "say which mark the decimals have",
                option="decimal",
                choices=(".", ","),
            )
