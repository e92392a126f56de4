"""Identity and the descriptors that a chemist filters a library by."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from core.library.groups import find_groups
from core.structure.entry import OK
from core.structure.molecule import Molecule

# Column -> what it is [unit]; also written into the Parquet and shown beside the filters.
DESCRIPTORS: dict[str, str] = {
    "n_rings": "rings of the smallest set",
    "ring_sizes": "their sizes, ascending, as text: '3,5'; '' without rings",
    "n_aromatic_rings": "aromatic rings of the smallest set",
    "n_bridgeheads": "bridgehead atoms",
    "n_spiro": "spiro atoms",
    "n_stereocentres": "tetrahedral stereocentres",
    "n_stereo_bonds": "double bonds that are E or Z",
    "n_rotatable_bonds": "rotatable bonds, RDKit's strict definition",
    "n_double_bonds": "carbon-carbon double bonds, aromatic ones not counted",
    "n_triple_bonds": "carbon-carbon triple bonds",
    "n_carbonyls": "carbon-oxygen double bonds",
    "n_hbond_donors": "hydrogen-bond donors",
    "n_hbond_acceptors": "hydrogen-bond acceptors",
    "logp": "octanol-water partition, Crippen's estimate [log10]",
    "tpsa": "topological polar surface area [Angstrom^2]",
    "fraction_sp3": "share of carbons that are sp3",
    "groups": "functional groups, names as in core/library/groups.py",
}

FLOATS = ("logp", "tpsa", "fraction_sp3")


@cache
def _bond_patterns() -> dict[str, Chem.Mol]:
    smarts = {"n_double_bonds": "C=C", "n_triple_bonds": "C#C", "n_carbonyls": "[#6]=O"}
    return {name: Chem.MolFromSmarts(text) for name, text in smarts.items()}


def describe(smiles: str, numbers: np.ndarray) -> dict[str, Any]:
    """Return inchikey, formula and every column of DESCRIPTORS.

    Where no structure is known (`smiles` "": an XYZ whose bonds were not found) only the formula is filled; counts are
    None, the rest NaN or empty.
    """
    if not smiles:
        empty: dict[str, Any] = dict.fromkeys(DESCRIPTORS) | {"ring_sizes": "", "groups": []}
        floats = dict.fromkeys(FLOATS, np.nan)
        return {"inchikey": "", "formula": hill_formula(numbers)} | empty | floats
    molecule = Molecule(smiles)
    mol = molecule.rdkit
    rings = sorted(len(ring) for ring in mol.GetRingInfo().AtomRings())
    stereo = [element.type for element in Chem.FindPotentialStereo(mol) if element.specified == SPECIFIED]
    return {
        "inchikey": molecule.inchikey,
        "formula": molecule.formula,
        "n_rings": len(rings),
        "ring_sizes": ",".join(map(str, rings)),
        "n_aromatic_rings": rdMolDescriptors.CalcNumAromaticRings(mol),
        "n_bridgeheads": rdMolDescriptors.CalcNumBridgeheadAtoms(mol),
        "n_spiro": rdMolDescriptors.CalcNumSpiroAtoms(mol),
        "n_stereocentres": stereo.count(Chem.StereoType.Atom_Tetrahedral),
        "n_stereo_bonds": stereo.count(Chem.StereoType.Bond_Double),
        "n_rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds(mol),
        **{name: len(mol.GetSubstructMatches(pattern)) for name, pattern in _bond_patterns().items()},
        "n_hbond_donors": rdMolDescriptors.CalcNumHBD(mol),
        "n_hbond_acceptors": rdMolDescriptors.CalcNumHBA(mol),
        "logp": rdMolDescriptors.CalcCrippenDescriptors(mol)[0],
        "tpsa": rdMolDescriptors.CalcTPSA(mol),
        "fraction_sp3": rdMolDescriptors.CalcFractionCSP3(mol),
        "groups": find_groups(mol),
    }


def with_descriptors(table: pd.DataFrame) -> pd.DataFrame:
    """Return a prediction table with the columns of DESCRIPTORS behind; rows that are not predicted have none.

    Molecules that occur more than once are described once.
    """
    is_ok = table["status"] == OK
    first = table[is_ok].drop_duplicates("smiles")
    known = {s: describe(s, n) for s, n in zip(first["smiles"], first["numbers"], strict=True)}
    nothing: dict[str, Any] = dict.fromkeys(DESCRIPTORS) | {"ring_sizes": "", "groups": []}
    rows = [known[s] if ok else nothing for s, ok in zip(table["smiles"], is_ok, strict=True)]
    columns = {}
    for name in DESCRIPTORS:
        kind = "object" if name == "groups" else "str" if name == "ring_sizes" else "Int16"
        kind = "float64" if name in FLOATS else kind
        columns[name] = pd.Series([row[name] for row in rows], index=table.index, dtype=kind)
    return table.assign(**columns)


SPECIFIED = Chem.StereoSpecified.Specified


def hill_formula(numbers: np.ndarray) -> str:
    """Return the Hill formula of atomic numbers: C, H, then the others by the alphabet."""
    table = Chem.GetPeriodicTable()
    symbols, counts = np.unique([table.GetElementSymbol(int(z)) for z in numbers], return_counts=True)
    count = dict(zip(symbols.tolist(), counts.tolist(), strict=True))
    first = [s for s in ("C", "H") if "C" in count and s in count]
    order = first + sorted(s for s in count if s not in first)
    return "".join(f"{s}{count[s] if count[s] > 1 else ''}" for s in order)
