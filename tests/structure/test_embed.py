import numpy as np
import pytest

from core.errors import GeometryError
from core.structure.domain import check_geometry
from core.structure.embed import embed_geometry
from core.structure.geometry import FAST
from core.structure.molecule import parse_smiles


def test_embedding_is_deterministic_and_says_where_it_comes_from():
    molecule = parse_smiles("C[C@H](N)C(=O)O")
    first, second = embed_geometry(molecule), embed_geometry(molecule)
    assert first.origin == FAST
    np.testing.assert_array_equal(first.positions, second.positions)
    check_geometry(first)


def test_impossible_molecules_fail_with_a_sentence():
    with pytest.raises(GeometryError, match="no 3-D geometry"):
        embed_geometry(parse_smiles("[C@@]12(C)C[C@]1(C)[C@@]2(C)O"), max_iterations=1)
