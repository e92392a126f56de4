import pytest
from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers

from core.errors import DomainError, GeometryError
from core.library.sources import load_constitutions
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles
from core.structure.stereochemistry import (
    check_stereochemistry,
    enumerate_stereoisomers,
    hand_free_smiles,
    mirror_image,
    read_stereochemistry,
)

# stereochemistry


def rdkit_isomers(smiles):
    return [Chem.MolToSmiles(mol) for mol in EnumerateStereoisomers(Chem.MolFromSmiles(smiles))]


@pytest.mark.parametrize(
    ("smiles", "n_isomers", "n_hand_free"),
    [
        ("CCO", 1, 1),
        ("CC(O)F", 2, 1),  # a pair of mirror images
        ("CC(O)C(C)O", 3, 2),  # butane-2,3-diol: meso and a pair
        ("CC(O)C(C)F", 4, 2),
        ("CC=CC", 2, 2),  # E and Z are no mirror images
        ("CC1CC(O)C1", 2, 2),  # cis and trans, both achiral
        ("CC=CC(C)O", 4, 2),
    ],
)
def test_mirror_images_collapse(smiles, n_isomers, n_hand_free):
    isomers = enumerate_stereoisomers(parse_smiles(smiles))
    assert len(set(rdkit_isomers(smiles))) == n_isomers
    assert len(isomers) == n_hand_free
    assert len({hand_free_smiles(isomer) for isomer in isomers}) == n_hand_free


def test_every_enumerated_isomer_or_its_mirror_image_is_there():
    for entry in load_constitutions()[::400]:
        isomers = enumerate_stereoisomers(entry.molecule)
        ours = {Chem.CanonSmiles(m.smiles) for i in isomers for m in (i, mirror_image(i))}
        theirs = {Chem.CanonSmiles(s) for s in rdkit_isomers(entry.molecule.smiles)}
        assert theirs <= ours, entry.id


def test_fixed_stereochemistry_keeps_its_hand():
    for smiles in ("C[C@H](O)F", "C[C@@H](O)F"):
        assert [m.smiles for m in enumerate_stereoisomers(parse_smiles(smiles))] == [Chem.CanonSmiles(smiles)]


def test_too_many_stereoisomers_are_refused():
    with pytest.raises(DomainError, match="at most 512 stereoisomers"):
        enumerate_stereoisomers(parse_smiles("C(O)" * 11 + "F"))


def test_stereochemistry_is_read_from_positions_and_mirrors_with_them():
    molecule = parse_smiles("C[C@H](O)[C@@H](F)/C=C/C")
    geometry = embed_geometry(molecule)
    assert read_stereochemistry(molecule.rdkit, geometry.positions).smiles == molecule.smiles
    mirrored = read_stereochemistry(molecule.rdkit, geometry.positions * [1, 1, -1])
    assert mirrored.smiles == mirror_image(molecule).smiles != molecule.smiles
    assert check_stereochemistry(molecule.rdkit, geometry).smiles == molecule.smiles
    with pytest.raises(GeometryError, match="stereochemistry changed"):
        check_stereochemistry(mirror_image(molecule).rdkit, geometry)


def test_open_stereochemistry_is_filled_in_not_refused():
    molecule = parse_smiles("CC(O)F")
    assert "@" in check_stereochemistry(molecule.rdkit, embed_geometry(molecule)).smiles


@pytest.mark.parametrize("smiles", ["C[P@@](CC)c1ccccc1", "C[P@](CC)c1ccccc1", "C[N@@]1C[C@H]1C", "C[N@]1C[C@H]1C"])
def test_pyramids_of_three_neighbours_keep_their_hand(smiles):
    molecule = parse_smiles(smiles)
    geometry = embed_geometry(molecule)
    assert check_stereochemistry(molecule.rdkit, geometry).smiles == Chem.CanonSmiles(smiles)
    mirrored = Geometry(geometry.numbers, geometry.positions * [1, 1, -1])
    with pytest.raises(GeometryError, match="stereochemistry changed on relaxing"):
        check_stereochemistry(molecule.rdkit, mirrored)
