"""Orbital energies out of what quantum chemistry programs print: whole outputs by cclib, pasted blocks and others here.

Only occupied levels of closed shells are of use as a target; the last block of an output, that of its last step, counts.
"""

import io
import logging
import re

import numpy as np

from core.errors import InputError
from core.readers.column_content import find_pair
from core.readers.columns import NumberTable
from core.readers.records import split_lines
from core.units import HARTREE_EV

_NUMBER = r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?"
# what a program prints of itself: (name, words, the class of cclib.parser that reads it)
_PROGRAMS = (
    ("Gaussian", r"Gaussian, Inc\.|Entering Gaussian System", "Gaussian"),
    ("ORCA", r"\* *O +R +C +A *\*|O   R   C   A", "ORCA"),
    ("Psi4", r"Psi4: An Open-Source", "Psi4"),
    ("Q-Chem", r"A Quantum Leap Into The Future Of Chemistry", "QChem"),
    ("NWChem", r"Northwest Computational Chemistry Package", "NWChem"),
    ("GAMESS", r"GAMESS VERSION", "GAMESS"),
    ("Turbomole", r"TURBOMOLE", "Turbomole"),
    ("Molpro", r"PROGRAM SYSTEM MOLPRO", "Molpro"),
    ("ADF", r"Amsterdam Density Functional", "ADF"),
    ("xtb", r"x T B", ""),  # cclib 1.8.1 leaves holes where xtb prints dots
    ("FHI-aims", r"Invoking FHI-aims|Writing Kohn-Sham eigenvalues", ""),
    ("CP2K", r"CP2K\| version|DBCSR\|", ""),
)
_SAMPLE = 1_000_000  # characters that show whether a text is mostly columns
_MAX_HEADS = 20  # headings of tables looked at, from the last
_WHOLE_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_BLOCKS = (
    r"Alpha\s+occ\. eigenvalues --|Doubly Occupied:|Eigenvalues of the occupied subspace|MO\|\s+EIGENVALUES|MO EIGENVALUES AND"
    r"|^\s*MO #\d+|energy= *-?\d+\.\d+ +occ=|Occupation +Energy/Eh|^ *eigenvalues H +-"
    r"|NO +OCC +E\(Eh\)|State +Occupation +Eigenvalue"
)
_OPEN_SHELL = r"^\s*(?:Beta\s+occ\. eigenvalues|Spin-down eigenvalues|Beta Occupied|SPIN DOWN ORBITALS)"


def is_program_output(text: str) -> bool:
    """Whether a text is the output of a program named here, or a block of eigenvalues pasted from one."""
    if not (find_program(text) or re.search(_BLOCKS, text, re.MULTILINE)):
        return False
    lines = [line for line in split_lines(text[:_SAMPLE]) if line.strip()]
    return sum(bool(re.match(r"\s*[-+]?[\d.]+[\s,;]+[-+]?[\d.]+\s*$", line)) for line in lines) < 0.5 * len(lines)


def find_program(text: str) -> str:
    """Return the name of the program that wrote a text, "" where none is known."""
    return next((name for name, words, _ in _PROGRAMS if re.search(words, text)), "")


def parse_output(text: str) -> NumberTable:
    """Return the levels of an output: columns of number, occupation and energy [eV].

    Raises
    ------
    InputError
        If it prints no orbital energies, or those of an open shell.
    """
    program = find_program(text)
    where = f"the {program} output" if program else "the eigenvalue block"
    if re.search(_OPEN_SHELL, text, re.MULTILINE):
        raise InputError(f"levels must be of a closed shell, {where} prints alpha and beta orbitals")
    if re.search(r"Singly Occupied:[^V]*?" + _NUMBER, text) or re.search(r"subspace spin\s+2", text):
        raise InputError(f"levels must be of a closed shell, {where} has singly occupied orbitals")
    parser = next((parser for name, _, parser in _PROGRAMS if name == program), "")
    by_library = _by_cclib(text, parser) if parser else None
    try:
        by_block = (
            _gaussian(text) or _psi4(text) or _pyscf(text) or _cp2k_lists(text) or _table(text) or _turbomole(text)
        )
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"an orbital energy of {where} cannot be read: {str(error)[:60]}") from error
    if by_library and by_block:
        _check_agreement(by_library, by_block, where)
    how = (
        f"read by cclib as {program} output"
        if by_library
        else f"read as {program or 'printed'} eigenvalues, the last block"
    )
    found = by_library or by_block
    if not found:
        raise InputError(f"nothing was read: no orbital energies are printed in {where}")
    columns = np.stack([np.array(part, dtype=np.float64) for part in found], axis=1)
    notes = (f"{how}: {int((columns[:, 1] > 0).sum())} occupied levels",)
    return NumberTable(columns, ["level", "occupation", "orbital energy (eV)"], "", notes)


