"""XYZ and extended XYZ frames."""

import io

import ase
import ase.io
import numpy as np
import pytest
from rdkit import Chem

from core.readers.identity import molecule_from_geometry, perceive_bonds
from core.readers.nitro_groups import find_nitro_groups
from core.readers.objects import read_objects
from core.readers.xyz import parse_comment, read_xyz
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

WATER = "O 0 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n"


@pytest.mark.parametrize(
    ("comment", "pairs", "words"),
    [
        ("ethanol conformer 2", {}, "ethanol conformer 2"),
        ("id=007 smiles=CCO", {"id": "007", "smiles": "CCO"}, ""),
        (r'name="a \"b\" c" s="F/C=C\\F"', {"name": 'a "b" c', "s": "F/C=C\\F"}, ""),
        ("Lattice='1 0 0' v={1 2} w=[3, 4] done", {"Lattice": "1 0 0", "v": "1 2", "w": "3, 4"}, "done"),
    ],
)
def test_comments_are_kept_as_text(comment: str, pairs: dict[str, str], words: str) -> None:
    assert parse_comment(comment) == (pairs, words)


def test_frames_agree_with_ase_on_a_well_formed_file() -> None:
    frames = []
    for k, smiles in enumerate(["CCO", "c1ccncc1", "CC#N"]):
        geometry = embed_geometry(parse_smiles(smiles))
        atoms = ase.Atoms(geometry.numbers, geometry.positions, info={"name": f"m{k}", "k": k})
        atoms.new_array("force_like", geometry.positions * 2)
        frames.append(atoms)
    buffer = io.StringIO()
    ase.io.write(buffer, frames, format="extxyz")
    entries = read_xyz(buffer.getvalue())
    assert [e.id for e in entries] == ["m0", "m1", "m2"]
    assert [e.molecule.smiles for e in entries if e.molecule] == ["CCO", "c1ccncc1", "CC#N"]
    for entry, atoms in zip(entries, frames, strict=True):
        assert entry.geometry is not None
        np.testing.assert_array_equal(entry.geometry.numbers, atoms.numbers)
        np.testing.assert_allclose(entry.geometry.positions, atoms.positions, atol=1e-7)


def test_a_broken_frame_costs_no_other() -> None:
    text = f"3\na\n{WATER}3\nb\nO 0 0 0\nH 0 0 0.96\n3\nc\n{WATER}"
    entries = read_xyz(text)
    assert [(e.id, e.status) for e in entries] == [("a", "ok"), ("b", "failed"), ("c", "ok")]
    assert entries[1].reason == "the frame announces 3 atoms, found 2 lines"


def test_numbers_labels_and_fortran_exponents_are_read() -> None:
    (entry,) = read_xyz("3\n\n8 0 0 0\nh1 0 0 9.6D-01\nH2 0.93 0 -0.24\n")
    assert entry.geometry is not None
    assert entry.geometry.symbols == ["O", "H", "H"]
    assert entry.geometry.positions[1, 2] == 0.96


def test_columns_follow_properties() -> None:
    (entry,) = read_xyz("2\nProperties=pos:R:3:mass:R:1:species:S:1 id=h2\n0 0 0 1.0 H\n0 0 0.74 1.0 H\n")
    assert (entry.id, entry.status) == ("h2", "ok")
    assert entry.geometry is not None
    assert entry.geometry.symbols == ["H", "H"]


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (f"3\ncharge=1\n{WATER}", "refused", r"total charge must be 0, found \+1"),
        (f"3\ncharge=one\n{WATER}", "failed", "charge must be a number, got 'one'"),
        (f'3\nLattice="9 0 0 0 9 0 0 0 9"\n{WATER}', "refused", "the frame is periodic"),
        ("2\n\nO 0 0 0\nH 0 0 0.96\n", "refused", "odd number of electrons"),
        ("3\n\nO 0 0 0\nH 0 0 x\nH 1 0 0\n", "failed", "atom line 2 must hold an element and x y z"),
        ("1\n\nXx 0 0 0\n", "failed", "atom line 1 must hold an element"),
        ("1\nProperties=species:S:999999999:pos:R:3\nO 0 0 0\n", "failed", "Properties must be name:type:columns"),
        ("300\n\n" + "C 0 0 0\n" * 300, "refused", "at most 250 atoms, found 300"),
    ],
)
def test_frames_that_are_not_predicted(text: str, status: str, reason: str) -> None:
    (entry,) = read_xyz(text)
    assert entry.status == status
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(entry.reason)


def test_a_smiles_in_the_comment_counts_only_where_its_formula_fits() -> None:
    right, wrong = read_xyz(f"3\nsmiles=[2H]O\n{WATER}3\nsmiles=CCO\n{WATER}")
    assert right.molecule == parse_smiles("[2H]O")
    assert wrong.molecule == parse_smiles("O")


