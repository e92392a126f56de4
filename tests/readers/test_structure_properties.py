"""No structure is changed in silence: what RDKit and ASE write, the readers read back as it was."""

import io

import ase
import ase.io
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from core.readers.structures import entries_from_text, read_structures
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

MOLECULES = (
    "CCO",
    "C[C@H](O)F",
    "C[C@@H](O)F",
    "F/C=C/F",
    "F/C=C\\F",
    "c1ccncc1",
    "C[N+](=O)[O-]",
    "CC#N",
    "O=C=O",
    "N#N",
    "FC(F)(F)F",
    "O",
    "C1CC1",
    "C[C@H]1C[C@@H]1F",
    "OC=O",
    "NC=O",
    "C=C=C",
    "[O-][n+]1ccccc1",
    "O=c1cc[nH]cc1",
    "C[C@@H](N)C(=O)O",
)
PLACED = {smiles: embed_geometry(parse_smiles(smiles)) for smiles in MOLECULES}
# MMFF94 makes their bonds 0.2 to 0.4 Angstrom too long; lengths of experiment
PLACED["O=C=O"] = Geometry(np.array([8, 6, 8]), np.array([[-1.162, 0, 0], [0, 0, 0], [1.162, 0, 0]]))
PLACED["N#N"] = Geometry(np.array([7, 7]), np.array([[0, 0, 0], [1.098, 0, 0]]))
PROFILE = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def geometries(draw) -> tuple[str, Geometry]:
    """A molecule of MOLECULES turned, moved and with its atoms in another order."""
    smiles = draw(st.sampled_from(MOLECULES))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    geometry = PLACED[smiles]
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    order = rng.permutation(geometry.n_atoms)
    return smiles, Geometry(geometry.numbers[order], (geometry.positions @ rotation + rng.normal(size=3))[order])


def block_of(smiles: str) -> Chem.Mol:
    mol = Chem.AddHs(parse_smiles(smiles).rdkit)
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.SetPositions(np.array(PLACED[smiles].positions))
    mol.AddConformer(conformer)
    return mol


def as_atoms(geometry: Geometry) -> ase.Atoms:
    return ase.Atoms(geometry.numbers, geometry.positions)


def check_same(entry, smiles: str, geometry: Geometry) -> None:
    assert entry.status == "ok", entry.reason
    assert entry.molecule is not None
    assert entry.geometry is not None
    assert entry.molecule.smiles == parse_smiles(smiles).smiles
    np.testing.assert_array_equal(entry.geometry.numbers, geometry.numbers)
    np.testing.assert_allclose(entry.geometry.positions, geometry.positions, atol=1e-4)


@PROFILE
@given(geometries())
def test_xyz_and_extended_xyz_by_ase(drawn: tuple[str, Geometry]) -> None:
    smiles, geometry = drawn
    for fmt in ("xyz", "extxyz"):
        buffer = io.StringIO()
        ase.io.write(buffer, as_atoms(geometry), format=fmt)
        (entry,) = read_structures(buffer.getvalue().encode(), f"a.{fmt}")
        check_same(entry, smiles, geometry)
        assert entry.notes == ()


@PROFILE
@given(geometries())
def test_program_inputs_by_ase(drawn: tuple[str, Geometry]) -> None:
    smiles, geometry = drawn
    for fmt in ("gaussian-in", "aims", "turbomole", "nwchem-in"):
        buffer = io.StringIO()
        if fmt == "aims":
            from ase.io.aims import write_aims

            write_aims(buffer, as_atoms(geometry))
        else:
            ase.io.write(buffer, as_atoms(geometry), format=fmt)
        (entry,) = read_structures(buffer.getvalue().encode(), "a.in")
        check_same(entry, smiles, geometry)


@PROFILE
@given(geometries())
def test_pasted_atoms(drawn: tuple[str, Geometry]) -> None:
    smiles, geometry = drawn
    lines = [f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True)]
    (entry,) = entries_from_text("\n".join(lines))
    check_same(entry, smiles, geometry)


@PROFILE
@given(geometries(), st.booleans())
def test_pdb_by_rdkit_and_ase(drawn: tuple[str, Geometry], by_ase: bool) -> None:
    smiles, geometry = drawn
    if by_ase:
        buffer = io.StringIO()
        ase.io.write(buffer, as_atoms(geometry), format="proteindatabank")
        text = buffer.getvalue()
    else:
        text, geometry = Chem.MolToPDBBlock(block_of(smiles)), PLACED[smiles]
    (entry,) = read_structures(text.encode(), "a.pdb")
    assert entry.status == "ok", entry.reason
    assert entry.geometry is not None
    assert entry.molecule is not None
    assert entry.molecule.formula == parse_smiles(smiles).formula
    np.testing.assert_allclose(entry.geometry.positions, geometry.positions, atol=6e-4)  # PDB has three decimals


@PROFILE
@given(st.sampled_from(MOLECULES), st.booleans(), st.booleans())
def test_sdf_by_rdkit(smiles: str, v3000: bool, kekulize: bool) -> None:
    mol = block_of(smiles)
    block = Chem.MolToV3KMolBlock(mol, kekulize=kekulize) if v3000 else Chem.MolToMolBlock(mol, kekulize=kekulize)
    (entry,) = read_structures(block.encode(), "a.sdf")
    check_same(entry, smiles, PLACED[smiles])
    assert entry.notes == ()


@PROFILE
@given(st.lists(st.sampled_from(MOLECULES), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_tables_and_lists_in_any_writing(chosen: list[str], random) -> None:
    written = []
    for smiles in chosen:
        mol = parse_smiles(smiles).rdkit
        order = list(range(mol.GetNumAtoms()))
        random.shuffle(order)
        written.append(Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False))
    table = "name,SMILES\n" + "".join(f"m{k},{s}\n" for k, s in enumerate(written))
    listed = "".join(f"{s} m{k}\n" for k, s in enumerate(written))
    for text, name in ((table, "a.csv"), (listed, "a.smi")):
        entries = read_structures(text.encode(), name)
        assert [e.id for e in entries] == [f"m{k}" for k in range(len(chosen))]
        for entry, smiles in zip(entries, chosen, strict=True):
            assert entry.molecule == parse_smiles(smiles)
            formula = rdMolDescriptors.CalcMolFormula(Chem.MolFromSmiles(smiles))
            assert entry.molecule.formula == formula


@pytest.mark.parametrize("smiles", MOLECULES)
def test_a_mirrored_geometry_is_the_mirror_image(smiles: str) -> None:
    geometry = PLACED[smiles]
    buffer = io.StringIO()
    ase.io.write(buffer, ase.Atoms(geometry.numbers, geometry.positions * [1, 1, -1]), format="xyz")
    (entry,) = read_structures(buffer.getvalue().encode(), "a.xyz")
    assert entry.molecule is not None
    mirrored = smiles.replace("@@", "+").replace("@", "@@").replace("+H", "@H") if "@" in smiles else smiles
    assert entry.molecule.smiles == parse_smiles(mirrored).smiles
