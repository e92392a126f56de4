"""Molecules as Python objects: SMILES, RDKit molecules, ASE Atoms and our own types to entries, in order, none lost."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem

from core.errors import DomainError, InputError
from core.readers.identity import identify_geometry
from core.readers.lines import read_line
from core.readers.records import MAX_GRAPH_ATOMS, Structure, read_record
from core.readers.sdf import read_mol
from core.readers.xyz import read_isolated
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS, Molecule

if TYPE_CHECKING:
    from ase import Atoms

OBJECTS_READ = "a SMILES or InChI, an RDKit molecule, ASE Atoms, or a Molecule, Geometry or entry of Eigenscope"


def read_objects(molecules: Any) -> list[Entry]:
    """Return one entry for each molecule, in order; one that cannot be read fails alone, with the reason.

    Parameters
    ----------
    molecules
        One of OBJECTS_READ, or an iterable of them, mixed as you like. A string is never taken as a file's name.
        An RDKit molecule with a 3-D conformer and all its hydrogens keeps its (first) conformer as geometry, another is a
        graph. Atoms and Geometry are used where they stand [Angstrom].

    Raises
    ------
    InputError
        If it is neither, or a table, of which a column has to be named.
    """
    if hasattr(molecules, "columns"):
        raise InputError("molecules must be given one by one: of a table name the column, as in table['smiles']")
    if isinstance(molecules, Mapping):
        raise InputError("molecules must be given one by one: of a mapping name the values, as in table.values()")
    if is_one(molecules):
        molecules = [molecules]
    if not isinstance(molecules, Iterable):
        raise InputError(f"molecules must be {OBJECTS_READ}, or a list of these, got {type(molecules).__name__}")
    return [read_object(row, molecule) for row, molecule in enumerate(molecules, start=1)]


def is_one(thing: Any) -> bool:
    """Return whether a thing is one molecule, rather than several."""
    return isinstance(thing, str | bytes | Chem.Mol | Molecule | Geometry | Entry) or is_atoms(thing)


def is_atoms(thing: Any) -> bool:
    """Return whether a thing is ASE's Atoms; ASE is not loaded to find out."""
    return any(base.__module__.partition(".")[0] == "ase" and base.__name__ == "Atoms" for base in type(thing).__mro__)


def read_object(row: int, thing: Any) -> Entry:
    """Return the entry of one molecule of OBJECTS_READ; of anything else a failed one that says so."""
    if isinstance(thing, Entry):
        return replace(thing, row=row)
    if isinstance(thing, str) and "\n" not in thing.strip():
        return read_line(row, thing.strip())
    if isinstance(thing, Chem.Mol):
        return read_rdkit(row, thing)
    if is_atoms(thing):
        return read_atoms(row, thing)

    def read() -> Structure:
        if isinstance(thing, Molecule):
            return Structure(thing)
        if isinstance(thing, Geometry):
            return identify_geometry(thing, is_angstrom=True)
        if isinstance(thing, str):
            raise InputError("a string holds one molecule, got several lines: give a list, as in text.splitlines()")
        raise InputError(f"a molecule must be {OBJECTS_READ}, got {type(thing).__name__}")

    return read_record(row, "", read=read)


def read_rdkit(row: int, mol: Chem.Mol) -> Entry:
    """Return the entry of an RDKit molecule, named by its `_Name`; the molecule is left as it was."""

    def read() -> Structure:
        if mol.GetNumAtoms() > MAX_GRAPH_ATOMS:
            raise DomainError(f"at most {MAX_ATOMS} atoms, found {mol.GetNumAtoms()}")
        own = Chem.Mol(mol)
        Chem.SanitizeMol(own)  # a molecule that was built by hand may lack its implicit hydrogens
        found = read_mol(own)
        if mol.GetNumConformers() > 1 and found.geometry is not None:
            told = f"the first of {mol.GetNumConformers()} conformers is used; for others give each as a molecule of its own"
            found = found._replace(notes=(*found.notes, told))
        return found

    return read_record(row, mol.GetProp("_Name") if mol.HasProp("_Name") else "", read=read)


def read_atoms(row: int, atoms: "Atoms") -> Entry:
    """Return the entry of ASE Atoms, named by `info["name"]` or `info["id"]`; `info["smiles"]` states who they are."""
    info = {str(k): str(v) for k, v in atoms.info.items() if isinstance(v, str | int | float)}

    def read() -> Structure:
        stated = {key: value for key, value in info.items() if key not in ("smiles", "pbc", "Lattice")}
        totals = {
            "charge": f"{atoms.get_initial_charges().sum():.1f}",
            "uhf": f"{np.abs(atoms.get_initial_magnetic_moments()).sum():.1f}",
        }
        electrons = read_isolated(totals | stated | {"pbc": "T" if np.any(atoms.pbc) else "F"})
        if len(atoms) > MAX_GRAPH_ATOMS:
            raise DomainError(f"at most {MAX_ATOMS} atoms, found {len(atoms)}")
        geometry = Geometry(np.array(atoms.numbers), np.array(atoms.positions))
        is_neutral = "charge" in info and not electrons.charge
        return identify_geometry(geometry, info.get("smiles", ""), is_neutral=is_neutral, is_angstrom=True)

    return read_record(row, info.get("name", info.get("id", "")), read=read, properties=info)
