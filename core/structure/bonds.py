"""Bonds as distances tell them: covalent radii, and how far apart two atoms are in sums of theirs.

One distance means several things, so there are several factors, each with its reason.
"""

from functools import cache

import numpy as np
from rdkit import Chem

from core.elements import BY_NUMBER, ELEMENTS
from core.errors import GeometryError
from core.structure.geometry import Geometry, distance_matrix, name_atoms

# All in sums of covalent radii
SEEN_BOND = 1.15  # bonded where nothing but distances is known: found 599 of 600 QM9 molecules right, 1.2 did 589
SHORTEST_GAP = 1.15  # atoms not bonded stay beyond: C...C 1.75; bicyclo[1.1.1]pentane's bridgeheads are 1.87 apart
LONGEST_BOND = (
    1.26  # a known bond stays within: C-C 1.92, O-H 1.22 Angstrom (a shared proton has 1.2), GFN2-xTB's H2 0.78
)
FITTING_BOND = 1.3  # a known bond laid on a foreign geometry: looser, that was made by another method
FRAGMENT_BOND = 1.4  # what holds a molecule together: loose, so that strained rings are no two fragments

# Beyond the sum of radii of double or triple bonds [Angstrom]. Of 4,100 molecules relaxed with GFN2-xTB none has a longer one, of
# 472 by MMFF94 eight, all of bonds that it takes for single ones: N=C=S, C#[N+][O-], C=[N+][O-]
STRETCHED_ANGSTROM = 0.09
MULTIPLE = {2.0: (0, "double"), 3.0: (1, "triple")}  # order of a bond: its place in `multiple_radii`, its name


@cache
def radii_table() -> np.ndarray:
    """Return covalent radii [Angstrom] by atomic number, (119,): ours, and RDKit's for what is written but not covered."""
    rdkit = Chem.GetPeriodicTable()
    radii = np.array([0.0, *(rdkit.GetRcovalent(z) for z in range(1, 119))])
    for element in ELEMENTS:
        radii[element.number] = element.radius
    radii.flags.writeable = False
    return radii


def covalent_radii(numbers: np.ndarray) -> np.ndarray:
    """Return the covalent radius of each atom [Angstrom]: atomic numbers of any shape -> the same shape."""
    return radii_table()[np.asarray(numbers, dtype=np.int64)]


def radius_sums(numbers: np.ndarray) -> np.ndarray:
    """Return the sums of two atoms' covalent radii [Angstrom]: (..., n_atoms) -> (..., n_atoms, n_atoms)."""
    radii = covalent_radii(numbers)
    sums: np.ndarray = radii[..., :, None] + radii[..., None, :]
    return sums


def bond_ratios(numbers: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return all distances in sums of covalent radii, to be held against the factors above.

    Parameters
    ----------
    numbers : (..., n_atoms) atomic numbers
    positions : (..., n_atoms, 3) [Angstrom]

    Returns
    -------
    (..., n_atoms, n_atoms) float64, infinite on the diagonal.
    """
    relative: np.ndarray = distance_matrix(positions) / radius_sums(numbers)
    return relative


def bonded_pairs(numbers: np.ndarray, positions: np.ndarray, *, within: float = SEEN_BOND) -> list[tuple[int, int]]:
    """Return the pairs i < j of atoms that are bonded, by distance, within a factor; see `bond_ratios`.

    Examples
    --------
    >>> positions = np.array([[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])  # water
    >>> bonded_pairs(np.array([8, 1, 1]), positions)
    [(0, 1), (0, 2)]
    """
    first, second = np.nonzero(np.triu(bond_ratios(numbers, positions) < within, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def check_bonding(graph: Chem.Mol, geometry: Geometry) -> None:
    """Raise GeometryError unless the bonds seen in the geometry are the molecule's own.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs. See LONGEST_BOND and SHORTEST_GAP.
    """
    bonded = Chem.GetAdjacencyMatrix(Chem.AddHs(graph)).astype(bool)
    ratios = bond_ratios(geometry.numbers, geometry.positions)
    broken, made = bonded & (ratios > LONGEST_BOND), ~bonded & (ratios < SHORTEST_GAP)
    for what, pairs in (("broke", broken), ("formed", made)):
        if pairs.any():
            i, j = np.argwhere(pairs)[0]
            names = name_atoms(geometry.symbols, (i, j))
            length = np.linalg.norm(geometry.positions[i] - geometry.positions[j])
            raise GeometryError(f"bonding changed on relaxing: {names} {what} ({length:.2f} Angstrom)")


def stretched_bond(graph: Chem.Mol, geometry: Geometry) -> str:
    """Return in words the double or triple bond that is stretched most beyond STRETCHED_ANGSTROM; "" where none is.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs.

    Examples
    --------
    >>> stretched_bond(Chem.MolFromSmiles("N#N"), Geometry([7, 7], [[0, 0, 0], [0, 0, 1.375]]))
    'N1-N2 is 1.38 Angstrom, as a triple bond it has about 1.08'
    """
    worst, told = STRETCHED_ANGSTROM, ""
    for bond in graph.GetBonds():
        order, pair = bond.GetBondTypeAsDouble(), (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        elements = [BY_NUMBER[z] for z in geometry.numbers[list(pair)].tolist() if z in BY_NUMBER]
        if order not in MULTIPLE or len(elements) < 2:
            continue
        place, kind = MULTIPLE[order]
        usual = sum(element.multiple_radii[place] for element in elements)
        length = float(np.linalg.norm(np.subtract(*geometry.positions[list(pair)])))
        if length - usual > worst:
            names = name_atoms(geometry.symbols, pair)
            worst, told = length - usual, f"{names} is {length:.2f} Angstrom, as a {kind} bond it has about {usual:.2f}"
    return told
