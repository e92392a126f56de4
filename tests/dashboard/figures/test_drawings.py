"""Drawings of molecules.

Covers `dashboard.figures.ball_and_stick`.
"""

import numpy as np
import pytest
from rdkit import Chem

from core.elements import ELEMENTS
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles
from dashboard.figures.ball_and_stick import OTHER_LOOK, colour
from dashboard.figures.drawings import draw_molecule, fold_hydrogens, molecule_of, structure_uri
from dashboard.figures.theme import DARK, LIGHT


@pytest.mark.parametrize("smiles", ["O=CC1CCCCC1=O", "c1ccncc1", "C#CC#N", "C[N+](=O)[O-]", "C"])
def test_drawing_keeps_the_order_of_the_geometry(smiles: str) -> None:
    geometry = embed_geometry(parse_smiles(smiles))
    order = np.random.default_rng(5).permutation(geometry.n_atoms)
    mol = molecule_of(geometry.numbers[order], geometry.positions[order], smiles)
    assert mol is not None
    assert [a.GetAtomicNum() for a in mol.GetAtoms()] == geometry.numbers[order].tolist()
    assert Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol))) == Chem.CanonSmiles(smiles)
    positions = mol.GetConformer().GetPositions()
    for bond in mol.GetBonds():
        length = np.linalg.norm(positions[bond.GetBeginAtomIdx()] - positions[bond.GetEndAtomIdx()])
        assert length < 1.7, "a bond of the drawing is none in the geometry"


def test_another_molecule_is_not_drawn() -> None:
    geometry = embed_geometry(parse_smiles("CCO"))
    assert molecule_of(geometry.numbers, geometry.positions, "COC") is None
    assert molecule_of(geometry.numbers, geometry.positions, "") is None


def test_weights_of_hydrogens_go_to_their_neighbours() -> None:
    geometry = embed_geometry(parse_smiles("CO"))
    mol = molecule_of(geometry.numbers, geometry.positions, "CO")
    assert mol is not None
    folded = fold_hydrogens(mol, np.full(geometry.n_atoms, 1 / 6))
    np.testing.assert_allclose(folded, [4 / 6, 2 / 6, 0, 0, 0, 0])
    assert "<svg" in draw_molecule(mol, theme=DARK, weights=folded)


def test_unreadable_structures_have_no_picture() -> None:
    assert structure_uri("not smiles", theme=LIGHT) is None
    assert structure_uri("", theme=LIGHT) is None
    assert str(structure_uri("CCO", theme=LIGHT)).startswith("data:image/svg+xml;base64,")


def test_every_element_has_its_own_colour_and_carbon_is_grey() -> None:
    """A table of elements that grows must not shift the others' colours."""
    colours = [colour(element.number) for element in ELEMENTS]
    assert len(set(colours)) == len(ELEMENTS)
    red, green, blue = (int(colour(6)[k : k + 2], 16) for k in (1, 3, 5))
    assert max(red, green, blue) - min(red, green, blue) < 25
    red, _, blue = (int(colour(7)[k : k + 2], 16) for k in (1, 3, 5))
    assert blue > 2 * red, "nitrogen is blue"
    assert colour(34) == OTHER_LOOK[0], "not in the table"
