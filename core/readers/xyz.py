"""XYZ and extended XYZ, one frame or many.

The frames are cut here rather than by ASE: its reader gives up the whole file at the first broken frame, turns ids
such as "007" into numbers, and obeys sizes that a file merely claims. Tests compare the two on well-formed files.
"""

import re
from collections.abc import Mapping

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds

from core.errors import DomainError, EigenscopeError, InputError
from core.readers.records import MAX_GRAPH_ATOMS, Structure, check_rows, parse_line_notation, read_record, split_lines
from core.structure.bonds import SEEN_BOND
from core.structure.domain import ANY_MOLECULE, ENGINE, check_molecule, geometry_violations
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS, Molecule, molecule_from_rdkit

# Bond orders are a combinatorial search: this many steps take under a second, and C7H10O2 needs a few.
MAX_BOND_ORDER_STEPS = 2_000
ID_KEYS = ("id", "name", "title", "config_name", "label")

_PAIR = re.compile(
    r"""([\w\-.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\{([^{}]*)\}(?!\S)|\[([^\[\]]*)\](?!\S)|(\S+))|(\S+)"""
)
_SYMBOL = re.compile(r"([A-Za-z]{1,2})\d*|(\d{1,3})")


def looks_like_xyz(text: str) -> bool:
    """Whether the first record is a count, a comment and a line with a symbol and three numbers."""
    lines = split_lines(text[:20_000].lstrip())
    return len(lines) >= 3 and _count(lines[0]) is not None and _is_atom_line(lines[2])


def read_xyz(text: str) -> list[Entry]:
    """Return one entry a frame; a broken frame fails alone and reading goes on at the next count line.

    The identity comes from a `smiles` in the comment when its formula fits, else from the distances (RDKit's
    rdDetermineBonds, after Kim and Kim, Bull. Korean Chem. Soc. 2015, doi 10.1002/bkcs.10334); where neither
    tells, there is a geometry only, which is all a prediction needs.
    """
    lines = split_lines(text)
    frames: list[list[str]] = []
    i = 0
    while i < len(lines):
        if not lines[i].strip():
            i += 1
            continue
        end = _frame_end(lines, i)
        frames.append(lines[i:end])
        i = end
    check_rows(len(frames))
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


def molecule_from_geometry(geometry: Geometry) -> Molecule | None:
    """Return the neutral molecule that the distances tell, or None where they do not tell one."""
    block = f"{geometry.n_atoms}\n\n" + "\n".join(
        f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True)
    )
    mol = Chem.MolFromXYZBlock(block)
    if mol is None:
        return None
    try:
        rdDetermineBonds.DetermineBonds(
            mol, charge=0, useVdw=True, covFactor=SEEN_BOND, maxIterations=MAX_BOND_ORDER_STEPS
        )
        molecule = molecule_from_rdkit(mol)
        check_molecule(molecule, ANY_MOLECULE)
    except (EigenscopeError, ValueError, RuntimeError):  # no valid bond orders, or not within the steps allowed
        return None
    return molecule


def same_formula(molecule: Molecule, geometry: Geometry) -> bool:
    """Whether the two have the same atoms, hydrogens included."""
    atoms = [a.GetAtomicNum() for a in Chem.AddHs(molecule.rdkit).GetAtoms()]
    return sorted(atoms) == sorted(geometry.numbers.tolist())


def _frame_end(lines: list[str], start: int) -> int:
    """Return the index after the frame that starts at `start`: by its count, else where the next frame starts."""
    n_atoms = _count(lines[start])
    if n_atoms is not None and all(_is_atom_line(line) for line in lines[start + 2 : start + 2 + n_atoms]):
        return min(start + 2 + n_atoms, len(lines))
    for i in range(start + 1, len(lines) - 2):
        if _count(lines[i]) is not None and _is_atom_line(lines[i + 2]):
            return i
    return len(lines)


