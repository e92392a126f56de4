import numpy as np
import pytest
from rdkit import Chem
from reference_scan import labels
from scipy.spatial.transform import Rotation

from core.structure.constitution import constitution_key, graph_key
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles


def test_turned_mirrored_renumbered_or_rattled_it_is_the_same(geometries, rng):
    for geometry in geometries:
        order = rng.permutation(geometry.n_atoms)
        turned = Rotation.random(random_state=1).apply(geometry.positions.copy()) * [1, 1, -1] + 3.0
        rattled = turned + rng.normal(0, 0.01, turned.shape)
        assert constitution_key(Geometry(geometry.numbers[order], rattled[order])) == constitution_key(geometry)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("CCO", "COC", False),
        ("CC(=O)C", "CC(O)=C", False),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", True),
        ("C/C=C/C", "C/C=C\\C", True),
        ("C1CCCC1", "CC1CCC1", False),
    ],
)
def test_constitution_is_what_is_bonded_to_what(first, second, same):
    keys = [constitution_key(embed_geometry(parse_smiles(s))) for s in (first, second)]
    assert (keys[0] == keys[1]) is same


def test_qm9_molecules_have_keys_of_their_own():
    table = labels(600)
    at_rest = table[table["geometry"] == "dft"]
    keys = {constitution_key(Geometry(z, x)) for z, x in zip(at_rest["numbers"], at_rest["positions"], strict=True)}
    assert len(keys) == at_rest["qm9_index"].nunique()


def test_distances_tell_the_bonds_that_the_smiles_tell():
    """QM9's SMILES are of these geometries; a bond on the edge may differ (1 in 1,000 measured)."""
    table = labels(300)
    at_rest = table[table["geometry"] == "dft"]
    rows = zip(at_rest["numbers"], at_rest["positions"], at_rest["smiles"], strict=True)
    same = [constitution_key(Geometry(z, x)) == key_of_smiles(smiles) for z, x, smiles in rows]
    assert np.mean(same) > 0.99


def key_of_smiles(smiles: str) -> str:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    numbers = [a.GetAtomicNum() for a in mol.GetAtoms()]
    return graph_key(numbers, [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()])
