from core.structure.molecule import parse_smiles
from core.structure.skeleton import has_doubtful_skeleton, ring_skeletons

# the two short cuts


def test_ring_skeletons():
    assert ring_skeletons(parse_smiles("CC1CC1")) == []
    assert ring_skeletons(parse_smiles("O=C1OC2CC1C2(C)F")) == ring_skeletons(parse_smiles("C1CC2CC1C2"))
    cis, trans = parse_smiles("C[C@@]12C[C@@H]1OC2=O"), parse_smiles("C[C@]12C[C@@H]1OC2=O")
    assert {has_doubtful_skeleton(cis), has_doubtful_skeleton(trans)} == {True, False}  # trans-bicyclo[2.1.0] is out
