"""Structures drawn by RDKit in 2-D; a level's weight on each atom can tint them."""

import base64
from functools import lru_cache
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds
from rdkit.Chem.Draw import rdMolDraw2D

from dashboard.figures.theme import Theme


def molecule_of(numbers: np.ndarray, positions: np.ndarray, smiles: str) -> Chem.Mol | None:
    """Return an RDKit molecule whose atoms stand in the order of the geometry, bonds as the SMILES says.

    Parameters
    ----------
    numbers : (n_atoms,) atomic numbers
    positions : (n_atoms, 3) [Angstrom]
    smiles : str
        Of the same molecule, in any order of atoms.

    Returns
    -------
    Chem.Mol or None
        None where the geometry's connectivity is not the SMILES's.
    """
    bare = Chem.RWMol()
    for number in numbers:
        bare.AddAtom(Chem.Atom(int(number)))
    conformer = Chem.Conformer(len(numbers))
    conformer.SetPositions(np.asarray(positions, dtype=float).reshape(-1, 3))
    bare.AddConformer(conformer)
    rdDetermineBonds.DetermineConnectivity(bare)
    known = Chem.MolFromSmiles(smiles)
    if known is None:
        return None
    known = Chem.AddHs(known)
    if known.GetNumAtoms() != bare.GetNumAtoms():
        return None
    query = Chem.RWMol(known)
    for bond in query.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetIsAromatic(False)
    for atom in query.GetAtoms():
        atom.SetIsAromatic(False)
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    match = bare.GetSubstructMatch(query)
    if len(match) != known.GetNumAtoms() or bare.GetNumBonds() != known.GetNumBonds():
        return None
    order = np.empty(len(match), dtype=int)
    order[list(match)] = np.arange(len(match))
    mol = Chem.RenumberAtoms(known, [int(k) for k in order])
    mol.RemoveAllConformers()
    mol.AddConformer(conformer, assignId=True)
    return mol


def draw_molecule(
    mol: Chem.Mol,
    *,
    theme: Theme,
    weights: np.ndarray | None = None,
    size: tuple[int, int] = (380, 280),
    number: bool = False,
) -> str:
    """Return an SVG, hydrogens hidden; `weights` (n_atoms,) tints atoms, a hydrogen's weight goes to its neighbour."""
    heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
    share = fold_hydrogens(mol, weights) if weights is not None else None
    for atom in mol.GetAtoms():
        atom.SetIntProp("source", atom.GetIdx())
    flat = Chem.RemoveHs(mol) if heavy else Chem.Mol(mol)
    flat.RemoveAllConformers()
    tints, radii = {}, {}
    for atom in flat.GetAtoms():
        source = atom.GetIntProp("source")
        if number:
            atom.SetProp("atomNote", str(source + 1))
        if share is not None and share[source] >= 0.02:
            r, g, b = (int(theme.accent[k : k + 2], 16) / 255 for k in (1, 3, 5))
            tints[atom.GetIdx()] = (r, g, b, float(0.12 + 0.6 * min(share[source], 1.0)))
            radii[atom.GetIdx()] = float(0.25 + 0.35 * np.sqrt(min(share[source], 1.0)))
    drawer = rdMolDraw2D.MolDraw2DSVG(*size)
    options: Any = drawer.drawOptions()  # its stubs know no setters
    if theme.dark:
        rdMolDraw2D.SetDarkMode(options)
    options.clearBackground = False
    options.bondLineWidth = 1.6
    options.padding = 0.08
    options.maxFontSize = 18
    options.annotationFontScale = 0.6
    options.fixedBondLength = 34
    options.highlightBondWidthMultiplier = 1
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer, flat, highlightAtoms=list(tints), highlightAtomColors=tints, highlightAtomRadii=radii, highlightBonds=[]
    )
    drawer.FinishDrawing()
    return drawer.GetDrawingText()


def fold_hydrogens(mol: Chem.Mol, weights: np.ndarray) -> np.ndarray:
    """Return weights (n_atoms,) with each hydrogen's added to the heavy atom that carries it."""
    folded = np.array(weights, dtype=float)
    for atom in mol.GetAtoms():
        heavy = [n.GetIdx() for n in atom.GetNeighbors() if n.GetAtomicNum() > 1]
        if atom.GetAtomicNum() == 1 and heavy:
            folded[heavy[0]] += folded[atom.GetIdx()]
            folded[atom.GetIdx()] = 0.0
    return folded


@lru_cache(maxsize=20_000)
def structure_uri(smiles: str, *, theme: Theme, size: tuple[int, int] = (170, 110)) -> str | None:
    """Return the drawing of a SMILES as a data URI for table cells; None where RDKit cannot read it."""
    mol = Chem.MolFromSmiles(smiles) if smiles else None
    return svg_uri(draw_molecule(mol, theme=theme, size=size)) if mol is not None else None


def svg_uri(svg: str) -> str:
    """Return an SVG as a data URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
