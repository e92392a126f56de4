"""Orbital energies out of what quantum chemistry programs print: whole outputs by cclib, pasted blocks and others here.

Only occupied levels of closed shells are of use as a target; the last block of an output, that of its last step, counts.
"""

import io
import logging
import re

import numpy as np

from core.errors import InputError
from core.readers.column_roles import find_pair
from core.readers.columns import NumberTable
from core.readers.records import split_lines
from core.units import HARTREE_EV

_NUMBER = r"[-+]?\d*\.\d+(?:[eEdD][-+]?\d+)?"
# what a program prints of itself: (name, words, whether cclib reads it)
_PROGRAMS = (
    ("Gaussian", r"Gaussian, Inc\.|Entering Gaussian System", True),
    ("ORCA", r"\* *O +R +C +A *\*|O   R   C   A", True),
    ("Psi4", r"Psi4: An Open-Source", True),
    ("Q-Chem", r"A Quantum Leap Into The Future Of Chemistry", True),
    ("NWChem", r"Northwest Computational Chemistry Package", True),
    ("GAMESS", r"GAMESS VERSION", True),
    ("Turbomole", r"TURBOMOLE", True),
    ("Molpro", r"PROGRAM SYSTEM MOLPRO", True),
    ("ADF", r"Amsterdam Density Functional", True),
    ("xtb", r"x T B", False),  # cclib 1.8.1 leaves holes where xtb prints dots
    ("FHI-aims", r"Invoking FHI-aims|Writing Kohn-Sham eigenvalues", False),
    ("CP2K", r"CP2K\| version|DBCSR\|", False),
)
_BLOCKS = (
    r"Alpha\s+occ\. eigenvalues --|Doubly Occupied:|Eigenvalues of the occupied subspace|MO\|\s+EIGENVALUES|MO EIGENVALUES AND"
    r"|^\s*MO #\d+|energy= *-?\d+\.\d+ +occ="
)
_OPEN_SHELL = r"^\s*(?:Beta\s+occ\. eigenvalues|Spin-down eigenvalues|Beta Occupied|SPIN DOWN ORBITALS)"


def is_program_output(text: str) -> bool:
    """Whether a text is the output of a program named here, or a block of eigenvalues pasted from one."""
    if not (find_program(text) or re.search(_BLOCKS, text, re.MULTILINE)):
        return False
    lines = [line for line in split_lines(text) if line.strip()]
    return sum(bool(re.match(r"\s*[-+]?[\d.]+[\s,;]+[-+]?[\d.]+\s*$", line)) for line in lines) < 0.5 * len(lines)


def find_program(text: str) -> str:
    """Return the name of the program that wrote a text, "" where none is known."""
    return next((name for name, words, _ in _PROGRAMS if re.search(words, text)), "")


def parse_output(text: str) -> NumberTable:
    """Return the levels of an output: columns of occupation and energy [eV].

    Raises
    ------
    InputError
        If it prints no orbital energies, or those of an open shell.
    """
    program = find_program(text)
    where = program or "the eigenvalue block"
    if re.search(_OPEN_SHELL, text, re.MULTILINE):
        raise InputError(f"levels must be of a closed shell, {where} prints alpha and beta orbitals")
    if re.search(r"Singly Occupied:[^V]*?" + _NUMBER, text) or re.search(r"subspace spin\s+2", text):
        raise InputError(f"levels must be of a closed shell, {where} has singly occupied orbitals")
    found = None
    if any(name == program and by_cclib for name, _, by_cclib in _PROGRAMS):
        found = _by_cclib(text)
    how = f"read by cclib as {program} output" if found else f"read as {program or 'printed'} eigenvalues, the last block"
    found = found or _gaussian(text) or _psi4(text) or _pyscf(text) or _cp2k_lists(text) or _table(text)
    if not found:
        raise InputError(f"nothing was read: the file is a {program} output without orbital energies" if program else "no orbital energies")
    occupations, energies_ev = (np.array(part, dtype=np.float64) for part in found)
    notes = (f"{how}: {int((occupations > 0).sum())} occupied levels",)
    columns = np.stack([occupations, energies_ev], axis=1)
    return NumberTable(columns, ["occupation", "orbital energy (eV)"], "", notes)


Found = tuple[list[float], list[float]] | None


def _by_cclib(text: str) -> Found:
    """Return occupations and energies [eV] as cclib reads them, None where it cannot.

    Raises
    ------
    InputError
        If the shells are open.
    """
    from cclib.io import ccopen  # takes a second to import

    try:
        parser = ccopen(io.StringIO(text), loglevel=logging.CRITICAL)
        data = parser.parse() if parser is not None else None
    except Exception:  # noqa: BLE001 - a cut output makes cclib raise anything
        return None
    if data is None or not hasattr(data, "moenergies") or not hasattr(data, "homos"):
        return None
    if len(data.moenergies) > 1 or len(data.homos) > 1:
        same = len(data.homos) == 2 and data.homos[0] == data.homos[1]
        if not same or not all(np.allclose(data.moenergies[0], part, atol=1e-3) for part in data.moenergies[1:]):
            raise InputError("levels must be of a closed shell, the output has alpha and beta orbitals")
    energies = np.asarray(data.moenergies[0], dtype=np.float64)
    n_occupied = int(data.homos[0]) + 1
    if not 1 <= n_occupied <= len(energies) or not np.isfinite(energies[:n_occupied]).all():
        return None
    return [2.0] * n_occupied + [0.0] * (len(energies) - n_occupied), energies.tolist()


