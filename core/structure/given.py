"""Coordinates that a file gives, held against the molecule that they are to be of: never used where they cannot be."""

from itertools import combinations

import numpy as np
from rdkit import Chem

from core.structure.bonds import SEEN_BOND, SHORTEST_GAP, bond_ratios, bonded_pairs
from core.structure.geometry import Geometry
from core.units import BOHR_ANGSTROM

# Shortest and longest bond in sums of covalent radii, wide of all of these: single C-C 1.36 to 1.62 (0.90 to 1.07), nitro N-O
# 0.89, N-O in N2O 0.87, F-F 1.24, N-N in N2O4 1.25; aromatic C-C 0.91, N-O 1.06; double C=C 0.88, azide N=N 0.80; triple C-C 0.79
ASSUMED_LENGTHS = {
    Chem.BondType.SINGLE: (0.83, 1.30),
    Chem.BondType.AROMATIC: (0.80, 1.12),
    Chem.BondType.DOUBLE: (0.76, 1.08),
    Chem.BondType.TRIPLE: (0.70, 0.95),
}
LENGTHS_TO_H = (0.75, 1.21)  # C-H 1.02; H-H 1.19. A drawing whose bonds are all of one length fails here or above
FLATTEST = 0.35  # smallest singular value of four unit vectors to the neighbours: tetrahedral 1.15, in one plane 0
UNITS = {"Bohr": BOHR_ANGSTROM, "nanometres": 10.0, "picometres": 0.01}  # [Angstrom]
LINEAR, PLANAR = (
    150.0,
    340.0,
)  # degrees: angle at an atom of two bonds, sum of angles at one of three; less is bent, pyramidal
SHORT_TO_TERMINAL = {
    6: 0.83,
    7: 0.83,
    8: 0.93,
}  # longest bond of a lone neighbour that needs no hydrogen: triple, triple, double
LONG_AMINE = 0.955  # both bonds of an N of two longer than this, in sums of covalent radii: no double bond among them


def fault_of_given(mol: Chem.Mol, positions: np.ndarray) -> str:
    """Return what is wrong with coordinates as those of a molecule, "" if nothing: bonds, contacts, atoms that cannot be flat.

    Parameters
    ----------
    mol : RDKit molecule, all hydrogens explicit
    positions : (n_atoms, 3) float64 [Angstrom]
        In its order of atoms.
    """
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
    ratios = bond_ratios(numbers, positions)
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        to_h = min(numbers[i], numbers[j]) == 1
        low, high = (
            LENGTHS_TO_H if to_h else ASSUMED_LENGTHS.get(bond.GetBondType(), ASSUMED_LENGTHS[Chem.BondType.SINGLE])
        )
        if not low < ratios[i, j] < high:
            length = np.linalg.norm(positions[i] - positions[j])
            return f"the bond {atom_name(mol, i)}-{atom_name(mol, j)} is {length:.2f} Angstrom long"
    apart = ~Chem.GetAdjacencyMatrix(mol).astype(bool) & (ratios < SHORTEST_GAP)
    if apart.any():
        i, j = np.argwhere(apart)[0].tolist()
        distance = np.linalg.norm(positions[i] - positions[j])
        return f"{atom_name(mol, i)} and {atom_name(mol, j)}, not bonded, are {distance:.2f} Angstrom apart"
    return flat_atom(mol, positions)


def flat_atom(mol: Chem.Mol, positions: np.ndarray) -> str:
    """Return a sentence on the first atom that lies in one plane with its neighbours and cannot, or ""."""
    is_flat = is_planar(positions)
    for atom in mol.GetAtoms():
        neighbours = [n.GetIdx() for n in atom.GetNeighbors()]
        vectors = positions[neighbours] - positions[atom.GetIdx()]
        if len(neighbours) == 4 and atom.GetAtomicNum() in (6, 7, 14, 15):
            unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            if np.linalg.svd(unit, compute_uv=False)[-1] < FLATTEST:
                return f"{atom_name(mol, atom.GetIdx())} and its four neighbours lie in one plane"
        pyramidal = atom.GetAtomicNum() in (7, 15) and atom.GetHybridization() == Chem.HybridizationType.SP3
        if is_flat and pyramidal and len(neighbours) == 3:
            return f"{atom_name(mol, atom.GetIdx())} and its three neighbours lie in one plane"
    return ""


def is_planar(positions: np.ndarray) -> bool:
    """Return whether all atoms lie in one plane, to a thousandth of an Angstrom; three atoms or fewer always do."""
    return len(positions) < 4 or bool(np.linalg.svd(positions - positions.mean(axis=0), compute_uv=False)[-1] < 1e-3)


def find_unit(mol: Chem.Mol, positions: np.ndarray) -> str:
    """Return the unit other than Angstrom, of UNITS, in which coordinates are a molecule's; "" if in none."""
    return next((unit for unit, factor in UNITS.items() if not fault_of_given(mol, factor * positions)), "")


def atoms_lacking_hydrogens(geometry: Geometry) -> list[str]:
    """Return the atoms, "C3", whose neighbours stand as if a hydrogen of theirs were missing.

    A carbon of two neighbours is linear, one of three flat; a lone neighbour of carbon and nitrogen is triply bonded, of
    oxygen doubly; an amine's nitrogen has three. What is told from bond lengths and angles alone may err for carbenes.
    """
    bonds = bonded_pairs(geometry.numbers, geometry.positions, within=SEEN_BOND)
    neighbours: dict[int, list[int]] = {k: [] for k in range(geometry.n_atoms)}
    for i, j in bonds:
        neighbours[i].append(j)
        neighbours[j].append(i)
    ratios = bond_ratios(geometry.numbers, geometry.positions)
    return [
        f"{geometry.symbols[k]}{k + 1}"
        for k, around in neighbours.items()
        if lacks_hydrogen(k, around, geometry=geometry, ratios=ratios)
    ]


def lacks_hydrogen(atom: int, around: list[int], *, geometry: Geometry, ratios: np.ndarray) -> bool:
    """Return whether an atom with these neighbours looks as if it lacked a hydrogen; see `atoms_lacking_hydrogens`."""
    number = int(geometry.numbers[atom])
    lengths = ratios[atom, around]
    if not around:
        return number > 1 and len(geometry.numbers) == 1
    if len(around) == 1 and number in SHORT_TO_TERMINAL:
        is_oxide = number == 8 and geometry.numbers[around[0]] == 7
        return bool(geometry.numbers[around[0]] > 1 and not is_oxide and lengths[0] > SHORT_TO_TERMINAL[number])
    angles = [bond_angle(geometry.positions, i, atom, j) for i, j in combinations(around, 2)]
    if number == 6 and len(around) == 2:
        return angles[0] < LINEAR
    if number == 6 and len(around) == 3:
        return sum(angles) < PLANAR
    return number == 7 and len(around) == 2 and angles[0] < LINEAR and bool(lengths.min() > LONG_AMINE)


def bond_angle(positions: np.ndarray, i: int, centre: int, j: int) -> float:
    """Return the angle i-centre-j [degrees]."""
    a, b = positions[i] - positions[centre], positions[j] - positions[centre]
    return float(np.degrees(np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1))))


def atom_name(mol: Chem.Mol, k: int) -> str:
    """Return an atom's element and its place, counted from 1: "C3"."""
    return f"{mol.GetAtomWithIdx(k).GetSymbol()}{k + 1}"