FoundLevels = tuple[list[float], list[float], list[float]] | None  # numbers, occupations, energies [eV]


def _by_cclib(text: str, parser: str) -> FoundLevels:
    """Return numbers, occupations and energies [eV] as cclib reads them, None where it cannot.

    Raises
    ------
    InputError
        If the shells are open.
    """
    import cclib.parser  # takes a second

    try:
        data = getattr(cclib.parser, parser)(io.StringIO(text), loglevel=logging.CRITICAL).parse()
    except Exception:  # noqa: BLE001 - a cut output makes cclib raise anything
        return None
    if not hasattr(data, "moenergies") or not hasattr(data, "homos"):
        return None
    if len(data.moenergies) > 1 or len(data.homos) > 1:
        same = len(data.homos) == 2 and data.homos[0] == data.homos[1]
        if not same or not all(np.allclose(data.moenergies[0], part, atol=1e-3) for part in data.moenergies[1:]):
            raise InputError("levels must be of a closed shell, the output has alpha and beta orbitals")
    energies = np.asarray(data.moenergies[0], dtype=np.float64)
    n_occupied = int(data.homos[0]) + 1
    if not 1 <= n_occupied <= len(energies) or not np.isfinite(energies[:n_occupied]).all():
        return None
    return _numbered([2.0] * n_occupied + [0.0] * (len(energies) - n_occupied), energies.tolist())


def _check_agreement(one: FoundLevels, other: FoundLevels, where: str) -> None:
    """Raise InputError where two readers of an output find other highest occupied levels."""
    tops = []
    for found in (one, other):
        _, occupations, energies = found or ([], [], [])
        tops.append(sorted((e for o, e in zip(occupations, energies, strict=True) if o > 0), reverse=True))
    shared = min(map(len, tops))
    if not shared or not np.allclose(tops[0][:shared], tops[1][:shared], atol=5e-3):
        raise InputError(f"two readers of {where} find other levels: give the last block of orbital energies alone")


def _last_block(text: str, pattern: str) -> str:
    """Return the text from the last match of a pattern on, "" without one."""
    matches = list(re.finditer(pattern, text))
    return text[matches[-1].start() :] if matches else ""


def _gaussian(text: str) -> FoundLevels:
    occupied: list[float] = []
    empty: list[float] = []
    for line in split_lines(text):
        match = re.match(r"\s*Alpha\s+(occ|virt)\. eigenvalues --(.*)", line) if " eigenvalues --" in line else None
        if not match:
            continue
        if match[1] == "occ" and empty:  # a later step of the output begins
            occupied, empty = [], []
        if "*" in match[2]:
            raise InputError("an eigenvalue is printed as asterisks in the output: it cannot be read")
        (occupied if match[1] == "occ" else empty).extend(float(v) for v in re.findall(r"-?\d+\.\d{5}", match[2]))
    return _in_ev(occupied, empty) if occupied else None


def _psi4(text: str) -> FoundLevels:
    block = _last_block(text, r"Doubly Occupied:")
    if not block:
        return None
    occupied, _, rest = block.partition("Virtual:")
    rest = re.split(r"Final Occupation|\n\s*\n\s*\n", rest)[0]
    values = [[float(v) for v in re.findall(rf"\d+\w+['\"]*\s+({_NUMBER})", part)] for part in (occupied, rest)]
    return _in_ev(values[0], values[1]) if values[0] else None


def _pyscf(text: str) -> FoundLevels:
    rows = re.findall(rf"MO #(\d+)[^\n]*?energy= *({_NUMBER})\s+occ= *(\d+(?:\.\d+)?)", text)
    if not rows:
        return None
    start = max(k for k, row in enumerate(rows) if row[0] == rows[0][0])
    rows = rows[start:]
    return _numbered([float(row[2]) for row in rows], [float(row[1]) * HARTREE_EV for row in rows])


