"""The shipped C7H10O2 library: whole, every molecule once, geometries that are the molecules they say."""

import pandas as pd
import pytest
from rdkit import Chem

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.library.sources import load_constitutions
from core.library.store import SCHEMA, load_library
from core.structure.bonds import check_bonding
from core.structure.domain import check_geometry
from core.structure.geometry import XTB, XTB_LEARNT, Geometry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import hand_free_smiles, read_stereochemistry
from core.table import NO_CONFORMERS


@pytest.fixture(scope="module")
def home() -> pd.DataFrame:
    return load_library(HOME_LIBRARY)


def test_constitutions_are_qm9s():
    inputs = load_constitutions()
    assert len(inputs) == 6094
    assert len({entry.molecule.smiles for entry in inputs}) == 6094
    assert {entry.molecule.formula for entry in inputs} == {"C7H10O2"}


def test_home_library_is_whole(home):
    assert HOME_LIBRARY.stat().st_size < 10e6
    assert len(home) >= 10_000
    assert set(home.columns) == set(SCHEMA.names) - {"note"}  # nothing was assumed of its input
    assert not home.drop(columns=["ring_sizes", *NO_CONFORMERS]).isna().any().any()
    assert set(home["formula"]) == {"C7H10O2"}
    assert set(home["geometry"]) == {XTB, XTB_LEARNT}
    assert (home["geometry"] == XTB_LEARNT).mean() > 0.98
    counts = home.attrs["notes"]["counts"]
    assert counts["inputs"] == counts["inputs done"] == 6094
    assert counts["kept"] == len(home)


def test_home_library_holds_every_molecule_once(home):
    keys = [hand_free_smiles(Molecule(smiles)) for smiles in home["smiles"]]
    assert len(set(keys)) == len(keys)
    constitutions = {entry.id: entry.molecule.smiles for entry in load_constitutions()}
    for row in home.iloc[::97].itertuples():
        flat = Chem.MolToSmiles(Chem.MolFromSmiles(row.smiles), isomericSmiles=False)
        assert Chem.CanonSmiles(flat) == Chem.CanonSmiles(constitutions[row.constitution_id])
        assert row.id.startswith(f"c7h10o2-{row.constitution_id}-")


def test_home_geometries_are_the_molecules_they_say(home):
    """From the positions alone: the bonds that the SMILES has, no others, and the same stereochemistry."""
    for row in home.iloc[::53].itertuples():
        molecule = Molecule(row.smiles)
        geometry = Geometry(row.numbers, row.positions)
        assert (geometry.numbers == [atom.GetAtomicNum() for atom in Chem.AddHs(molecule.rdkit).GetAtoms()]).all(), (
            row.id
        )
        check_geometry(geometry)
        check_bonding(molecule.rdkit, geometry)
        assert read_stereochemistry(molecule.rdkit, geometry.positions).smiles == row.smiles, row.id


def test_home_energies_are_of_minima(home):
    """GFN2-xTB at the stored positions, which a network moved from its minimum, gives little more than the stored energy."""
    from ase import Atoms
    from tblite.ase import TBLite

    for row in home.sample(4, random_state=1).itertuples():
        atoms = Atoms(row.numbers, row.positions.reshape(-1, 3))
        atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
        assert -1e-3 < atoms.get_potential_energy() - row.xtb_energy_ev < 0.15


def test_a_single_damaged_byte_is_seen(tmp_path) -> None:
    """A page of the shipped file carries its checksum: coordinates never change without a word."""
    data = bytearray(HOME_LIBRARY.read_bytes())
    data[len(data) // 3] ^= 1
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged.parquet must be a whole Parquet file: .*checksum"):
        load_library(damaged)
