"""A molecule's bonds laid on atoms in space, whatever their order."""

import numpy as np
from rdkit import Chem
from rdkit.Geometry import Point3D

from core.structure.bonds import FITTING_BOND, bond_ratios, bonded_pairs


def place_atoms(mol: Chem.Mol, numbers: np.ndarray, positions: np.ndarray) -> Chem.Mol | None:
    """Return the molecule with its hydrogens, each atom where the geometry has it; stereochemistry from the geometry.

    Parameters
    ----------
    mol : RDKit molecule, hydrogens implicit
    numbers : (n_atoms,) int
        In any order.
    positions : (n_atoms, 3) float64 [Angstrom]

    Returns
    -------
    The molecule, atoms in the geometry's order; None where its bonds cannot be laid on the geometry.
    """
    full = Chem.AddHs(mol)
    if sorted(a.GetAtomicNum() for a in full.GetAtoms()) != sorted(numbers.tolist()):
        return None
    order = list(range(len(numbers)))
    if [a.GetAtomicNum() for a in full.GetAtoms()] != numbers.tolist() or not bonds_fit(full, positions):
        order = match_bonds(full, numbers, positions)
        if not order:
            return None
    conformer = Chem.Conformer(len(numbers))
    for atom, place in enumerate(order):
        conformer.SetAtomPosition(atom, Point3D(*map(float, positions[place])))
    full.RemoveAllConformers()
    full.AddConformer(conformer, assignId=True)
    full = Chem.RenumberAtoms(full, np.argsort(order).tolist())
    Chem.AssignStereochemistryFrom3D(full, replaceExistingTags=True)
    return full


def match_bonds(full: Chem.Mol, numbers: np.ndarray, positions: np.ndarray) -> list[int]:
    """Return the place in the geometry of each atom, by matching the two bond graphs; [] where they differ."""
    target = Chem.RWMol(bare_atoms(numbers, positions))
    for i, j in bonded_pairs(numbers, positions):
        target.AddBond(i, j, Chem.BondType.SINGLE)
    graph = Chem.RWMol()
    for atom in full.GetAtoms():
        graph.AddAtom(Chem.Atom(atom.GetAtomicNum()))
    for bond in full.GetBonds():
        graph.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    if graph.GetNumBonds() != target.GetNumBonds():
        return []
    return list(target.GetSubstructMatch(graph))


def bonds_fit(full: Chem.Mol, positions: np.ndarray) -> bool:
    """Return whether each bond is within FITTING_BOND, the atoms being in the molecule's order."""
    ratios = bond_ratios(np.array([a.GetAtomicNum() for a in full.GetAtoms()]), positions)
    ends = np.array([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in full.GetBonds()], dtype=int).reshape(-1, 2)
    return bool((ratios[ends[:, 0], ends[:, 1]] < FITTING_BOND).all())


def bare_atoms(numbers: np.ndarray, positions: np.ndarray) -> Chem.Mol:
    """Return atoms in space without bonds, and without the hydrogens that RDKit would add to them."""
    mol = Chem.RWMol()
    conformer = Chem.Conformer(len(numbers))
    for k, (number, position) in enumerate(zip(numbers, positions, strict=True)):
        atom = Chem.Atom(int(number))
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
        conformer.SetAtomPosition(k, Point3D(*map(float, position)))
    mol.AddConformer(conformer, assignId=True)
    return mol.GetMol()
