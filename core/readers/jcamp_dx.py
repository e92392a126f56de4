"""JCAMP-DX text to x and y: blocks, labels as they are really spelt, and the compressed ASDF number forms.

After McDonald and Wilks, Appl. Spectrosc. 42, 151 (1988), doi 10.1366/0003702884428734 (version 4.24). Own code
because the package `jcamp` 1.3.2 misreads repeat counts of two digits ("S2") without a word, fails on repeats
after SQZ numbers, and obeys whatever NPOINTS claims; tests compare the two where both are right.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from core.errors import InputError

MAX_POINTS = 200_000

_SQZ = {c: str(k) for k, c in enumerate("@ABCDEFGHI")} | {c: f"-{k}" for k, c in enumerate("abcdefghi", start=1)}
_DIF = {c: str(k) for k, c in enumerate("%JKLMNOPQR")} | {c: f"-{k}" for k, c in enumerate("jklmnopqr", start=1)}
_DUP = {c: str(k) for k, c in enumerate("STUVWXYZs", start=1)}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
# in ASDF, "E5" is the number 55: only a signed exponent is one
_ASDF_TOKEN = re.compile(rf"({_NUMBER}(?:E[+-]\d+)?)|([@A-Ia-i%J-Rj-rS-Zs])(\d*\.?\d*)|(\?)|([\s,;]+)|(.)")
_AFFN_TOKEN = re.compile(rf"({_NUMBER}(?:[Ee][+-]?\d+)?)|(\Z)(\Z)|(\?)|([\s,;]+)|(.)")
_TABLES = ("XYDATA", "XYPOINTS", "PEAKTABLE")


@dataclass(eq=False)
class JcampBlock:
    """One TITLE ... END block.

    Attributes
    ----------
    labels : dict of str to str
        Values by label, in capitals without blanks, hyphens, slashes and underscores.
    table : str
        XYDATA, XYPOINTS or PEAKTABLE; "" where there is no data.
    lines : list of str
        The data lines, comments taken off.
    """

    labels: dict[str, str] = field(default_factory=dict)
    table: str = ""
    lines: list[str] = field(default_factory=list)


def parse_blocks(text: str) -> list[JcampBlock]:
    """Cut JCAMP-DX text into its blocks; in a compound file the outer LINK block comes first, without data."""
    blocks: list[JcampBlock] = []
    in_table, last = False, ""
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.split("$$")[0].rstrip()
        match = re.match(r"\s*##([^=]*)=(.*)", line)
        if match:
            last, value = re.sub(r"[\s\-/_]", "", match[1]).upper(), match[2].strip()
            if last == "TITLE" or not blocks:
                blocks.append(JcampBlock())
            in_table = last in _TABLES
            if in_table and blocks[-1].table:
                in_table = False  # the first table of a block is the one that counts
            elif in_table:
                blocks[-1].table = last
            blocks[-1].labels.setdefault(last, value)
        elif in_table:
            blocks[-1].lines.append(line)
        elif blocks and line.strip():
            blocks[-1].labels[last] += "\n" + line.strip()
    return blocks


def read_block(block: JcampBlock) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a block, factors applied, in its own units; missing values ("?") are NaN.

    Raises
    ------
    InputError
        If the data do not decode, are not as many as NPOINTS says, or the lines' abscissae contradict the header.
    """
    form = re.sub(r"\s", "", block.labels[block.table]).upper()
    x_factor, y_factor = _label_number(block, "XFACTOR", 1.0), _label_number(block, "YFACTOR", 1.0)
    if form.startswith("(X++(Y"):
        y, checks = decode_ordinates(block.lines)
        x = _abscissas(block, len(y), [(at, x_line * x_factor) for at, x_line in checks])
        return x, y * y_factor
    if not form.startswith("(XY"):
        raise InputError(f"{block.table} must be (X++(Y..Y)) or (XY..XY), got {form[:30]!r}")
    values = np.array([number for line in block.lines for number, _ in _tokens(line, asdf=False)])
    if len(values) % 2 or len(values) > 2 * MAX_POINTS:
        raise InputError(f"{block.table} must hold up to {MAX_POINTS:,} pairs of numbers, got {len(values)} numbers")
    return values[0::2] * x_factor, values[1::2] * y_factor


