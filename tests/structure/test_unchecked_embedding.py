import pytest

from core.errors import GeometryError
from core.structure.bonds import check_bonding
from core.structure.embed import embed_geometry
from core.structure.molecule import Molecule, parse_smiles
from core.structure.stereochemistry import (
    enumerate_stereoisomers,
    read_stereochemistry,
)
from core.structure.unchecked_embedding import embed_any_isomer


def test_rescue_embeds_what_distance_geometry_turns_down():
    isomers = enumerate_stereoisomers(parse_smiles("CC(=O)C1(O)C2CC1C2"))
    with pytest.raises(GeometryError):
        embed_geometry(isomers[0], max_iterations=20)
    found = embed_any_isomer(isomers, n_conformers=6, seed=7)
    assert found
    for smiles, geometry in found.items():
        check_bonding(Molecule(smiles).rdkit, geometry)
        assert read_stereochemistry(Molecule(smiles).rdkit, geometry.positions).smiles == smiles
