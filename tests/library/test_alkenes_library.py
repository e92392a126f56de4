"""The second library that comes with the program: C7H10O2 that QM9 lacks."""

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from core.library.constitutions import open_alkenes
from core.library.sources import ALKENES, load_constitutions
from core.library.store import load_library
from core.screening.spectrum_map import kept_map, map_path
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry


@pytest.fixture(scope="module")
def library() -> pd.DataFrame:
    return load_library(ALKENES.path)


def test_it_holds_thousands_of_stereoisomers_with_conformers(library: pd.DataFrame) -> None:
    assert len(library) >= 5000
    assert library["id"].is_unique
    assert library["inchikey"].is_unique
    assert library["n_conformers"].between(1, 8).all()
    assert library["n_conformers"].mean() > 3
    assert ALKENES.path.stat().st_size < 12e6


def test_its_molecules_are_open_alkenes_that_qm9_lacks(library: pd.DataFrame) -> None:
    some = library.sample(150, random_state=1)
    flat = [Chem.MolToSmiles(Chem.MolFromSmiles(s), isomericSmiles=False) for s in some["smiles"]]
    assert {CalcMolFormula(Chem.MolFromSmiles(s)) for s in flat} == {"C7H10O2"}
    assert open_alkenes(flat) == flat
    assert not set(flat) & {entry.molecule.smiles for entry in load_constitutions()}


def test_its_geometries_are_its_molecules(library: pd.DataFrame) -> None:
    for row in library.sample(20, random_state=2).itertuples():
        geometries = np.asarray(row.conformer_positions if row.n_conformers > 1 else row.positions).reshape(-1, 19, 3)
        assert len(geometries) == row.n_conformers
        assert len({constitution_key(Geometry(row.numbers, x)) for x in geometries}) == 1


def test_its_map_is_kept(library: pd.DataFrame) -> None:
    found = kept_map(ALKENES.path, library["id"])
    assert found is not None
    assert map_path(ALKENES.path).stat().st_size < 300_000
