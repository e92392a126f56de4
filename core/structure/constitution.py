"""Constitution: which atoms are bonded to which, as one key a molecule, told from its geometry alone."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from rdkit import Chem

from core.structure.geometry import Geometry

# A bond is this many sums of covalent radii, as in core.readers.xyz, where it found 599 of 600 QM9 molecules right
BOND_FACTOR = 1.15


def constitution_key(geometry: Geometry) -> str:
    """Return 16 hexadecimal digits that name the graph of atoms and bonds, hydrogens included, bond orders not.

    Invariant: the molecule turned, mirrored, renumbered or a little distorted keeps its key. Stereoisomers and
    conformers share it.
    """
    radii = np.array([Chem.GetPeriodicTable().GetRcovalent(int(z)) for z in geometry.numbers])
    distances = np.linalg.norm(geometry.positions[:, None] - geometry.positions[None], axis=-1)
    bonded = np.triu(distances < BOND_FACTOR * (radii[:, None] + radii[None]), k=1)
    return graph_key(geometry.numbers.tolist(), np.argwhere(bonded).tolist())


def graph_key(numbers: Sequence[int], bonds: Iterable[Sequence[int]]) -> str:
    """Return the key of atoms (atomic numbers) and bonds (pairs of their places)."""
    graph = Chem.RWMol()
    for number in numbers:
        atom = Chem.Atom(number)
        atom.SetNoImplicit(True)
        graph.AddAtom(atom)
    for first, second in bonds:
        graph.AddBond(first, second, Chem.BondType.SINGLE)
    return hashlib.sha256(Chem.MolToSmiles(graph).encode()).hexdigest()[:16]
