"""XYZ and extended XYZ, one frame or many.

The frames are cut here rather than by ASE: its reader gives up the whole file at the first broken frame, turns ids
such as "007" into numbers, and obeys sizes that a file merely claims. Tests compare the two on well-formed files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from core.errors import DomainError, InputError
from core.readers.charge_spin import Electrons, check_electrons, read_electrons
from core.readers.identity import identify_geometry
from core.readers.length_units import stated_unit
from core.readers.records import MAX_GRAPH_ATOMS, Structure, check_rows, read_record, split_lines
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.given import UNITS
from core.structure.molecule import MAX_ATOMS

ID_KEYS = ("id", "name", "title", "config_name", "label")

_PAIR = re.compile(
    r"""([\w\-.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\{([^{}]*)\}(?!\S)|\[([^\[\]]*)\](?!\S)|(\S+))|(\S+)"""
)
_SYMBOL = re.compile(r"([A-Za-z]{1,2})\d*|(\d{1,3})")
CHARGE_COLUMNS = ("initial_charges", "formal_charges", "formal_charge")
MOMENT_COLUMNS = ("initial_magmoms", "magmoms", "magmom")
ISOTOPES = ("D", "T")
PLAIN_COLUMNS = "species:S:1:pos:R:3"  # where nothing else is stated
_GDB = re.compile(r"\s*gdb\s+(\d+)\s", re.IGNORECASE)


@dataclass(frozen=True)
class Frame:
    """The lines of one frame, and the SMILES that stands behind it (QM9's raw files)."""

    lines: list[str]
    smiles: str = ""


def looks_like_xyz(text: str) -> bool:
    """Whether the first record is a count, a comment and a line with a symbol and three numbers."""
    lines = split_lines(text[:20_000].lstrip())
    return len(lines) >= 3 and _count(lines[0]) is not None and _is_atom_line(lines[2])


def read_xyz(text: str) -> list[Entry]:
    """Return one entry a frame; a broken frame fails alone and reading goes on at the next count line.

    A comment may state `smiles`, charge and spin in any spelling, and the unit of length (`units=bohr`); see
    `core.readers.identity`, `core.readers.charge_spin`. QM9's raw files are read with their lines behind the atoms.
    """
    lines = split_lines(text)
    frames: list[Frame] = []
    i = 0
    while i < len(lines):
        if not lines[i].strip():
            i += 1
            continue
        end = _frame_end(lines, i)
        smiles, after = _qm9_trailer(lines, i, end)
        frames.append(Frame(lines[i:end], smiles))
        check_rows(len(frames))
        i = after
    return [_read_frame(row, frame) for row, frame in enumerate(frames, start=1)]


def parse_comment(comment: str) -> tuple[dict[str, str], str]:
    """Return the key=value pairs of an extended XYZ comment line as text, and the words that are none."""
    pairs: dict[str, str] = {}
    words: list[str] = []
    for match in _PAIR.finditer(comment):
        key, double, single, *rest, word = match.groups()
        if word is not None:
            words.append(word)
        elif double is not None or single is not None:
            pairs[key] = re.sub(r"\\(.)", r"\1", double if double is not None else single)
        else:
            pairs[key] = next(value for value in rest if value is not None)
    return pairs, " ".join(words)


def _qm9_trailer(lines: list[str], start: int, end: int) -> tuple[str, int]:
    """Return the SMILES behind a frame of QM9's raw files and where the next frame starts; ("", end) for all others.

    Behind the atoms stand the frequencies, the SMILES of GDB-17 and of the relaxed geometry, and two InChIs (Ramakrishnan
    et al., Sci. Data 2014, doi 10.1038/sdata.2014.22).
    """
    if start + 1 >= end or not _GDB.match(lines[start + 1]) or end + 2 >= len(lines):
        return "", end
    smiles = lines[end + 1].split()
    if not lines[end + 2].startswith("InChI=") or not smiles:
        return "", end
    return smiles[-1], end + 3


def _frame_end(lines: list[str], start: int) -> int:
    """Return the index after the frame that starts at `start`: by its count, else where the next frame starts."""
    n_atoms = _count(lines[start])
    if n_atoms is not None and all(_is_atom_line(line) for line in lines[start + 2 : start + 2 + n_atoms]):
        return min(start + 2 + n_atoms, len(lines))
    for i in range(start + 1, len(lines) - 2):
        if _count(lines[i]) is not None and _is_atom_line(lines[i + 2]):
            return i
    return len(lines)


def _read_frame(row: int, frame: Frame) -> Entry:
    lines = frame.lines
    pairs, words = parse_comment(lines[1][:10_000] if len(lines) > 1 else "")
    names = {key.lower(): key for key in pairs}
    identifier = next((pairs[names[key]] for key in ID_KEYS if key in names), "" if pairs else words)
    properties = {key: value for key, value in pairs.items() if key not in ("Properties", "Lattice", "pbc")}
    gdb = _GDB.match(lines[1]) if len(lines) > 1 else None
    if gdb:
        identifier, words = f"gdb {gdb[1]}", ""

    def read() -> Structure:
        stated = stated_unit(pairs, words)
        unit = 1.0 if stated is None else stated
        geometry, notes = parse_frame(lines, pairs.get("Properties", PLAIN_COLUMNS), unit=unit)
        electrons = read_isolated(pairs, words, n_electrons=int(geometry.numbers.sum()))
        smiles = frame.smiles or pairs.get(names.get("smiles", ""), "")
        structure = identify_geometry(geometry, smiles, is_neutral=electrons.charge == 0, is_angstrom=stated == 1.0)
        return structure._replace(notes=(*notes, *structure.notes))

    return read_record(row, identifier, read=read, properties=properties)


def read_isolated(pairs: Mapping[str, str], words: str = "", *, n_electrons: int | None = None) -> Electrons:
    """Return what is said of the electrons of an isolated molecule; raise DomainError for a crystal, an ion or an open shell."""
    periodic = pairs.get("pbc", "T" if "Lattice" in pairs else "F")
    if re.search(r"[Tt1]", periodic):
        raise DomainError("isolated molecules only, the frame is periodic (Lattice or pbc)")
    electrons = read_electrons(pairs, words, n_electrons=n_electrons)
    check_electrons(electrons)
    return electrons


def parse_frame(frame: Sequence[str], columns: str, *, unit: float = 1.0) -> tuple[Geometry, tuple[str, ...]]:
    """Return the geometry of a frame, and notes on what was read in another way than written.

    Parameters
    ----------
    frame : lines
        Count, comment, atoms.
    columns : str
        An extended XYZ `Properties` value.
    unit : float
        Of the coordinates [Angstrom].

    Raises
    ------
    InputError
        If a line is missing, or is no atom's.
    DomainError
        If there are more than MAX_GRAPH_ATOMS atoms, or columns of charges or moments say that it is an ion or an open shell.
    """
    n_atoms = _count(frame[0])
    if n_atoms is None:
        raise InputError(f"an XYZ frame must start with its number of atoms, got {frame[0].strip()[:40]!r}")
    if n_atoms > MAX_GRAPH_ATOMS:  # before its lines are looked at
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {n_atoms}")
    body = list(frame[2:])
    while body and not body[-1].strip():
        body.pop()
    if len(body) != n_atoms:
        raise InputError(f"the frame announces {n_atoms} atoms, found {len(body)} lines")
    at = _find_columns(columns)
    check_electrons(_column_electrons(body, at))
    geometry, isotopes = parse_atoms(
        body, symbol_at=at.get("species", at.get("z", 0)), position_at=at["pos"], unit=unit
    )
    stated = next((name for name, factor in UNITS.items() if factor == unit), "")
    notes = (*((f"coordinates are converted from {stated}",) if stated else ()), *isotopes)
    return geometry, (*notes, *_surplus_notes(body, columns))


def _surplus_notes(body: Sequence[str], columns: str) -> tuple[str, ...]:
    """Return that x is a whole number in each line, and more follows than z: freeze codes or types may be among them."""
    fields = [line.split() for line in body]
    if (
        not fields
        or columns != PLAIN_COLUMNS
        or not all(len(f) > 4 and re.fullmatch(r"[-+]?\d+", f[1]) for f in fields)
    ):
        return ()
    return (f"atom lines hold {len(fields[0])} fields: x, y and z are read from the 2nd to 4th",)


def parse_atoms(
    body: Sequence[str], *, symbol_at: int = 0, position_at: int = 1, unit: float = 1.0
) -> tuple[Geometry, tuple[str, ...]]:
    """Return the geometry of atom lines, and a note where hydrogen's isotopes are among them.

    Raises
    ------
    InputError
        If a line is no atom's.
    """
    if len(body) > MAX_GRAPH_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {len(body)}")
    numbers, positions, isotopes = [], [], set()
    for k, line in enumerate(body, start=1):
        fields = line.split()
        try:
            numbers.append(atomic_number(fields[symbol_at]))
            positions.append([coordinate(value) for value in fields[position_at : position_at + 3]])
        except (IndexError, ValueError, RuntimeError) as error:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}") from error
        if len(positions[-1]) < 3:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}")
        if fields[symbol_at] in ISOTOPES:
            isotopes.add(fields[symbol_at])
    geometry = Geometry(np.array(numbers, dtype=np.uint8), unit * np.array(positions).reshape(-1, 3))
    if not isotopes:
        return geometry, ()
    told = f"{' and '.join(sorted(isotopes))} {'is' if len(isotopes) == 1 else 'are'} read as H: isotopes have the same levels"
    return geometry, (told,)