def _cp2k_lists(text: str) -> FoundLevels:
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


def _table(text: str) -> FoundLevels:
    """Return the last table whose heading names occupations and energies: of xtb, FHI-aims, CP2K, ORCA, Turbomole."""
    lines = split_lines(text)
    is_head = re.compile(r"(?=.*\bocc)(?=.*(?:eigenval|energy|\be\())", re.IGNORECASE)
    heads = [k for k, line in enumerate(lines) if "cc" in line.lower() and len(line) < 300 and is_head.match(line)]
    for head in reversed(heads[-_MAX_HEADS:]):
        heading = re.sub(r"^\s*MO\|", "", lines[head]).strip()
        words = [w for w in re.split(r"\s{2,}|\t", heading) if w]
        found = _columns_of(words if len(words) > 2 else heading.split(), _rows_below(lines[head + 1 : head + 5_000]))
        if found:
            return found
    return None


def _rows_below(lines: list[str]) -> list[list[str]]:
    """Return the cells of the numbered rows that follow a heading; rules and dots between them are passed over."""
    rows: list[list[str]] = []
    for line in lines:
        cells = re.sub(r"^\s*MO\|", "", line).replace(" H =", " ").replace(" eV", " ").split()
        cells = [cell for cell in cells if not re.fullmatch(r"\((?:HOMO|LUMO)\)", cell)]
        if len(cells) > 2 and cells[0].isdigit():
            rows.append(cells)
        elif rows and not re.fullmatch(r"[.\-=\s]+", line):
            break
    return rows


def _columns_of(words: list[str], rows: list[list[str]]) -> FoundLevels:
    """Return the numbers, occupations and energies [eV] of a table by its heading's words.

    A row that is one cell short lacks its occupation, as xtb prints empty levels.
    """
    if not rows:
        return None
    place = next((k for k, word in enumerate(words) if re.search(r"occ", word, re.IGNORECASE)), None)
    width = max(map(len, rows))
    if place is None or place >= width:
        return None
    full = [row if len(row) == width else [*row[:place], "0", *row[place:]] for row in rows if len(row) >= width - 1]
    is_numeric = [all(_WHOLE_NUMBER.fullmatch(row[k]) for row in full) for k in range(width)]
    names = [words[k] if k < len(words) else "" for k in range(width) if is_numeric[k]]
    table = np.array([[float(row[k]) for k in range(width) if is_numeric[k]] for row in full])
    places = [k for k, name in enumerate(names) if re.search(r"occ", name, re.IGNORECASE)]
    pair = find_pair(table, list(range(1, len(names))))
    in_ev = [k for k, name in enumerate(names) if re.search(r"\bev\b", name, re.IGNORECASE)]
    in_hartree = [k for k, name in enumerate(names) if re.search(r"a\.u\.|\beh\b|\bha\b|hartree", name, re.IGNORECASE)]
    if not places or not is_numeric[0] or not (pair or in_ev or in_hartree):
        return None
    energies = table[:, pair[1] if pair else in_ev[0]] if pair or in_ev else table[:, in_hartree[0]] * HARTREE_EV
    return table[:, 0].tolist(), table[:, places[0]].tolist(), energies.tolist()


def _turbomole(text: str) -> FoundLevels:
    """Return what dscf and ridft print: the frontier orbitals, in blocks of five."""
    row = r"[ \t]+((?:[ \t]*[-+]?\d+\.\d+)+)[ \t]*\n"
    blocks = re.findall(rf"eigenvalues H{row}[ \t]*eV{row}[ \t]*occupation((?:[ \t]*\d+\.\d+)*)", text)
    energies = [float(v) for _, ev, _ in blocks for v in ev.split()]
    occupations = [
        float(v) for _, ev, occ in blocks for v in (*occ.split(), *["0"] * (len(ev.split()) - len(occ.split())))
    ]
    if not any(occupations) or len(occupations) != len(energies):
        return None
    return [float(k) for k in range(1, len(energies) + 1)], occupations, energies


def _in_ev(occupied: list[float], empty: list[float]) -> FoundLevels:
    return _numbered([2.0] * len(occupied) + [0.0] * len(empty), [value * HARTREE_EV for value in (*occupied, *empty)])


def _numbered(occupations: list[float], energies_ev: list[float]) -> FoundLevels:
    return [float(k) for k in range(1, len(energies_ev) + 1)], occupations, energies_ev
