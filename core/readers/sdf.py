"""SDF and MOL, V2000 and V3000: one entry a record, broken ones included."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np
from rdkit import Chem

from core.errors import DomainError, InputError
from core.readers.charge_spin import check_columns
from core.readers.column_names import SMILES_NAMES, find_id_name, plain_name
from core.readers.identity import NO_HYDROGENS, structure_in_space
from core.readers.records import MAX_GRAPH_ATOMS, Structure, check_rows, parse_line_notation, read_record, split_lines
from core.structure.dative import has_dative_bonds, separate_charges
from core.structure.domain import ENGINE_DOMAIN, IMPOSSIBLE, geometry_violations
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.given import fault_of_given, find_unit
from core.structure.molecule import MAX_ATOMS, molecule_from_rdkit
from core.structure.stereochemistry import flat_smiles

FLAT_TAG = "the file says 3-D of a flat drawing: it is read as 2-D, a new geometry is made"

_COUNTS = re.compile(r"^.{0,60}\bV[23]000\s*$", re.MULTILINE)
_END = re.compile(r"^M {2}END", re.MULTILINE)
_FIELD = re.compile(r"^>.*?<([^>]*)>")


def looks_like_sdf(text: str) -> bool:
    """Whether there is a counts line or an "M  END": no other format here has either."""
    if "M  END" in text and _END.search(text):
        return True
    return ("V2000" in text or "V3000" in text) and bool(_COUNTS.search(text))


def read_sdf(text: str) -> list[Entry]:
    """Return one entry a record; data fields become properties, the title line the id.

    Records end at `$$$$`, so a broken one costs no other. 3-D records with all their hydrogens keep their
    coordinates and take their stereochemistry from them; all others have a molecule only.
    """
    records: list[list[str]] = [[]]
    for line in split_lines(text):
        if line.startswith("$$$$"):
            records.append([])
        else:
            records[-1].append(line)
    if not any(line.strip() for line in records[-1]):
        records.pop()
    check_rows(len(records))
    return [_read_sdf_record(row, lines) for row, lines in enumerate(records, start=1)]


def _read_sdf_record(row: int, lines: list[str]) -> Entry:
    end = next((i + 1 for i, line in enumerate(lines) if line.startswith("M  END")), None)
    fields_start = next((i for i, line in enumerate(lines) if line.startswith(">")), len(lines))
    block = "\n".join(lines[: end or fields_start]) + "\n"
    properties = parse_data_fields(lines[end or fields_start :])

    def read() -> Structure:
        if end is None:
            raise InputError('the record is cut short: it has no line "M  END"')
        check_columns(properties)
        structure = read_molblock(block)
        return structure._replace(notes=(*structure.notes, *_other_structures(structure, properties)))

    title = lines[0].strip() if lines and not lines[0].startswith(">") else ""
    named = find_id_name(list(properties))
    return read_record(row, title or properties.get(named or "", ""), read=read, properties=properties)


def _other_structures(structure: Structure, properties: Mapping[str, str]) -> Iterator[str]:
    """Yield a note for each data field whose SMILES is of another constitution than the molfile."""
    if structure.molecule is None:
        return
    own = flat_smiles(structure.molecule.rdkit)
    for name, text in properties.items():
        if "smi" not in (key := plain_name(name)) or key not in SMILES_NAMES:
            continue
        with suppress(InputError):
            parts = Chem.GetMolFrags(parse_line_notation(text).rdkit, asMols=True)
            if own not in set(map(flat_smiles, parts)):
                yield f"the field {name} is of another molecule, {text.strip()[:40]}: the molfile is read"


def parse_data_fields(lines: list[str]) -> dict[str, str]:
    """Return the data items of an SDF record, `> <name>` and the lines up to the next empty one."""
    fields: dict[str, str] = {}
    name = None
    for line in lines:
        match = _FIELD.match(line)
        if match:
            name = match[1]
            fields[name] = ""
        elif not line.strip():
            name = None
        elif name is not None:
            fields[name] = f"{fields[name]}\n{line}" if fields[name] else line
    return fields


def read_molblock(block: str) -> Structure:
    """Return the molecule of a molfile, and its geometry when it is 3-D with all its hydrogens and can be the molecule's.

    Raises
    ------
    InputError
        If the block cannot be read, with what is wrong where that can be told.
    DomainError
        If it holds more than MAX_GRAPH_ATOMS atoms.
    """
    graph = Chem.MolFromMolBlock(block, sanitize=False, removeHs=False)
    if graph is not None and graph.GetNumAtoms() > MAX_GRAPH_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {graph.GetNumAtoms()}")
    if graph is not None and has_dative_bonds(graph):
        mol = separate_charges(graph)
    else:
        mol = Chem.MolFromMolBlock(block, removeHs=False)
    if mol is None:
        raise InputError(f"the molfile cannot be read ({_explain(block, graph)})")
    if mol.GetNumConformers() and mol.GetConformer().Is3D() and is_drawing(mol):
        drawing = Chem.MolFromMolBlock(tag_2d(block), removeHs=False)  # wedges count, coordinates do not
        return Structure(molecule_from_rdkit(drawing or mol), None, (FLAT_TAG,))
    structure = read_mol(mol)
    is_2d = (
        mol.GetNumConformers() > 0 and not mol.GetConformer().Is3D()
    )  # RDKit takes a flat record with wedges for 2-D
    return structure._replace(notes=(FLAT_TAG,)) if is_2d and tag_of(block) == "3D" else structure


def read_mol(mol: Chem.Mol) -> Structure:
    """Return the molecule of an RDKit molecule, and its geometry when it has a 3-D conformer that can be its own.

    Stereochemistry is taken from a 3-D conformer. Where its coordinates are not used, a note says why.

    Raises
    ------
    InputError
        If it has no atoms, or its valences do not add up.
    """
    if mol.GetNumAtoms() == 0 or not mol.GetNumConformers() or not mol.GetConformer().Is3D():
        return Structure(molecule_from_rdkit(mol))
    mol = Chem.Mol(mol)
    Chem.AssignStereochemistryFrom3D(mol, replaceExistingTags=True)
    if lacks_hydrogens(mol):
        return Structure(molecule_from_rdkit(mol), None, (NO_HYDROGENS,))
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
    geometry = Geometry(numbers, mol.GetConformer().GetPositions())
    violation = geometry_violations([geometry], ENGINE_DOMAIN)[0]
    if violation is not None and violation.rule in IMPOSSIBLE and not find_unit(mol, geometry.positions):
        return Structure(molecule_from_rdkit(mol), geometry)
    return structure_in_space(mol, geometry)


def is_drawing(mol: Chem.Mol) -> bool:
    """Return whether a molecule's coordinates lie in the plane of the paper, and are not the molecule's own."""
    positions = mol.GetConformer().GetPositions()
    if len(positions) < 4 or not np.isfinite(positions).all() or np.ptp(positions[:, 2]):
        return False
    return lacks_hydrogens(mol) or bool(fault_of_given(mol, positions))


def lacks_hydrogens(mol: Chem.Mol) -> bool:
    """Return whether any hydrogen is not written out as an atom."""
    return any(atom.GetTotalNumHs(includeNeighbors=False) for atom in mol.GetAtoms())


def tag_of(block: str) -> str:
    """Return the "2D" or "3D" of a molfile's second line."""
    return block.split("\n", 2)[1][20:22]


def tag_2d(block: str) -> str:
    """Return a molfile with "2D" in the place of its second line where "3D" stands."""
    lines = block.split("\n")
    lines[1] = f"{lines[1][:20]}2D{lines[1][22:]}"
    return "\n".join(lines)


def _explain(block: str, graph: Chem.Mol | None) -> str:
    """Say what RDKit dislikes about a molfile: its chemistry, its coordinates, or its form."""
    if graph is not None:
        problems = Chem.DetectChemistryProblems(graph)
        return problems[0].Message() if problems else "its valences do not add up"
    for k, line in enumerate(block.split("\n")[4:], start=1):
        fields = line.removeprefix("M  V30").split()
        xyz = fields[2:5] if line.startswith("M  V30") else fields[:3]
        if len(xyz) < 3 or not any(_is_not_finite(value) for value in xyz):
            continue
        return f"coordinates must be finite numbers, atom line {k} has {' '.join(xyz)}"
    return "its counts, atom or bond lines are malformed"


def _is_not_finite(value: str) -> bool:
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False
