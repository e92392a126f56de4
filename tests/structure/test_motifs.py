"""The table of motifs: every pattern finds its own seed."""

import pytest
from rdkit import Chem

from core.structure.motifs import find_motifs, load_motifs

MOTIFS = load_motifs()


def capped(seed: str) -> Chem.Mol:
    """Return a seed with a methyl group at each attachment point."""
    mol = Chem.RWMol(Chem.MolFromSmiles(seed))
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(6)
    Chem.SanitizeMol(mol)
    return mol


def test_there_are_many_each_once():
    names = [motif.name for motif in MOTIFS]
    assert len(names) == len(set(names)) >= 120
    assert all(motif.family and "*" in motif.seed for motif in MOTIFS if "biomolecules" not in motif.family)


@pytest.mark.parametrize("motif", MOTIFS, ids=lambda m: m.name)
def test_a_pattern_finds_its_seed(motif):
    assert motif.name in find_motifs(capped(motif.seed))


@pytest.mark.parametrize(
    ("smiles", "held", "lacking"),
    [
        ("C=C(C)C(=O)OC", {"terminal alkene", "acrylate", "ester"}, {"ketone", "enone", "carboxylic acid"}),
        ("CC(=O)NC", {"amide"}, {"primary amine", "ketone", "secondary amine"}),
        ("CCS(=O)(=O)c1ccccc1", {"sulfone", "benzene"}, {"sulfoxide", "sulfide", "aryl sulfide"}),
        ("O=[N+]([O-])c1ccccc1", {"nitro on aromatic carbon"}, {"nitro on sp3 carbon", "nitroso", "nitrate"}),
        ("c1ccncc1", {"pyridine"}, {"benzene", "pyrrole", "imine"}),
        ("C=C=C", {"allene"}, {"terminal alkene", "ketene"}),
        ("FC(F)(F)c1ccccc1", {"trifluoromethyl"}, {"fluoroarene", "fluoride on sp3 carbon"}),
        ("CCO", {"alcohol"}, {"phenol", "enol", "ether"}),
    ],
)
def test_known_molecules(smiles, held, lacking):
    found = set(find_motifs(Chem.MolFromSmiles(smiles)))
    assert held <= found
    assert not lacking & found
