"""Lines of one atom, as people paste and programs write them: `C 0.1 0.2 0.3`, `C, 0.1, ...`, `1 C 0.1 ...`, `0.1 0.2 0.3 c`."""

import re
from collections.abc import Sequence

from rdkit import Chem

from core.errors import InputError
from core.readers.charge_spin import Electrons, read_electrons

_FLOAT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eEdD][-+]?\d+|\*\^[-+]?\d+)?")
_LABEL = re.compile(r"([A-Za-z]{1,2})(\d{0,3}|_\w{1,4}|\([^()]*\))")
_HEAD_WORDS = frozenset(
    ("no", "nr", "index", "atom", "atoms", "symbol", "symbols", "element", "elements", "species", "type", "label", "x", "y", "z")
)  # fmt: skip
_FLAGS = ("0", "1", "-1", "+0", "+1", "F", "T", "*")
N_LOOKED_AT = 5_000  # lines
MAX_ATOM_LINE = 1_000  # characters; what is longer is no atom's


def atom_line(line: str) -> str | None:
    """Return an atom's line as `symbol x y z`, None where it is none.

    The symbol may bear a number or a fragment ("C12", "C(Fragment=1)"), stand behind a counter or behind the coordinates, or be
    an atomic number; what follows three coordinates is left out, and so are MOPAC's and Gaussian's flags between them.
    """
    if len(line) > MAX_ATOM_LINE:
        return None
    fields = [field for field in re.split(r"[\s,;]+", line.strip()) if field]
    if len(fields) < 4:
        return None
    if fields[0].isdigit() and len(fields) > 4 and symbol_of(fields[1]) and not _FLOAT.fullmatch(fields[1]):
        fields = fields[1:]
    if _all_floats(fields[:3]) and symbol_of(fields[3]) and not _FLOAT.fullmatch(fields[3]):
        return f"{symbol_of(fields[3])} {' '.join(fields[:3])}"
    symbol = symbol_of(fields[0])
    if symbol is None:
        return None
    rest = fields[1:]
    if len(rest) >= 4 and rest[0] in ("0", "-1") and _all_floats(rest[1:4]) and all("." in x for x in rest[1:4]):
        return f"{symbol} {' '.join(rest[1:4])}"  # Gaussian: frozen or not
    if len(rest) >= 6 and all(rest[k] in _FLAGS for k in (1, 3, 5)) and _all_floats(rest[0:5:2]):
        return f"{symbol} {rest[0]} {rest[2]} {rest[4]}"  # MOPAC: optimised or not, behind each coordinate
    return f"{symbol} {' '.join(rest[:3])}" if _all_floats(rest[:3]) else None


def symbol_of(field: str) -> str | None:
    """Return the element that a field names by symbol, label or number; None where it names none. D and T stay."""
    if field.isdigit():
        number = int(field) if len(field) < 4 else 0
        return Chem.GetPeriodicTable().GetElementSymbol(number) if 1 <= number <= 118 else None
    match = _LABEL.fullmatch(field)
    if match is None:
        return None
    symbol = match[1].capitalize()
    try:
        known = symbol in ("D", "T") or Chem.GetPeriodicTable().GetAtomicNumber(symbol) > 0
    except RuntimeError:
        return None
    return symbol if known else None


def has_bare_atoms(lines: Sequence[str]) -> bool:
    """Return whether a text is a list of atoms: at least half of its lines, and no fewer than any others follow them.

    A single line counts where a coordinate has a decimal point or all three are 0.
    """
    filled = [line for line in lines[:N_LOOKED_AT] if line.strip()]
    atoms = [line for line in filled if atom_line(line)]
    if not atoms or 2 * len(atoms) < len(filled):
        return False
    return (
        len(atoms) > 1 or any("." in field for field in atoms[0].split()) or bool(re.search(r"\s0\s+0\s+0\b", atoms[0]))
    )


def is_atom_among_smiles(line: str) -> bool:
    """Return whether a line of a list of SMILES is an atom's: its coordinates have decimal points, at least two of the three."""
    atom = atom_line(line)
    return atom is not None and sum("." in field for field in atom.split()[1:]) >= 2


def bare_atoms_of(lines: Sequence[str]) -> tuple[list[str], str, Electrons]:
    """Return the atoms of a list, the title above them, and what is said of charge and spin.

    Raises
    ------
    InputError
        If other lines stand between or below the atoms.
    """
    filled = [line for line in lines if line.strip()]
    first = next(k for k, line in enumerate(filled) if atom_line(line))
    head, body = filled[:first], filled[first:]
    read = [(line, atom_line(line)) for line in body]
    while read and read[-1][1] is None and re.fullmatch(r"[*$}\s]*(end)?\s*", read[-1][0], re.IGNORECASE):
        read.pop()
    other = next((line for line, atom in read if atom is None), None)
    if other is not None:
        raise InputError(f"a list of atoms must hold symbol x y z on each line, got {other.strip()[:60]!r}")
    atoms = [atom for _, atom in read if atom is not None]
    numbers = [
        Chem.GetPeriodicTable().GetAtomicNumber(s) if s not in ("D", "T") else 1 for s in (a.split()[0] for a in atoms)
    ]
    two = next((line for line in head if re.fullmatch(r"\s*[-+]?\d\s*[,\s]\s*\d\s*", line)), None)
    words = " ".join(head)[:1_000] if two is None else two
    title = next((line.strip() for line in head if line != two and not _is_head_of_columns(line)), "")
    return atoms, title, read_electrons({}, words, n_electrons=sum(numbers))


def _is_head_of_columns(line: str) -> bool:
    words = [word for word in re.split(r"[\s,;#]+", line.lower()) if word]
    return all(word.isdigit() or word in _HEAD_WORDS for word in words)


def _all_floats(fields: Sequence[str]) -> bool:
    return len(fields) == 3 and all(_FLOAT.fullmatch(field) for field in fields)