def _last_block(text: str, pattern: str) -> str:
    """Return the text from the last match of a pattern on, "" without one."""
    matches = list(re.finditer(pattern, text))
    return text[matches[-1].start() :] if matches else ""


def _gaussian(text: str) -> Found:
    occupied: list[float] = []
    empty: list[float] = []
    for line in split_lines(text):
        match = re.match(r"\s*Alpha\s+(occ|virt)\. eigenvalues --(.*)", line)
        if not match:
            continue
        if match[1] == "occ" and empty:  # a later step of the output begins
            occupied, empty = [], []
        if "*" in match[2]:
            raise InputError("an eigenvalue is printed as asterisks in the output: it cannot be read")
        (occupied if match[1] == "occ" else empty).extend(float(v) for v in re.findall(r"-?\d+\.\d{5}", match[2]))
    return _in_ev(occupied, empty) if occupied else None


def _psi4(text: str) -> Found:
    block = _last_block(text, r"Doubly Occupied:")
    if not block:
        return None
    occupied, _, rest = block.partition("Virtual:")
    rest = re.split(r"Final Occupation|\n\s*\n\s*\n", rest)[0]
    values = [[float(v) for v in re.findall(rf"\d+\w+['\"]*\s+({_NUMBER})", part)] for part in (occupied, rest)]
    return _in_ev(values[0], values[1]) if values[0] else None


def _pyscf(text: str) -> Found:
    rows = re.findall(rf"MO #(\d+)[^\n]*?energy= *({_NUMBER})\s+occ= *(\d+(?:\.\d+)?)", text)
    if not rows:
        return None
    start = max(k for k, row in enumerate(rows) if row[0] == rows[0][0])
    rows = rows[start:]
    return [float(row[2]) for row in rows], [float(row[1]) * HARTREE_EV for row in rows]


def _cp2k_lists(text: str) -> Found:
    block = _last_block(text, r"Eigenvalues of the occupied subspace")
    if not block:
        return None
    lines = split_lines(block)[1:]
    values: list[float] = []
    for line in lines:
        words = line.split()
        if words and all(re.fullmatch(_NUMBER, word) for word in words):
            values += map(float, words)
        elif values and words:
            break
    return _in_ev(values, []) if values else None


def _table(text: str) -> Found:
    """Return the last table whose heading names occupations and energies: of xtb, FHI-aims, CP2K, ORCA, Turbomole."""
    lines = split_lines(text)
    for head in reversed(range(len(lines))):
        if not re.search(r"\bocc", lines[head], re.IGNORECASE) or not re.search(
            r"eigenval|energy|\be\(", lines[head], re.IGNORECASE
        ):
            continue
        heading = re.sub(r"^\s*MO\|", "", lines[head]).strip()
        words = [w for w in re.split(r"\s{2,}|\t", heading) if w]
        found = _columns_of(words if len(words) > 2 else heading.split(), _rows_below(lines[head + 1 :]))
        if found:
            return found
    return None


def _rows_below(lines: list[str]) -> list[list[str]]:
    """Return the cells of the numbered rows that follow a heading; rules and dots between them are passed over."""
    rows: list[list[str]] = []
    for line in lines:
        cells = re.sub(r"^\s*MO\|", "", line).replace(" H =", " ").replace(" eV", " ").split()
        if len(cells) > 2 and cells[0].isdigit():
            rows.append(cells)
        elif rows and not re.fullmatch(r"[.\-=\s]+", line):
            break
    return rows


def _columns_of(words: list[str], rows: list[list[str]]) -> Found:
    """Return occupations and energies [eV] of a table by its heading's words; the last run of numbered rows counts."""
    if not rows:
        return None
    width = min(map(len, rows))
    is_numeric = [all(re.fullmatch(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", row[k]) for row in rows) for k in range(width)]
    names = [words[k] if k < len(words) else "" for k in range(width) if is_numeric[k]]
    table = np.array([[float(row[k]) for k in range(width) if is_numeric[k]] for row in rows])
    places = [k for k, name in enumerate(names) if re.search(r"occ", name, re.IGNORECASE)]
    pair = find_pair(table, list(range(1, len(names))))
    in_ev = [k for k, name in enumerate(names) if re.search(r"\bev\b", name, re.IGNORECASE)]
    in_hartree = [k for k, name in enumerate(names) if re.search(r"a\.u\.|\beh\b|\bha\b|hartree", name, re.IGNORECASE)]
    if not places or not (pair or in_ev or in_hartree):
        return None
    occupations = table[:, places[0]]
    energies = table[:, pair[1] if pair else in_ev[0]] if pair or in_ev else table[:, in_hartree[0]] * HARTREE_EV
    gaps = [k for k in np.flatnonzero(np.diff(table[:, 0]) != 1) if occupations[k + 1] > 0]
    begin = int(gaps[-1]) + 1 if gaps else 0
    return occupations[begin:].tolist(), energies[begin:].tolist()


def _in_ev(occupied: list[float], empty: list[float]) -> Found:
    energies = [value * HARTREE_EV for value in (*occupied, *empty)]
    return [2.0] * len(occupied) + [0.0] * len(empty), energies
