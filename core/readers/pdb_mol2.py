"""PDB and MOL2, by RDKit."""

import re

import numpy as np
from rdkit import Chem

from core.errors import DomainError, InputError
from core.readers.identity import identify_geometry
from core.readers.records import MAX_GRAPH_ATOMS, Structure, check_rows, read_record, split_lines
from core.readers.sdf import read_mol
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS

MOL2_RECORD = "@<TRIPOS>MOLECULE"
_PDB_START = re.compile(
    r"(HEADER|TITLE|COMPND|REMARK|CRYST1|AUTHOR|MODEL|ATOM|HETATM|SOURCE|KEYWDS|EXPDTA|SEQRES|OBSLTE|NUMMDL)( |\d|$)"
)
_PDB_ATOM = re.compile(r"^(ATOM  |HETATM)[ \d]{4}\d ", re.MULTILINE)


def looks_like_pdb(text: str) -> bool:
    """Whether a text begins as PDB files do and has lines of atoms."""
    return bool(_PDB_START.match(text.lstrip())) and bool(_PDB_ATOM.search(text))


def looks_like_mol2(text: str) -> bool:
    """Whether a text has a MOL2 record."""
    return MOL2_RECORD in text and bool(re.search(rf"^{MOL2_RECORD}", text, re.MULTILINE))


def read_pdb(text: str) -> list[Entry]:
    """Return one entry a model. Bonds and charges, which PDB files do not tell, come from the distances."""
    title = " ".join(line[10:].strip() for line in split_lines(text[:20_000]) if line.startswith(("TITLE", "COMPND")))
    models: list[list[str]] = [[]]
    for line in split_lines(text):
        if line.startswith("ENDMDL"):
            models.append([])
        elif line.startswith(("ATOM  ", "HETATM")):
            models[-1].append(line)
    models = [model for model in models if model]
    check_rows(len(models))
    return [_read_pdb_model(row, model, title) for row, model in enumerate(models, start=1)]


def _read_pdb_model(row: int, lines: list[str], title: str) -> Entry:
    residue = lines[0][17:20].strip()

    def read() -> Structure:
        if len(lines) > MAX_GRAPH_ATOMS:
            raise DomainError(f"at most {MAX_ATOMS} atoms, found {len(lines)}")
        mol = Chem.MolFromPDBBlock("\n".join(lines) + "\nEND\n", sanitize=False, removeHs=False, proximityBonding=False)
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("the PDB record cannot be read: its atom lines are malformed")
        left_out = len(lines) - mol.GetNumAtoms()
        numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
        if not numbers.all():
            raise InputError(f"the PDB record cannot be read: atom line {int(np.argmin(numbers)) + 1} names no element")
        structure = identify_geometry(Geometry(numbers, mol.GetConformer().GetPositions()))
        notes = (f"{left_out} atom lines are left out: further places of disordered atoms",) if left_out else ()
        return structure._replace(notes=(*notes, *structure.notes))

    return read_record(row, title or residue, read=read)


def read_mol2(text: str) -> list[Entry]:
    """Return one entry a record; what stands before the first is left out."""
    blocks = re.split(rf"^(?={MOL2_RECORD})", text, flags=re.MULTILINE)[1:]
    check_rows(len(blocks))
    return [_read_mol2_record(row, block) for row, block in enumerate(blocks, start=1)]


def _read_mol2_record(row: int, block: str) -> Entry:
    lines = split_lines(block)
    title = lines[1].strip() if len(lines) > 1 else ""

    def read() -> Structure:
        counts = lines[2].split() if len(lines) > 2 else []
        n_atoms = int(counts[0]) if counts and counts[0].isdecimal() and len(counts[0]) < 8 else 0
        if n_atoms > MAX_GRAPH_ATOMS:
            raise DomainError(f"at most {MAX_ATOMS} atoms, found {n_atoms}")
        mol = Chem.MolFromMol2Block("\n".join(lines) + "\n", removeHs=False)
        if mol is None:
            raise InputError(
                "the MOL2 record cannot be read: its counts, atoms or bonds are malformed, or its valences do not add up"
            )
        if mol.GetNumConformers():
            positions = mol.GetConformer().GetPositions()
            mol.GetConformer().Set3D(bool(np.ptp(positions, axis=0).all()) or mol.GetNumAtoms() < 4)
        return read_mol(fill_valences(mol))

    return read_record(row, "" if title == "*****" else title, read=read)


def fill_valences(mol: Chem.Mol) -> Chem.Mol:
    """Return a molecule whose open valences stand for hydrogens that are not written, as RDKit counts them in a MOL file.

    RDKit takes a MOL2 atom's hydrogens from its lines alone: ethane without them would be a biradical.
    """
    filled = Chem.RWMol(mol)
    has_hydrogens = any(atom.GetAtomicNum() == 1 for atom in filled.GetAtoms())
    for atom in filled.GetAtoms():
        if not has_hydrogens and atom.GetFormalCharge() < 0:  # an O of one bond, which RDKit takes for an anion's
            atom.SetFormalCharge(0)
            atom.SetNoImplicit(False)
        if atom.GetNumRadicalElectrons() and not atom.GetFormalCharge():
            atom.SetNumRadicalElectrons(0)
            atom.SetNoImplicit(False)
    Chem.SanitizeMol(filled)
    return filled.GetMol()
