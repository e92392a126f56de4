"""Inputs of quantum chemistry programs and bare lists of atoms: read as the geometry that they are, never as SMILES.

Gaussian, FHI-aims and Turbomole by ASE; other programs' blocks of `symbol x y z` lines by what begins and ends them. Formats that
are known and not read are refused by name.
"""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from core.errors import DomainError, EigenscopeError, InputError
from core.readers.atom_lines import atom_line, bare_atoms_of, has_bare_atoms
from core.readers.charge_spin import Electrons, check_electrons, read_electrons
from core.readers.identity import identify_geometry
from core.readers.other_formats import N_SNIFFED, SAVE_AS_XYZ
from core.readers.records import MAX_GRAPH_ATOMS, Structure, iterate_lines, read_record, split_lines
from core.readers.xyz import parse_atoms
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.given import UNITS
from core.structure.molecule import MAX_ATOMS

BOHR = UNITS["Bohr"]
MAX_INPUT_LINES = 20_000
_CHARGE_LINE = re.compile(r"\s*([-+]?\d+)[\s,]+(\d+)(?:[\s,]+[-+]?\d+[\s,]+[-+]?\d+)*\s*")
_BOHR_WORDS = re.compile(r"\b(bohrs?|a\.?u\.?|atomic)\b", re.IGNORECASE)


NOTHING_STATED = Electrons()


@dataclass(frozen=True)
class Found:
    """A geometry as a program's input gives it.

    Attributes
    ----------
    geometry : Geometry
    electrons : Electrons
        As stated.
    title : str
        "" where there is none.
    notes : tuple of str
    """

    geometry: Geometry
    electrons: Electrons = NOTHING_STATED
    title: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class InputBlock:
    """How a program's input holds its atoms: between two lines.

    Attributes
    ----------
    name : str
        The program.
    start, end : str
        Patterns of the lines before and behind the atoms; the first may name the groups charge and mult.
    bohr : bool
        Whether coordinates are in Bohr where nothing is said.
    """

    name: str
    start: str
    end: str
    bohr: bool = False


BLOCKS = (
    InputBlock("ORCA", r"\*\s*xyz\s+(?P<charge>[-+]?\d+)\s+(?P<mult>\d+)", r"\*"),
    InputBlock("ORCA", r"%?coords\b.*", r"end\b.*"),
    InputBlock("Q-Chem", r"\$molecule\b.*", r"\$end\b.*"),
    InputBlock("Psi4", r"molecule\s*\w*\s*\{", r"\}"),
    InputBlock("Molpro", r"geometry\s*=\s*\{.*", r"\}"),
    InputBlock("NWChem", r"geometry(\s+[\w\"'.-]+)*", r"end\b.*"),
    InputBlock("CP2K", r"&COORD\b.*", r"&END\b.*"),
    InputBlock("SIESTA (fdf)", r"%block\s+AtomicCoordinates\w*", r"%endblock\b.*"),
    InputBlock("CASTEP", r"%block\s+positions_abs\b.*", r"%endblock\b.*"),
)


def sniff_geometry_input(text: str) -> str | None:
    """Return the program whose input a text is, "atoms" for a bare list of atoms, None for neither."""
    start = text[:N_SNIFFED].strip()
    lines = split_lines(start)
    if _gaussian_charge_line(lines) is not None:
        return "Gaussian"
    if sum(bool(re.match(r"\s*atom(_frac)?(\s+[-+.\deE]+){3}\s+[A-Za-z]", line)) for line in lines[:2_000]):
        return "FHI-aims"
    if any(line.strip().lower().startswith("$coord") for line in lines[:2_000]):
        return "Turbomole"
    block = _find_block(lines)
    if block is not None:
        return block[0].name
    return "atoms" if has_bare_atoms(lines) else None


