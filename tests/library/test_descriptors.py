"""Descriptors and functional groups, checked against molecules that everyone knows."""

import numpy as np
import pytest
from rdkit import Chem

from core.library.descriptors import DESCRIPTORS, describe, hill_formula
from core.library.groups import GROUPS, find_groups


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCOC(C)=O", {"n_rings": 0, "ring_sizes": "", "n_carbonyls": 1, "tpsa": 26.30, "fraction_sp3": 0.75}),
        ("C1CC2CC1CC2", {"n_rings": 2, "ring_sizes": "5,5", "n_bridgeheads": 2, "fraction_sp3": 1.0}),
        ("O1CC12CC2", {"n_rings": 2, "ring_sizes": "3,3", "n_spiro": 1}),
        ("c1ccoc1", {"n_aromatic_rings": 1, "n_double_bonds": 0, "formula": "C4H4O"}),
        ("C[C@H](O)/C=C/C#C", {"n_stereocentres": 1, "n_stereo_bonds": 1, "n_double_bonds": 1, "n_triple_bonds": 1}),
        ("OCC(O)CO", {"n_hbond_donors": 3, "n_hbond_acceptors": 3, "tpsa": 60.69, "n_rotatable_bonds": 2}),
        ("c1ccccc1", {"logp": 1.6866, "inchikey": "UHOVQNZJYSORNB-UHFFFAOYSA-N"}),  # Wildman & Crippen 1999
    ],
)
def test_descriptors_of_known_molecules(smiles, expected):
    numbers = np.array([6])
    got = describe(smiles, numbers)
    assert set(DESCRIPTORS) <= set(got)
    for name, value in expected.items():
        assert got[name] == (pytest.approx(value, abs=0.01) if isinstance(value, float) else value), name


@pytest.mark.parametrize(
    ("smiles", "groups"),
    [
        ("CCO", {"alcohol"}),
        ("C=CO", {"alkene", "enol"}),
        ("CC(O)OC", {"hemiacetal"}),
        ("COCOC", {"acetal"}),
        ("OCO", {"gem-diol"}),
        ("CCOCC", {"ether"}),
        ("C1CO1", {"epoxide"}),
        ("C=COC", {"alkene", "enol ether"}),
        ("CC=O", {"aldehyde"}),
        ("CC(C)=O", {"ketone"}),
        ("CC(=O)C=C", {"ketone", "enone", "alkene"}),
        ("C=CC=O", {"aldehyde", "enone", "alkene"}),
        ("CC(=O)O", {"carboxylic acid"}),
        ("CC(=O)OC", {"ester"}),
        ("O=C1CCO1", {"ester", "lactone"}),
        ("O=C1CCC(=O)O1", {"anhydride"}),
        ("COC(=O)OC", {"carbonate"}),
        ("CC#CC", {"alkyne"}),
        ("C=C=C", {"allene"}),
        ("CC=C=O", {"ketene"}),
        ("c1ccoc1", {"aromatic"}),
        ("Oc1ccccc1", {"phenol", "aromatic"}),
        ("COOC", {"peroxide"}),
        ("CN", {"amine"}),
        ("CC(N)=O", {"amide"}),
        ("CC#N", {"nitrile"}),
        ("C[N+](=O)[O-]", {"nitro"}),
        ("CC=NC", {"imine"}),
        ("CF", {"fluoride"}),
        ("CC", set()),
    ],
)
def test_functional_groups(smiles, groups):
    assert set(find_groups(Chem.MolFromSmiles(smiles))) == groups


def test_every_group_compiles():
    assert all(Chem.MolFromSmarts(smarts) is not None for smarts in GROUPS.values())


def test_hill_formula_agrees_with_rdkit():
    for smiles in ("O", "CC(N)=O", "FC(F)F", "[H][H]", "N#N"):
        mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
        numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
        assert hill_formula(numbers) == Chem.rdMolDescriptors.CalcMolFormula(mol)