@pytest.mark.parametrize("smiles", ["C1C2CC1C2", "CC1C2CC1(O)C2", "O=CC1CCCCC1=O", "N#CC=C", "C[N+](=O)[O-]"])
def test_the_molecule_of_a_geometry_is_found_again(smiles: str) -> None:
    found = molecule_from_geometry(embed_geometry(parse_smiles(smiles)))
    assert found is not None
    mol = Chem.Mol(found.rdkit)
    Chem.RemoveStereochemistry(mol)
    assert Chem.MolToSmiles(mol) == parse_smiles(smiles).smiles


def test_a_geometry_that_tells_no_molecule_still_counts() -> None:
    assert molecule_from_geometry(Geometry(np.array([6, 6]), np.array([[0, 0, 0], [0, 0, 9.0]]))) is None


@pytest.mark.parametrize(
    "comment", ["SCF energy -76.4 a.u.", "E = -76.41 a.u.", "dipole 1.85 a.u.", "excited at 400 nm"]
)
def test_the_unit_of_an_energy_or_a_dipole_is_none_of_coordinates(comment: str) -> None:
    (entry,) = read_xyz(f"3\n{comment}\n{WATER}")
    assert entry.status == "ok"
    assert entry.geometry.positions[1, 2] == pytest.approx(0.96)
    assert entry.notes == ()


@pytest.mark.parametrize(
    ("comment", "unit"),
    [("coordinates in a.u.", True), ("bohr", True), ("units: bohr", True), ("units=angstrom", False)],
)
def test_a_unit_that_is_stated_counts(comment: str, unit: bool) -> None:
    scale = 1.8897261 if unit else 1.0
    lines = "\n".join(
        f"{s} {x * scale} {y * scale} {z * scale}"
        for s, x, y, z in [("O", 0, 0, 0), ("H", 0, 0, 0.96), ("H", 0.93, 0, -0.24)]
    )
    (entry,) = read_xyz(f"3\n{comment}\n{lines}\n")
    assert entry.geometry.positions[1, 2] == pytest.approx(0.96, abs=1e-5)


def test_no_other_unit_is_tried_where_angstrom_is_stated() -> None:
    long = "3\n{}\nO 0 0 0\nH 0 0 1.8142\nH 1.7575 0 -0.4535\n"
    assert "coordinates are read as Bohr" in read_xyz(long.format("water"))[0].notes[0]
    for entry in (
        read_xyz(long.format("coordinates in Angstrom"))[0],
        read_xyz(long.format("units=angstrom smiles=O"))[0],
        read_objects([ase.Atoms("OH2", [[0, 0, 0], [0, 0, 1.8142], [1.7575, 0, -0.4535]])])[0],
    ):
        assert entry.geometry is None or entry.geometry.positions[1, 2] == pytest.approx(1.8142)
        assert not any("Bohr" in note for note in entry.notes)


@pytest.mark.parametrize(
    "smiles",
    [
        "Nc1ccc([N+](=O)[O-])cc1",
        "O=[N+]([O-])c1cccc([N+](=O)[O-])c1",
        "Oc1ccc([N+](=O)[O-])cc1[N+](=O)[O-]",
        "Cc1c([N+](=O)[O-])cc([N+](=O)[O-])cc1[N+](=O)[O-]",
        "C[C@H](O)c1ccc([N+](=O)[O-])cc1",
        "C/C=C/[N+](=O)[O-]",
    ],
)
def test_nitro_groups_are_known_from_the_coordinates_alone(smiles: str) -> None:
    molecule = parse_smiles(smiles)
    geometry = embed_geometry(molecule)
    lines = [f"{s} {x:.5f} {y:.5f} {z:.5f}" for s, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True)]
    (entry,) = read_xyz("\n".join([str(geometry.n_atoms), "a dye", *lines, ""]))
    assert (entry.status, entry.molecule) == ("ok", molecule)
    found = perceive_bonds(geometry)
    assert found is not None
    assert len(find_nitro_groups(found[1])) == smiles.count("[N+]")


@pytest.mark.parametrize(
    ("second", "is_noted"), [("O 0 0.0 0.0 0.119", True), ("O 0.0 0.0 0.119 -0.8", False), ("O 0.0 0.0 0.119", False)]
)
def test_whole_numbers_in_front_of_the_coordinates_are_noted(second: str, is_noted: bool) -> None:
    front = "0 0" if is_noted else "0.0"
    rest = [f"H {front} {y} -0.477 0.4" for y in (0.763, -0.763)]
    (entry,) = read_xyz("\n".join(["3", "water", second, *rest, ""]))
    assert any("x, y and z are read from the 2nd to 4th" in note for note in entry.notes) == is_noted


@pytest.mark.parametrize(
    "words", ["partial charge 0.4 on H", "charge transfer; spin 0.75 expected", "triplet sensitiser, singlet water"]
)
def test_what_is_no_statement_of_charge_or_spin_refuses_nothing(words: str) -> None:
    (entry,) = read_xyz(f"3\n{words}\nO 0.0 0.0 0.119\nH 0.0 0.763 -0.477\nH 0.0 -0.763 -0.477\n")
    assert entry.status == "ok"