def decode_ordinates(lines: list[str]) -> tuple[np.ndarray, list[tuple[int, float]]]:
    """Decode the lines of (X++(Y..Y)): (n,) ordinates without YFACTOR, and each line's (place of its first, abscissa).

    A line that follows one ending in a difference repeats its last ordinate as a check, and is refused when
    that check fails.
    """
    asdf = any(re.search(r"[@A-DF-Ia-df-i%J-Zj-s]", line) for line in lines)
    ordinates: list[float] = []
    checks: list[tuple[int, float]] = []
    ended_in_difference = False
    for line in lines:
        numbers = _tokens(line, asdf=asdf)
        if not numbers:
            continue
        (x, _), *ys = numbers
        is_check = ended_in_difference and bool(ys)
        checks.append((len(ordinates) - is_check, x))
        if ended_in_difference and ys:
            if abs(ys[0][0] - ordinates[-1]) > 1e-6 * max(1.0, abs(ordinates[-1])):
                raise InputError(f"JCAMP-DX check failed: a line must start with {ordinates[-1]:g}, got {ys[0][0]:g}")
            ys = ys[1:]
        ordinates += [value for value, _ in ys]
        if len(ordinates) > MAX_POINTS:
            raise InputError(f"a spectrum may have at most {MAX_POINTS:,} points")
        ended_in_difference = (bool(ys) and ys[-1][1]) or (ended_in_difference and not ys)
    return np.array(ordinates), checks


def _tokens(line: str, *, asdf: bool) -> list[tuple[float, bool]]:
    """Return the numbers of a line, each with whether it was written as a difference."""
    numbers: list[tuple[float, bool]] = []
    step: float | None = None  # the last difference, which a repeat count repeats
    for plain, code, digits, missing, _, other in (_ASDF_TOKEN if asdf else _AFFN_TOKEN).findall(line):
        if plain or code in _SQZ:
            step = None
            numbers.append((float(plain or _SQZ[code] + digits), False))
        elif code in _DIF and numbers:
            step = float(_DIF[code] + digits)
            numbers.append((numbers[-1][0] + step, True))
        elif code in _DUP and numbers:
            repeats = float(_DUP[code] + digits)
            if not len(numbers) + repeats <= MAX_POINTS:
                raise InputError(f"a spectrum may have at most {MAX_POINTS:,} points")
            for _ in range(int(repeats) - 1):  # the count includes the number itself
                numbers.append((numbers[-1][0] + (step or 0.0), numbers[-1][1]))
        elif missing:
            numbers.append((float("nan"), False))
        elif code or other:
            raise InputError(f"JCAMP-DX data must be numbers, got {(code or other)!r} in {line.strip()[:40]!r}")
    return numbers


def _abscissas(block: JcampBlock, n_points: int, checks: list[tuple[int, float]]) -> np.ndarray:
    """Return (n_points,) abscissae by the header, or by the lines where it says too little; the lines must agree.

    `checks` are (place, abscissa) of the lines' first points. Lines may round their abscissa, and may count from the
    check value of a difference, so that two steps of disagreement are let pass.
    """
    claimed = _label_number(block, "NPOINTS", float(n_points))
    if claimed != n_points:
        raise InputError(f"NPOINTS must be the number of points, says {claimed:,.0f}, found {n_points:,}")
    if not n_points:
        raise InputError("nothing was read: the table holds no ordinates")
    places = np.array([place for place, _ in checks], dtype=np.float64)
    lines = np.array([x for _, x in checks])
    if not np.isfinite(lines).all():
        raise InputError("each line of (X++(Y..Y)) must begin with its abscissa")
    first = _label_number(block, "FIRSTX", float(lines[0]))
    own_step = (lines[-1] - lines[0]) / (places[-1] - places[0]) if places[-1] > places[0] else float("nan")
    step = _label_number(block, "DELTAX", own_step)
    last = _label_number(block, "LASTX", first + step * (n_points - 1))
    if n_points > 1 and not np.isfinite(last):
        raise InputError("the abscissae need LASTX, DELTAX or a second line of data, got none")
    x = np.linspace(first, last, n_points)
    found = abs((last - first) / (n_points - 1)) if n_points > 1 else 0.0
    told = _label_number(block, "DELTAX", found)
    if n_points > 1 and abs(abs(told) - found) * (n_points - 1) > 2 * found:
        raise InputError(f"FIRSTX, LASTX and NPOINTS make steps of {found:g}, but DELTAX says {told:g}")
    off = np.abs(x[places.astype(int).clip(0, n_points - 1)] - lines)
    worst = int(off.argmax())
    rounding = 0.51 * abs(_label_number(block, "XFACTOR", 1.0)) * (1 if (lines == np.round(lines)).all() else 0.01)
    if off[worst] > 2 * found + rounding:
        raise InputError(
            f"the lines' abscissae must agree with FIRSTX, LASTX and NPOINTS: line {worst + 1} begins at {lines[worst]:g}, "
            f"by the header at {x[int(places[worst])]:g}"
        )
    return x


def _label_number(block: JcampBlock, label: str, default: float) -> float:
    text = block.labels.get(label, "").split("\n")[0].strip()
    if not text:
        return default
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{label} must be a number, got {text[:40]!r}")
    return value
