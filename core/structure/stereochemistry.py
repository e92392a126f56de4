"""Stereoisomers up to mirror images, and whether a relaxed geometry is still the molecule that was asked for."""

import numpy as np
from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from core.errors import DomainError, GeometryError
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule, molecule_from_rdkit

MAX_STEREOISOMERS = 512  # of one constitution, mirror images counted; seven centres and two double bonds
PYRAMID = 3  # neighbours of a centre whose fourth place is a lone pair
CHIRAL = (Chem.ChiralType.CHI_TETRAHEDRAL_CW, Chem.ChiralType.CHI_TETRAHEDRAL_CCW)


def enumerate_stereoisomers(molecule: Molecule) -> list[Molecule]:
    r"""Return every stereoisomer that the SMILES leaves open, of each mirror pair one, in a fixed order.

    Mirror images have the same levels, so one stands for both: of the two that an open SMILES allows the one whose
    canonical SMILES is smaller by text; what the SMILES fixes stays as it is.

    Raises
    ------
    DomainError
        If there are more than MAX_STEREOISOMERS.

    Examples
    --------
    >>> from core.structure.molecule import parse_smiles
    >>> [isomer.smiles for isomer in enumerate_stereoisomers(parse_smiles("CC=CC"))]
    ['C/C=C/C', 'C/C=C\\C']
    """
    options = StereoEnumerationOptions(unique=True, onlyUnassigned=True, maxIsomers=MAX_STEREOISOMERS + 1)
    found: dict[str, set[str]] = {}
    for n, isomer in enumerate(EnumerateStereoisomers(molecule.rdkit, options=options), start=1):
        if n > MAX_STEREOISOMERS:
            raise DomainError(f"at most {MAX_STEREOISOMERS} stereoisomers are enumerated, {molecule.smiles} has more")
        candidate = molecule_from_rdkit(isomer)
        found.setdefault(hand_free_smiles(candidate), set()).add(settle(candidate.smiles))
    return [Molecule(min(found[key])) for key in sorted(found)]


def mirror_image(molecule: Molecule) -> Molecule:
    """Return the molecule seen in a mirror: every tetrahedral centre inverted, double bonds as they are."""
    mol = Chem.Mol(molecule.rdkit)
    for atom in mol.GetAtoms():
        if atom.GetChiralTag() in CHIRAL:
            atom.InvertChirality()
    return molecule_from_rdkit(mol)


def flat_smiles(mol: Chem.Mol) -> str:
    """Return the canonical SMILES without stereochemistry and isotopes: that of the constitution as it is written."""
    return str(Chem.MolToSmiles(mol, isomericSmiles=False))


def hand_free_smiles(molecule: Molecule) -> str:
    """Return one canonical SMILES for both mirror images: the smaller, by text, of the two."""
    settled = (settle(molecule.smiles), settle(mirror_image(molecule).smiles))
    return min(settled)


def settle(smiles: str) -> str:
    """Write and read a SMILES until it stays: RDKit's first canonical form of a cage is not always its last."""
    for _ in range(4):
        again = Chem.CanonSmiles(smiles)
        if again == smiles:
            break
        smiles = again
    return smiles


def check_stereochemistry(graph: Chem.Mol, geometry: Geometry) -> Molecule:
    """Return the molecule with its stereochemistry read from the geometry; raise if that contradicts the graph.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs.

    Raises
    ------
    GeometryError
        If a centre or double bond that the graph fixes came out otherwise.
    """
    seen, own = read_stereochemistry(graph, geometry.positions), Chem.MolToSmiles(graph)
    if seen.smiles != settle(own) and not seen.rdkit.HasSubstructMatch(graph, useChirality=True):
        raise GeometryError(f"stereochemistry changed on relaxing: {own} became {seen.smiles}")
    return seen


def read_stereochemistry(graph: Chem.Mol, positions: np.ndarray) -> Molecule:
    """Return the molecule with the stereochemistry that (n_atoms, 3) positions [Angstrom] show, whatever its own."""
    mol = Chem.AddHs(graph)
    conformer = Chem.Conformer(len(positions))
    conformer.SetPositions(np.array(positions, dtype=np.float64))
    mol.AddConformer(conformer, assignId=True)
    Chem.AssignStereochemistryFrom3D(mol)
    see_pyramids(mol, graph, positions)
    return Molecule(settle(molecule_from_rdkit(mol).smiles))


def see_pyramids(mol: Chem.Mol, graph: Chem.Mol, positions: np.ndarray) -> None:
    """Mark in place the centres of three neighbours (phosphines, aziridines) that a graph fixes; RDKit looks at none in 3-D."""
    for wanted in graph.GetAtoms():
        atom = mol.GetAtomWithIdx(wanted.GetIdx())
        if wanted.GetChiralTag() in CHIRAL and atom.GetChiralTag() not in CHIRAL and atom.GetDegree() == PYRAMID:
            bonds = positions[[neighbour.GetIdx() for neighbour in atom.GetNeighbors()]] - positions[atom.GetIdx()]
            atom.SetChiralTag(CHIRAL[int(np.linalg.det(bonds) > 0)])  # as RDKit tags: against the clock where positive
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


def is_stereo_open(molecule: Molecule, seen: Molecule) -> bool:
    """Return whether a molecule leaves open a stereochemistry that its geometry shows."""
    return settle(molecule.smiles) != settle(seen.smiles) and leaves_stereo_open(molecule)


def leaves_stereo_open(molecule: Molecule) -> bool:
    """Return whether a centre or double bond of a molecule may be either way and is not told.

    Examples
    --------
    >>> leaves_stereo_open(Molecule("CC(O)F")), leaves_stereo_open(Molecule("C[C@H](O)F"))
    (True, False)
    """
    return any(info.specified == Chem.StereoSpecified.Unspecified for info in Chem.FindPotentialStereo(molecule.rdkit))


def reorder(geometry: Geometry, drawn: Molecule, wanted: Molecule) -> Geometry:
    """Return the geometry with its atoms in the order of another SMILES of the same constitution, hydrogens added."""
    if drawn.smiles == wanted.smiles:
        return geometry
    order = list(Chem.AddHs(drawn.rdkit).GetSubstructMatch(Chem.AddHs(wanted.rdkit)))
    return Geometry(geometry.numbers[order], geometry.positions[order], geometry.origin)