def read_geometry_input(text: str, program: str) -> list[Entry]:
    """Return the one entry of a program's input or a bare list of atoms; `program` as `sniff_geometry_input` says."""
    lines = [line for line, _ in zip(iterate_lines(text), range(MAX_INPUT_LINES + 1), strict=False)]
    if len(lines) > MAX_INPUT_LINES:
        raise InputError(f"nothing was read: an input of one molecule may have at most {MAX_INPUT_LINES:,} lines")
    notes = () if program == "atoms" else (f"read as {program} input",)
    title = ""

    def read() -> Structure:
        nonlocal title
        found = READERS.get(program, _read_block)(text, lines)
        title = found.title
        check_electrons(found.electrons)
        structure = identify_geometry(found.geometry, is_neutral=found.electrons.charge == 0)
        return structure._replace(notes=(*notes, *found.notes, *structure.notes))

    try:
        structure: Structure | EigenscopeError = read()
    except EigenscopeError as error:
        structure = error

    def outcome() -> Structure:
        if isinstance(structure, EigenscopeError):
            raise structure
        return structure

    return [read_record(1, title, read=outcome)]


def read_by_ase(text: str, program: str, *, ase_format: str) -> Geometry:
    """Return the geometry of an input that ASE knows.

    Raises
    ------
    InputError
        If ASE cannot read it.
    DomainError
        If it is periodic or has far too many atoms.
    """
    from ase.io import ParseError, read
    from ase.io.aims import read_aims

    try:
        with warnings.catch_warnings(action="ignore"):
            stream = io.StringIO(text)
            atoms: Any = read_aims(stream) if ase_format == "aims" else read(stream, format=ase_format)
    except (
        ParseError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        AssertionError,
        NameError,
    ) as error:
        told = " ".join(str(error).split())[:160]
        raise InputError(f"the {program} input cannot be read ({told}); {SAVE_AS_XYZ}") from error
    if np.any(atoms.pbc):
        raise DomainError("isolated molecules only, the input is periodic")
    if len(atoms) > MAX_GRAPH_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {len(atoms)}")
    if not len(atoms) or not np.all(atoms.numbers > 0):
        raise InputError(
            f"the {program} input cannot be read: it has no atoms, or ghost atoms among them; {SAVE_AS_XYZ}"
        )
    return Geometry(np.array(atoms.numbers), np.array(atoms.positions))


def _read_gaussian(text: str, lines: Sequence[str]) -> Found:
    """Return the geometry of a Gaussian input: Cartesian atoms as they stand, a Z-matrix by ASE."""
    at = _gaussian_charge_line(lines)
    if at is None:
        raise InputError(f"the Gaussian input cannot be read: it has no charge and multiplicity; {SAVE_AS_XYZ}")
    told = re.split(r"[\s,]+", lines[at].strip())
    title = next((line.strip() for line in reversed(lines[:at]) if line.strip()), "")
    jobs = sum(line.strip().lower() == "--link1--" for line in lines)
    notes: tuple[str, ...] = ("only the first of its jobs is read",) if jobs else ()
    body = list(takewhile(str.strip, lines[at + 1 :]))
    atoms = [atom for line in body if (atom := atom_line(line))]
    if len(atoms) == len(body):
        in_bohr = re.search(r"units\s*=?\s*\(?\s*(au|bohr)", "\n".join(lines[:at]), re.IGNORECASE)
        geometry, more = parse_atoms(atoms, unit=BOHR if in_bohr else 1.0)
        notes = (*notes, *more, *(("converted from Bohr",) if in_bohr else ()))
    else:
        plain = "\n".join([*lines[:at], " ".join(told[:2]), *lines[at + 1 :]])
        geometry = read_by_ase(plain, "Gaussian", ase_format="gaussian-in")
    return Found(geometry, Electrons(float(told[0]), float(told[1])), title, notes)


def _read_aims(text: str, _: Sequence[str]) -> Found:
    return Found(read_by_ase(text, "FHI-aims", ase_format="aims"))


def _read_turbomole(text: str, lines: Sequence[str]) -> Found:
    start = next(line.strip().lower() for line in lines if line.strip().lower().startswith("$coord"))
    if start.split()[1:]:
        raise InputError(f"the Turbomole input cannot be read: {start!r} stands before its atoms; {SAVE_AS_XYZ}")
    return Found(read_by_ase(text, "Turbomole", ase_format="turbomole"))


def _read_atoms(_: str, lines: Sequence[str]) -> Found:
    atoms, title, electrons = bare_atoms_of(lines)
    geometry, notes = parse_atoms(atoms)
    return Found(geometry, electrons, title, ("read as a list of atoms, in Angstrom", *notes))


