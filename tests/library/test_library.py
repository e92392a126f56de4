"""Libraries: stereoisomers, checks after relaxing, resuming, descriptors, and the shipped C7H10O2 library."""

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers

from core.errors import DomainError, GeometryError, InputError
from core.library import SCHEMA, Recipe, build_library, find_libraries, library_info, load_library
from core.library.build import partial_path
from core.library.sources import load_constitutions
from core.structure.bonds import check_bonding
from core.structure.embed import embed_geometry
from core.structure.entry import FAILED, REFUSED, Entry
from core.structure.geometry import FAST, Geometry
from core.structure.molecule import Molecule, parse_smiles
from core.structure.relax import XTB, model_hessian, relax_geometry
from core.structure.skeleton import has_doubtful_skeleton, ring_skeletons
from core.structure.stereochemistry import (
    check_stereochemistry,
    enumerate_stereoisomers,
    hand_free_smiles,
    mirror_image,
    read_stereochemistry,
)
from core.structure.unchecked_embedding import embed_any_isomer

# Of the home library: no centre, one centre, a cage with impossible stereoisomers, one of which none embeds.
SMALL = ("CC(C)(O)C1=CC=CO1", "CC(O)C1=C(C)C=CO1", "CC12CCC(=O)OC1C2", "CC(=O)C1(O)C2CC1C2")


def entries(*smiles: str) -> list[Entry]:
    return [Entry(n, f"m{n}", parse_smiles(text)) for n, text in enumerate(smiles, start=1)]


def same_tables(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.to_json(double_precision=6) == other.to_json(double_precision=6)


# stereochemistry


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


def rdkit_isomers(smiles):
    return [Chem.MolToSmiles(mol) for mol in EnumerateStereoisomers(Chem.MolFromSmiles(smiles))]


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


def test_model_hessian_is_symmetric_positive_and_turns_with_the_molecule():
    geometry = embed_geometry(parse_smiles("OC1CC2OC2C1"))
    hessian = model_hessian(geometry)
    assert np.allclose(hessian, hessian.T)
    assert np.linalg.eigvalsh(hessian).min() > 0
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned = model_hessian(Geometry(geometry.numbers, geometry.positions @ turn.T))
    big = np.kron(np.eye(geometry.n_atoms), turn)
    assert np.allclose(turned, big @ hessian @ big.T)


# the two short cuts


def test_ring_skeletons():
    assert ring_skeletons(parse_smiles("CC1CC1")) == []
    assert ring_skeletons(parse_smiles("O=C1OC2CC1C2(C)F")) == ring_skeletons(parse_smiles("C1CC2CC1C2"))
    cis, trans = parse_smiles("C[C@@]12C[C@@H]1OC2=O"), parse_smiles("C[C@]12C[C@@H]1OC2=O")
    assert {has_doubtful_skeleton(cis), has_doubtful_skeleton(trans)} == {True, False}  # trans-bicyclo[2.1.0] is out


def test_rescue_embeds_what_distance_geometry_turns_down():
    isomers = enumerate_stereoisomers(parse_smiles("CC(=O)C1(O)C2CC1C2"))
    with pytest.raises(GeometryError):
        embed_geometry(isomers[0], max_iterations=20)
    found = embed_any_isomer(isomers, n_conformers=6, seed=7)
    assert found
    for smiles, geometry in found.items():
        check_bonding(Molecule(smiles).rdkit, geometry)
        assert read_stereochemistry(Molecule(smiles).rdkit, geometry.positions).smiles == smiles


# building


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("library") / "small.parquet"
    return build_library(entries(*SMALL), out, workers=0), out


def test_build_small_library(built):
    result, out = built
    assert result.complete
    assert not partial_path(out).exists()
    library = load_library(out)
    assert set(library["id"].str.split("-").str[0]) == {"m1", "m2", "m3", "m4"}
    assert (library["geometry"] == XTB).all()
    assert library["xtb_energy_ev"].between(-800, -600).all()
    assert list(library.columns) == SCHEMA.names
    # every input is accounted for, and every stereoisomer of it
    expected = sum(len(enumerate_stereoisomers(parse_smiles(smiles))) for smiles in SMALL)
    assert len(result.outcomes) == expected
    assert (result.outcomes["outcome"] == "kept").sum() == len(library)
    assert (result.outcomes.loc[result.outcomes["outcome"] != "kept", "reason"] != "").all()
    assert library.attrs["notes"]["counts"] == result.counts
    # stored geometries are minima, and the molecules that they say they are
    for row in library.itertuples():
        geometry = Geometry(row.numbers, row.positions)
        assert hand_free_smiles(
            read_stereochemistry(Molecule(row.smiles).rdkit, geometry.positions)
        ) == hand_free_smiles(Molecule(row.smiles))


def test_build_resumes_to_the_same_library(built, tmp_path):
    whole, _ = built
    out = tmp_path / "small.parquet"
    stops = iter([False, False, True])  # two inputs, then stop
    first = build_library(entries(*SMALL), out, workers=0, should_cancel=lambda: next(stops))
    assert not first.complete
    assert not out.exists()
    assert first.counts["inputs done"] == 2
    with partial_path(out).open("a") as file:
        file.write('{"row": 3, "candi')  # killed while writing
    seen = []
    again = build_library(entries(*SMALL), out, workers=0, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 4), (3, 4), (4, 4)]
    assert again.complete
    assert same_tables(again.library, whole.library)
    assert again.counts == whole.counts