def _read_frame(row: int, frame: list[str]) -> Entry:
    pairs, words = parse_comment(frame[1][:10_000] if len(frame) > 1 else "")
    names = {key.lower(): key for key in pairs}
    identifier = next((pairs[names[key]] for key in ID_KEYS if key in names), "" if pairs else words)
    properties = {key: value for key, value in pairs.items() if key not in ("Properties", "Lattice", "pbc")}

    def read() -> Structure:
        check_isolated(pairs)
        geometry = _parse_frame(frame, pairs.get("Properties", "species:S:1:pos:R:3"))
        return identify_geometry(geometry, pairs.get(names.get("smiles", ""), "")), geometry

    return read_record(row, identifier, read=read, properties=properties)


def identify_geometry(geometry: Geometry, smiles: str = "") -> Molecule | None:
    """Return the molecule that a SMILES states, where its formula fits, else what the distances tell; None where neither."""
    if geometry_violations([geometry], ENGINE)[0] is not None:
        return None  # what it breaks is the entry's business; bonds are not worth a search
    if smiles:
        try:
            molecule = parse_line_notation(smiles)
        except EigenscopeError:
            return molecule_from_geometry(geometry)
        if same_formula(molecule, geometry):
            return molecule
    return molecule_from_geometry(geometry)


def check_isolated(pairs: Mapping[str, str]) -> None:
    """Raise DomainError for a crystal or an ion."""
    periodic = pairs.get("pbc", "T" if "Lattice" in pairs else "F")
    if re.search(r"[Tt1]", periodic):
        raise DomainError("isolated molecules only, the frame is periodic (Lattice or pbc)")
    charge = next((value for key, value in pairs.items() if key.lower() in ("charge", "total_charge")), "0")
    try:
        total = float(charge)
    except ValueError as error:
        raise InputError(f"charge must be a number, got {charge[:40]!r}") from error
    if total:
        raise DomainError(f"total charge must be 0, found {total:+g}")


def _parse_frame(frame: list[str], columns: str) -> Geometry:
    n_atoms = _count(frame[0])
    if n_atoms is None:
        raise InputError(f"an XYZ frame must start with its number of atoms, got {frame[0].strip()[:40]!r}")
    if n_atoms > MAX_GRAPH_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {n_atoms}")
    body = frame[2:]
    while body and not body[-1].strip():
        body = body[:-1]
    if len(body) != n_atoms:
        raise InputError(f"the frame announces {n_atoms} atoms, found {len(body)} lines")
    symbol_at, position_at = _find_columns(columns)
    numbers, positions = [], []
    for k, line in enumerate(body, start=1):
        fields = line.split()
        try:
            numbers.append(_atomic_number(fields[symbol_at]))
            positions.append([_number(value) for value in fields[position_at : position_at + 3]])
        except (IndexError, ValueError, RuntimeError) as error:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}") from error
        if len(positions[-1]) < 3:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}")
    return Geometry(np.array(numbers, dtype=np.uint8), np.array(positions).reshape(-1, 3))


def _find_columns(columns: str) -> tuple[int, int]:
    """Return where the element and the position stand, from an extended XYZ `Properties` value."""
    fields = columns.split(":")
    at: dict[str, int] = {}
    start = 0
    for name, width in zip(fields[::3], fields[2::3], strict=False):
        at[name.lower()] = start
        if not width.isdecimal() or len(width) > 3:
            raise InputError(f"Properties must be name:type:columns triples, got {columns[:60]!r}")
        start += int(width)
    symbol = at.get("species", at.get("z"))
    if symbol is None or "pos" not in at:
        raise InputError(f"Properties must name species and pos, got {columns[:60]!r}")
    return symbol, at["pos"]


def _count(line: str) -> int | None:
    line = line.strip()
    return int(line) if line.isdecimal() and line.isascii() and len(line) < 8 else None


def _is_atom_line(line: str) -> bool:
    return len(line.split()) >= 4


def _atomic_number(text: str) -> int:
    match = _SYMBOL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    number = int(match[2]) if match[2] else Chem.GetPeriodicTable().GetAtomicNumber(match[1].capitalize())
    if not 1 <= number <= 118:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    return float(text.replace("D", "e").replace("d", "e"))  # Fortran writes 1.0D+00