def _read_block(text: str, lines: Sequence[str]) -> Found:
    """Return the geometry of the first block of BLOCKS in an input."""
    block, first, header = _find_block(lines) or _no_block()
    body = []
    for line in lines[first:]:
        if re.fullmatch(block.end, line.strip(), re.IGNORECASE):
            break
        body.append(line)
    electrons = read_electrons({}, " ".join(lines[:2_000])[:20_000])
    if "charge" in header.groupdict():
        electrons = Electrons(float(header["charge"]), float(header["mult"]))
    in_bohr = block.bohr or bool(_BOHR_WORDS.search(header[0])) or _states_bohr(block, text)
    atoms, others = [], []
    for line in body:
        told = _CHARGE_LINE.fullmatch(line)
        atom = atom_line(line)
        if atom is not None:
            atoms.append(atom)
        elif told:
            electrons = Electrons(float(told[1]), float(told[2]))
        elif line.strip() and not line.strip().startswith(("#", "!")):
            others.append(line.strip())
    in_bohr = in_bohr or any(_BOHR_WORDS.search(line) for line in others)
    unknown = [line for line in others if not re.match(r"[A-Za-z_]{3,}\b(?!.*\d\.\d)|\d+\s*$", line)]
    if not atoms or unknown:
        got = (unknown or ["no atom"])[0][:60]
        raise InputError(
            f"the {block.name} input cannot be read: its atoms must be lines of symbol x y z, got {got!r}; {SAVE_AS_XYZ}"
        )
    geometry, notes = parse_atoms(atoms, unit=BOHR if in_bohr else 1.0)
    return Found(geometry, electrons, "", (*notes, *(("converted from Bohr",) if in_bohr else ())))


def _states_bohr(block: InputBlock, text: str) -> bool:
    """Return whether an input states Bohr outside of its block of atoms."""
    if block.name == "ORCA":
        return bool(re.search(r"^\s*(!.*\bbohrs?\b|units\s+bohrs?)", text, re.IGNORECASE | re.MULTILINE))
    if block.name.startswith("SIESTA"):
        return not re.search(r"AtomicCoordinatesFormat\s+(NotScaled)?Ang", text, re.IGNORECASE) and bool(
            re.search(
                r"AtomicCoordinatesFormat\s+(NotScaledCartesian)?Bohr|NotScaledCartesianBohr", text, re.IGNORECASE
            )
        )
    if block.name == "Q-Chem":
        return bool(re.search(r"input_bohr\s*=?\s*true", text, re.IGNORECASE))
    return False


def _find_block(lines: Sequence[str]) -> tuple[InputBlock, int, re.Match[str]] | None:
    """Return the first block of atoms in an input, the line after its start, and the start; only where atoms follow."""
    for k, line in enumerate(lines[:5_000]):
        stripped = line.strip()
        for block in BLOCKS:
            header = re.fullmatch(block.start, stripped, re.IGNORECASE) if stripped else None
            if header and any(atom_line(x) or _is_numbers(x) for x in lines[k + 1 : k + 6]):
                return block, k + 1, header
    return None


def _no_block() -> tuple[InputBlock, int, re.Match[str]]:
    raise InputError(f"nothing was read: the input holds no atoms; {SAVE_AS_XYZ}")


def _is_numbers(line: str) -> bool:
    return bool(re.fullmatch(r"\s*(-?\d+\.\d*\s+){3}\d+.*", line))


def _gaussian_charge_line(lines: Sequence[str]) -> int | None:
    """Return which line holds charge and multiplicity: behind a route (`#p ...`) and a title, before an atom."""
    route = next((k for k, line in enumerate(lines[:200]) if re.match(r"\s*#[NPTnpt]?(\s|$)", line)), None)
    if route is None:
        return None
    for k in range(route + 1, min(len(lines) - 1, route + 200)):
        if _CHARGE_LINE.fullmatch(lines[k]) and re.match(r"\s*[A-Z][A-Za-z]?\d*(\(|\b)", lines[k + 1]):
            return k
    return None


READERS: dict[str, Callable[[str, Sequence[str]], Found]] = {
    "Gaussian": _read_gaussian,
    "FHI-aims": _read_aims,
    "Turbomole": _read_turbomole,
    "atoms": _read_atoms,
}