def test_workers_change_nothing(built, tmp_path):
    whole, _ = built
    result = build_library(entries(*SMALL), tmp_path / "small.parquet", workers=2)
    assert same_tables(result.library, whole.library)


def test_another_build_is_not_resumed(tmp_path):
    out = tmp_path / "x.parquet"
    build_library(entries("CO", "CCO"), out, workers=0, should_cancel=lambda: True)
    with pytest.raises(InputError, match="must belong to this build"):
        build_library(entries("CO", "CCN"), out, workers=0)
    with pytest.raises(InputError, match="must belong to this build"):
        build_library(entries("CO", "CCO"), out, workers=0, recipe=Recipe(seed=8))


def test_build_from_own_entries_answers_every_row(tmp_path):
    water = Geometry([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    rows = [
        Entry(1, "a", parse_smiles("CC(O)F")),
        Entry(2, "a", parse_smiles("CO")),  # the same id again
        Entry(3, "salt", status=REFUSED, reason="one fragment is predicted at a time"),
        Entry(4, "junk", status=FAILED, reason="SMILES cannot be read"),
        Entry(5, "Br", parse_smiles("CBr")),
        Entry(6, "xyz", geometry=water),
        Entry(7, "twin", parse_smiles("OC")),
        Entry(8, "bad", geometry=Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]])),
    ]
    result = build_library(rows, tmp_path / "own.parquet", workers=0, recipe=Recipe(relax=False))
    outcomes = result.outcomes.set_index("row")["outcome"].to_dict()
    assert outcomes == {
        1: "kept",
        2: "kept",
        3: "refused",
        4: "unreadable",
        5: "refused",
        6: "kept",
        7: "duplicate",
        8: "unreadable",
    }
    library = load_library(tmp_path / "own.parquet").set_index("id")
    assert library.index.tolist() == ["a#1", "a#2", "xyz"]
    assert library["geometry"].tolist() == [FAST, FAST, "as given"]
    assert library.loc["xyz", "formula"] == "H2O"
    assert np.allclose(library.loc["xyz", "positions"], water.positions.ravel())
    assert library["xtb_energy_ev"].isna().all()


def test_build_refuses_nothing_and_unknown_recipes(tmp_path):
    with pytest.raises(InputError, match="at least one input"):
        build_library([], tmp_path / "x.parquet")
    with pytest.raises(InputError, match="must be 'c7h10o2'"):
        build_library("qm9", tmp_path / "x.parquet")
    with pytest.raises(InputError, match="no molecule could be kept"):
        build_library(entries("CBr"), tmp_path / "x.parquet", workers=0)


# the store


def test_broken_libraries_are_named(built, tmp_path):
    _, good = built
    table = load_library(good)
    with pytest.raises(InputError, match="found none at gone"):
        load_library(tmp_path / "gone.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(InputError, match="must be a Parquet file"):
        load_library(tmp_path / "text.parquet")
    table.drop(columns="positions").to_parquet(tmp_path / "lacks.parquet")
    with pytest.raises(InputError, match="missing: positions"):
        load_library(tmp_path / "lacks.parquet")
    table.head(0).to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="at least one molecule"):
        load_library(tmp_path / "empty.parquet")


def test_what_can_be_derived_is_filled_in(built, tmp_path):
    table = load_library(built[1])
    table[["numbers", "positions"]].to_parquet(tmp_path / "bare.parquet")
    bare = load_library(tmp_path / "bare.parquet")
    assert list(bare["n_atoms"]) == list(table["n_atoms"])
    assert (bare["id"][0], bare["geometry"][0]) == ("row 1", "as given")


def test_library_info_and_names(built):
    result, out = built
    info = library_info(load_library(out))
    assert info["n_molecules"] == len(result.library)
    assert info["n_constitutions"] == 4
    assert info["formulae"] == {"C7H10O2": len(result.library)}
    assert info["elements"] == ["H", "C", "O"]
    assert info["n_atoms"] == (19, 19)
    assert find_libraries(out.parent) == {"small": out}
