"""Constitution: which atoms are bonded to which, as one key a molecule, told from its geometry alone."""

import hashlib
from collections.abc import Iterable, Sequence

from rdkit import Chem

from core.structure.bonds import bonded_pairs
from core.structure.geometry import Geometry


def constitution_key(geometry: Geometry) -> str:
    """Return 16 hexadecimal digits that name the graph of atoms and bonds, hydrogens included, bond orders not.

    Invariant: the molecule turned, mirrored, renumbered or a little distorted keeps its key. Stereoisomers and
    conformers share it.

    Examples
    --------
    >>> water = Geometry([8, 1, 1], [[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])
    >>> turned = Geometry(water.numbers[::-1], water.positions[::-1, ::-1])
    >>> constitution_key(turned) == constitution_key(water)
    True
    """
    return graph_key(geometry.numbers.tolist(), bonded_pairs(geometry.numbers, geometry.positions))


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
