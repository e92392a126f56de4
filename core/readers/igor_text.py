"""Igor Pro text files: waves, scaled by SetScale or given as columns of x and y."""

import re

import numpy as np

from core.errors import InputError
from core.readers.columns import MAX_LINES, NumberTable
from core.readers.decimal_marks import to_number
from core.readers.records import split_lines

_FLAGS = re.compile(r"^\s*WAVES(?P<flags>(?:/\w+(?:=\([^)]*\)|=\w+)?)*)\s+(?P<names>.+)$", re.IGNORECASE)
_SCALE = re.compile(
    r"SetScale\s*/(?P<how>[PI])\s+x\s*,?\s*(?P<a>[-+.\deE]+)\s*,\s*(?P<b>[-+.\deE]+)\s*,\s*(?:\"(?P<unit>[^\"]*)\"\s*,\s*)?(?P<names>[^;]+)",
    re.IGNORECASE,
)
_Y_UNIT = re.compile(r"SetScale\s+(?:d|y)\s+[^,]+,[^,]+,\s*\"(?P<unit>[^\"]*)\"\s*,\s*(?P<names>[^;]+)", re.IGNORECASE)


def is_igor_text(text: str) -> bool:
    """Whether a text begins as Igor's do."""
    return bool(re.match(r"\s*IGOR\s*[\r\n]", text))


def parse_igor(text: str) -> list[NumberTable]:  # noqa: C901 - one branch a kind of line
    """Return the waves of an Igor text file, each as a table of x and y; columns of one block stay together.

    Raises
    ------
    InputError
        If there are no waves, or a wave has neither a scale nor a partner.
    """
    lines = split_lines(text)
    if len(lines) > MAX_LINES:
        raise InputError(f"nothing was read: an Igor text file may have {MAX_LINES:,} lines")
    notes_of = "\n".join(line for line in lines if re.match(r"\s*X\b", line) and "SetScale" not in line)
    scales = {name: match for match in _SCALE.finditer(text) for name in _names(match["names"])}
    units = {name: match["unit"] for match in _Y_UNIT.finditer(text) for name in _names(match["names"])}
    tables: list[NumberTable] = []
    single: dict[str, np.ndarray] = {}
    names: list[str] = []
    rows: list[list[float]] | None = None
    for line in lines:
        match = _FLAGS.match(line)
        if match:
            names, rows = _names(match["names"]), None
        elif re.fullmatch(r"\s*BEGIN\s*", line, re.IGNORECASE):
            rows = []
        elif re.fullmatch(r"\s*END\s*", line, re.IGNORECASE) and rows is not None:
            values = _stack(rows, names)
            if values.shape[1] > 1:
                header = names if len(names) == values.shape[1] else []
                tables.append(NumberTable(values, header, notes_of, (), name=names[0]))
            else:
                single[names[0]] = values[:, 0]
            rows = None
        elif rows is not None and line.strip():
            rows.append([to_number(cell, ".") for cell in line.split()])
    for name, y in single.items():
        if name in scales:
            tables.append(_scaled(name, y, scales[name], header_text=notes_of, y_unit=units.get(name, "")))
    left = {name: y for name, y in single.items() if name not in scales}
    if len(left) >= 2 and len({len(y) for y in left.values()}) == 1:
        tables.append(
            NumberTable(np.stack(list(left.values()), axis=1), list(left), notes_of, (), name=next(iter(left)))
        )
    elif left and not tables:
        raise InputError(f"an Igor wave needs SetScale or a second wave of energies, {next(iter(left))!r} has neither")
    if not tables:
        raise InputError("nothing was read: the Igor text file holds no waves")
    return tables


def _names(text: str) -> list[str]:
    return [
        name.strip(" '\"\t")
        for name in re.split(r"[,\s]+(?=(?:[^']*'[^']*')*[^']*$)", text.strip())
        if name.strip(" '\"\t")
    ]


def _stack(rows: list[list[float]], names: list[str]) -> np.ndarray:
    widths = {len(row) for row in rows}
    if not rows or len(widths) != 1:
        raise InputError(f"an Igor wave must have numbers, as many in each line: {names[0] if names else ''!r} has not")
    return np.array(rows, dtype=np.float64)


def _scaled(name: str, y: np.ndarray, scale: re.Match[str], *, header_text: str, y_unit: str) -> NumberTable:
    start, other = to_number(scale["a"], "."), to_number(scale["b"], ".")
    points = np.arange(len(y))
    x = start + other * points if scale["how"].upper() == "P" else np.linspace(start, other, len(y))
    title = f"energy ({scale['unit']})" if scale["unit"] else ""
    header = [title, f"intensity ({y_unit})"] if title else []
    notes = () if title else ("the wave's x scale has no unit",)
    return NumberTable(np.stack([x, y], axis=1), header, f"{header_text}\n{name}", notes, name=name)
