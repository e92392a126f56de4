"""SDF and MOL records."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor

from core.readers.sdf import NO_HYDROGENS, parse_data_fields, read_sdf
from core.structure.embed import embed_geometry
from core.structure.geometry import AS_GIVEN
from core.structure.molecule import parse_smiles


def block_3d(smiles: str, *, name: str = "", hydrogens: bool = True, v3000: bool = False) -> str:
    """A molfile with the project's own embedded geometry."""
    mol = Chem.AddHs(parse_smiles(smiles).rdkit)
    geometry = embed_geometry(parse_smiles(smiles))
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.SetPositions(np.ascontiguousarray(geometry.positions))
    mol.AddConformer(conformer)
    mol = mol if hydrogens else Chem.RemoveHs(mol)
    mol.SetProp("_Name", name)
    return Chem.MolToV3KMolBlock(mol) if v3000 else Chem.MolToMolBlock(mol)


def block_2d(smiles: str) -> str:
    mol = Chem.MolFromSmiles(smiles)
    rdDepictor.Compute2DCoords(mol)
    return Chem.MolToMolBlock(mol)


@pytest.mark.parametrize("v3000", [False, True])
def test_a_3d_record_keeps_its_coordinates_and_takes_its_stereochemistry_from_them(v3000: bool) -> None:
    smiles = "C[C@H](O)F"
    block = block_3d(smiles, name="x", v3000=v3000)
    block = (
        block
        if v3000
        else "\n".join(line[:39] + "  0" + line[42:] if " C  " in line else line for line in block.split("\n"))
    )
    (entry,) = read_sdf(block)
    assert entry.id == "x"
    assert entry.molecule == parse_smiles(smiles)
    assert entry.geometry is not None
    assert entry.geometry.origin == AS_GIVEN
    np.testing.assert_allclose(entry.geometry.positions, embed_geometry(parse_smiles(smiles)).positions, atol=1e-4)


def test_stereochemistry_comes_from_the_coordinates_not_from_the_flags() -> None:
    mol = Chem.MolFromMolBlock(block_3d("C[C@H](O)F"), removeHs=False)
    mirrored = mol.GetConformer().GetPositions() * [1, 1, -1]
    mol.GetConformer().SetPositions(np.ascontiguousarray(mirrored))
    (entry,) = read_sdf(Chem.MolToMolBlock(mol))
    assert entry.molecule == parse_smiles("C[C@@H](O)F")


def test_a_2d_record_has_a_molecule_only() -> None:
    (entry,) = read_sdf(block_2d("C/C=C/[C@@H](F)O"))
    assert entry.molecule == parse_smiles("C/C=C/[C@@H](F)O")
    assert (entry.geometry, entry.status) == (None, "ok")


def test_3d_without_hydrogens_keeps_the_molecule_and_says_so() -> None:
    (entry,) = read_sdf(block_3d("CCO", hydrogens=False))
    assert entry.molecule == parse_smiles("CCO")
    assert entry.geometry is None
    assert (entry.notes, entry.properties) == ((NO_HYDROGENS,), {})


def test_names_and_data_fields_are_kept() -> None:
    text = block_3d("O") + "> <Name>\nwater\n\n>  25  <LOG P> (7)\n-1.38\n\n> <note>\nline one\nline two\n\n$$$$\n"
    (entry,) = read_sdf(text)
    assert entry.id == "water"
    assert entry.properties == {"Name": "water", "LOG P": "-1.38", "note": "line one\nline two"}


def test_parse_data_fields_without_values() -> None:
    assert parse_data_fields(["> <a>", "", "stray", "> <b>", "1"]) == {"a": "", "b": "1"}


def test_a_broken_record_in_the_middle_costs_no_other() -> None:
    broken = "bad\n\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n garbage\nM  END\n> <k>\nv\n\n"
    entries = read_sdf("$$$$\n".join([block_3d("O", name="a"), broken, block_3d("CO", name="c")]) + "$$$$\n")
    assert [(e.row, e.id, e.status) for e in entries] == [(1, "a", "ok"), (2, "bad", "failed"), (3, "c", "ok")]
    assert "malformed" in entries[1].reason
    assert entries[1].properties == {"k": "v"}


def test_a_valence_that_cannot_be_is_named() -> None:
    mol = Chem.MolFromSmiles("CC(C)(C)(C)C", sanitize=False)
    rdDepictor.Compute2DCoords(mol)
    (entry,) = read_sdf(Chem.MolToMolBlock(mol, kekulize=False))
    assert entry.status == "failed"
    assert "Explicit valence for atom # 1 C, 5" in entry.reason


def test_a_record_cut_short() -> None:
    (entry,) = read_sdf(block_3d("CCO", name="cut")[:300])
    assert (entry.id, entry.status) == ("cut", "failed")
    assert 'no line "M  END"' in entry.reason


def test_a_giant_record_is_refused_before_perception() -> None:
    mol = Chem.MolFromSmiles("C" * 1100)
    (entry,) = read_sdf(Chem.MolToMolBlock(mol))
    assert (entry.status, entry.reason) == ("refused", "at most 250 atoms, found 1100")


@pytest.mark.parametrize(
    ("stated", "is_noted"),
    [("OCC", False), ("CCO.Cl", False), ("C[CH2][OH]", False), ("COC", True), ("no SMILES", False), ("", False)],
)
@pytest.mark.parametrize("block", [block_3d("CCO"), block_2d("CCO")])
def test_a_smiles_field_of_another_molecule_is_noted(block: str, stated: str, is_noted: bool) -> None:
    (entry,) = read_sdf(f"{block}> <SMILES>\n{stated}\n\n> <parent_smiles>\nCCCC\n\n$$$$\n")
    assert entry.molecule == parse_smiles("CCO")
    assert any("SMILES is of another molecule, COC" in note for note in entry.notes) == is_noted
    assert not any("parent" in note for note in entry.notes)