def _column_electrons(body: Sequence[str], at: Mapping[str, int]) -> Electrons:
    """Return what columns of initial or formal charges and magnetic moments add up to; nothing where they are no numbers."""
    charges, moments = (next((at[key] for key in keys if key in at), None) for keys in (CHARGE_COLUMNS, MOMENT_COLUMNS))
    try:
        charge = None if charges is None else round(sum(float(line.split()[charges]) for line in body), 1)
        moment = 0.0 if moments is None else sum(abs(float(line.split()[moments])) for line in body)
    except (IndexError, ValueError):
        return Electrons()
    return Electrons(charge or None, 1 + round(moment, 1))


def _find_columns(columns: str) -> dict[str, int]:
    """Return where each column stands, from an extended XYZ `Properties` value."""
    fields = columns.split(":")
    at: dict[str, int] = {}
    start = 0
    for name, width in zip(fields[::3], fields[2::3], strict=False):
        at[name.lower()] = start
        if not width.isdecimal() or len(width) > 3:
            raise InputError(f"Properties must be name:type:columns triples, got {columns[:60]!r}")
        start += int(width)
    if ("species" not in at and "z" not in at) or "pos" not in at:
        raise InputError(f"Properties must name species and pos, got {columns[:60]!r}")
    return at


def _count(line: str) -> int | None:
    line = line.strip()
    return int(line) if line.isdecimal() and line.isascii() and len(line) < 8 else None


def _is_atom_line(line: str) -> bool:
    return len(line.split()) >= 4


def atomic_number(text: str) -> int:
    """Return the atomic number of a symbol, a label ("C12") or a number; D and T are hydrogen.

    Raises
    ------
    ValueError, RuntimeError
        If it is none.
    """
    match = _SYMBOL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    if text in ISOTOPES:
        return 1
    number = int(match[2]) if match[2] else Chem.GetPeriodicTable().GetAtomicNumber(match[1].capitalize())
    if not 1 <= number <= 118:
        raise ValueError(text)
    return number


def coordinate(text: str) -> float:
    """Return a number as Fortran (1.0D+00) and Mathematica (1.0*^-1) write it too."""
    return float(text.replace("*^", "e").replace("D", "e").replace("d", "e"))
