"""Bonds: whether those seen in a geometry are the molecule's own."""

import numpy as np
from rdkit import Chem

from core.errors import GeometryError
from core.structure.geometry import Geometry

LONGEST_BOND = 1.25  # in sums of covalent radii: C-C 1.90, O-H 1.21 Angstrom (a shared proton has 1.2)
SHORTEST_GAP = 1.15  # the same for atoms not bonded: C...C 1.75; bicyclo[1.1.1]pentane's bridgeheads are 1.87 apart


def check_bonding(graph: Chem.Mol, geometry: Geometry) -> None:
    """Raise GeometryError unless the bonds seen in the geometry are the molecule's own.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs. See LONGEST_BOND and SHORTEST_GAP.
    """
    mol = Chem.AddHs(graph)
    bonded = Chem.GetAdjacencyMatrix(mol).astype(bool)
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in geometry.numbers])
    distances = np.linalg.norm(geometry.positions[:, None] - geometry.positions[None], axis=-1)
    ratio = distances / (radii[:, None] + radii[None])
    np.fill_diagonal(ratio, np.inf)
    broken, made = bonded & (ratio > LONGEST_BOND), ~bonded & (ratio < SHORTEST_GAP)
    for what, pairs in (("broke", broken), ("formed", made)):
        if pairs.any():
            i, j = np.argwhere(pairs)[0]
            names = "-".join(f"{geometry.symbols[k]}{k + 1}" for k in (i, j))
            raise GeometryError(f"bonding changed on relaxing: {names} {what} ({distances[i, j]:.2f} Angstrom)")
