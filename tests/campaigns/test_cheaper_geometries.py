"""Cheaper geometries of QM9: the same conformer, relaxed two ways, or left out."""

import numpy as np
from rdkit import Chem

from core.campaigns.cheaper_geometries import (
    FARTHEST_ANGSTROM,
    FORCE_FIELD,
    GFN2,
    as_int16,
    distance_between,
    relax_both_ways,
)
from core.models.geometry.fit import BETTER, POSITION_GRAIN
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles


def test_a_geometry_is_relaxed_to_the_same_conformer() -> None:
    geometry = embed_geometry(parse_smiles("OCC=O"))
    row = relax_both_ways((7, "train", geometry))
    assert row is not None
    assert (row["qm9_index"], row["split"]) == (7, "train")
    np.testing.assert_array_equal(row[BETTER], as_int16(geometry.positions))
    for method in (GFN2, FORCE_FIELD):
        assert row[method].dtype == np.int16
        moved = row[method].reshape(-1, 3) * POSITION_GRAIN
        mol = Chem.AddHs(parse_smiles("OCC=O").rdkit)
        assert distance_between(mol, geometry.positions, moved) < FARTHEST_ANGSTROM
    assert np.abs(row[GFN2] - row[BETTER]).max() > 5


def test_what_is_no_molecule_is_left_out() -> None:
    apart = Geometry([6, 6], [[0, 0, 0], [0, 0, 4.0]])
    assert relax_both_ways((7, "train", apart)) is None
