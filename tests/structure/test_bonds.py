import numpy as np
import pytest

from core.errors import GeometryError
from core.structure.bonds import check_bonding
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles
from core.structure.relax import relax_geometry

# bonding


def test_changed_bonding_is_seen():
    molecule = parse_smiles("CO")
    geometry = embed_geometry(molecule)
    check_bonding(molecule.rdkit, geometry)
    stretched = geometry.positions.copy()
    stretched[1] += 3 * (stretched[1] - stretched[0])  # oxygen away from carbon, its hydrogen left behind
    with pytest.raises(GeometryError, match="broke"):
        check_bonding(molecule.rdkit, Geometry(geometry.numbers, stretched))
    close = geometry.positions.copy()
    close[3] = close[2] + [0.5, 0, 0]  # two hydrogens of the methyl on top of each other
    with pytest.raises(GeometryError, match=r"broke|formed"):
        check_bonding(molecule.rdkit, Geometry(geometry.numbers, close))


def test_short_gaps_of_real_cages_are_no_bonds():
    """Bicyclo[1.1.1]pentane: the bridgeheads are 1.87 Angstrom apart (Levin et al., Chem. Rev. 2000, 100, 169)."""
    molecule = parse_smiles("C12CC(C1)C2")
    geometry, _ = relax_geometry(embed_geometry(molecule))
    first, second = (atom.GetIdx() for atom in molecule.rdkit.GetAtoms() if atom.GetDegree() == 3)
    assert np.linalg.norm(geometry.positions[first] - geometry.positions[second]) == pytest.approx(1.87, abs=0.05)
    check_bonding(molecule.rdkit, geometry)
