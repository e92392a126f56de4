"""`import eigenscope`, as in a notebook: every kind of molecule, every kind of target, nothing raised for one bad row.

Covers `core.api`, `core.readers.objects`, `core.screening.targets`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from rdkit import Chem
from rdkit.Chem import AllChem

import eigenscope
from core.errors import EigenscopeError, InputError, ModelError
from core.readers.spectrum_options import AmbiguousError
from core.spectrum.broaden import GRID_EV, broaden
from core.structure.embed import embed_geometry
from core.writers.spectra import spectrum_to_csv


def with_hydrogens(smiles: str) -> Chem.Mol:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    return mol


@pytest.fixture(scope="module")
def mol() -> Chem.Mol:
    return with_hydrogens("CC(=O)NC")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    smiles = [
        "O=CC1CCCCC1=O six",
        "CC1=CC(=O)CCO1 seven",
        "C1CC2(CC1)COC2=O eight",
        "C[SeH] selenol",
        "C1CC broken",
        "C methane",
    ]
    return eigenscope.predict(smiles, geometry="fast")


def test_everything_offered_is_there_and_nothing_else() -> None:
    assert [name for name in eigenscope.__all__ if not hasattr(eigenscope, name)] == []
    assert set(dir(eigenscope)) == set(eigenscope.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'predit'"):
        eigenscope.predit  # noqa: B018


def test_no_row_is_lost_and_none_raises(table) -> None:
    assert table["id"].tolist() == ["six", "seven", "eight", "selenol", "broken", "methane"]
    assert table["status"].tolist() == ["ok", "ok", "ok", "refused", "failed", "ok"]
    assert all(table["reason"][3:5])
    assert table["row"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "single", ["CCO", Chem.MolFromSmiles("CCO"), eigenscope.Molecule("CCO")], ids=["SMILES", "RDKit", "own"]
)
def test_graphs_are_alike_however_they_are_given(single) -> None:
    expected = eigenscope.predict(["CCO"], geometry="fast")
    found = eigenscope.predict(single, geometry="fast")
    assert found["smiles"].tolist() == ["CCO"]
    np.testing.assert_allclose(found["levels_ev"][0], expected["levels_ev"][0], atol=1e-4)


def test_geometries_are_alike_however_they_are_given(mol) -> None:
    numbers, positions = [a.GetAtomicNum() for a in mol.GetAtoms()], mol.GetConformer().GetPositions()
    before = mol.ToBinary()
    geometry = eigenscope.Geometry(numbers, positions)
    found = eigenscope.predict([mol, Atoms(numbers, positions), geometry], geometry="as-is")
    assert found["status"].tolist() == ["ok"] * 3
    assert found["geometry"].tolist() == ["as given"] * 3
    assert found["smiles"].tolist() == ["CNC(C)=O"] * 3
    assert np.ptp(np.stack(found["levels_ev"]), axis=0).max() < 1e-4
    assert mol.ToBinary() == before


def test_a_conformer_without_hydrogens_is_a_graph(mol) -> None:
    found = eigenscope.predict([Chem.RemoveHs(mol)], geometry="as-is")
    assert found["status"].tolist() == ["refused"]
    assert "no 3-D geometry" in found["reason"][0]


def test_a_mixed_list_keeps_its_order(mol) -> None:
    atoms = Atoms("OH2", [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], info={"name": "water"})
    crystal = Atoms("C", cell=[3, 3, 3], pbc=True)
    found = eigenscope.predict(["CO methanol", atoms, crystal, None, 3.5, mol, "C\nC"], geometry="fast")
    assert found["id"].tolist() == ["methanol", "water", "row 3", "row 4", "row 5", "row 6", "row 7"]
    assert found["status"].tolist() == ["ok", "ok", "refused", "failed", "failed", "ok", "failed"]
    assert "periodic" in found["reason"][2]
    assert "got NoneType" in found["reason"][3]
    assert "got float" in found["reason"][4]
    assert "several lines" in found["reason"][6]


@pytest.mark.parametrize("wrong", [None, 7, pd.DataFrame({"smiles": ["C"]})], ids=["none", "number", "table"])
def test_what_is_no_molecule_at_all_is_a_sentence(wrong) -> None:
    with pytest.raises(InputError, match="molecules must be"):
        eigenscope.predict(wrong)


def test_a_column_of_a_table_is_a_list() -> None:
    assert eigenscope.predict(pd.Series(["C", "CC"], index=[5, 9]), geometry="fast")["formula"].tolist() == [
        "CH4",
        "C2H6",
    ]


def test_a_file_is_read_and_then_predicted(tmp_path) -> None:
    (tmp_path / "in.csv").write_text("name,smiles\nethanol,CCO\nbroken,C1CC\n")
    entries = eigenscope.read(tmp_path / "in.csv")
    seen: list[tuple[int, int]] = []
    found = eigenscope.predict(entries, geometry="fast", progress=lambda done, total: seen.append((done, total)))
    assert found["id"].tolist() == ["ethanol", "broken"]
    assert seen[-1] == (2, 2)
    with pytest.raises(InputError, match="must be a readable file"):
        eigenscope.read(tmp_path / "none.csv")


def test_scan_takes_a_table_a_file_or_molecules(tmp_path) -> None:
    geometries = [embed_geometry(eigenscope.Molecule(s)) for s in ("CCO", "CCN")]
    library = pd.DataFrame(
        {
            "id": ["a", "b"],
            "numbers": [g.numbers for g in geometries],
            "positions": [g.positions.ravel() for g in geometries],
        }
    )
    library.to_parquet(tmp_path / "library.parquet")
    model = eigenscope.load_model()
    by_table, by_path = eigenscope.scan(library, model), eigenscope.scan(str(tmp_path / "library.parquet"))
    by_molecules = eigenscope.scan(geometries, model)
    assert by_table["id"].tolist() == by_path["id"].tolist() == ["a", "b"]
    for other in (by_path, by_molecules):
        for mine, theirs in zip(by_table["levels_ev"], other["levels_ev"], strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4)
    with pytest.raises(InputError, match="numbers and positions"):
        eigenscope.scan(library[["id"]])


def test_every_kind_of_target_finds_the_molecule_itself(table, tmp_path) -> None:
    row = table.iloc[1]
    curve = eigenscope.spectrum(row)
    file = tmp_path / "curve.csv"
    file.write_bytes(spectrum_to_csv(curve))
    levels = np.asarray(row["levels_ev"], float)
    targets = {
        "id": "seven",
        "key": row["inchikey"],
        "row": row,
        "levels": eigenscope.Levels(levels, row["lumo_ev"]),
        "list": levels.tolist(),
        "curve": curve,
        "pair": (curve.energies_ev, curve.density),
        "file": file,
    }
    for kind, target in targets.items():
        best = eigenscope.rank(table, target, band=True, top=2)
        assert best["id"][0] == "seven", kind
        assert best["score"][0] == pytest.approx(0, abs=2e-3), kind
        assert len(best) == 2, kind
    everything = eigenscope.rank(table, "seven", top=None, metric="cosine", shift=True, window_ev=(-20, -5))
    assert len(everything) == len(table)


def test_a_file_that_can_be_read_in_two_ways_asks_and_is_read_as_said(table, tmp_path) -> None:
    curve = eigenscope.spectrum(table.iloc[1])
    file = tmp_path / "kinetic.csv"
    kinetic = curve.energies_ev + 40.0
    rows = [f"{k:.2f},{y:.5f},{k:.1f}" for k, y in zip(kinetic, curve.density, strict=True)]
    file.write_text("\n".join(["kinetic energy (eV),first counts,second counts", *rows]))
    reading = eigenscope.SpectrumOptions(intensity_column="first counts")
    with pytest.raises(AmbiguousError) as asked:
        eigenscope.rank(table, file, band=True)
    assert (asked.value.option, asked.value.choices) == ("intensity_column", ("first counts", "second counts"))
    with pytest.raises(AmbiguousError) as asked:
        eigenscope.rank(table, file, band=True, reading=reading)
    assert asked.value.option == "photon_energy_ev"
    best = eigenscope.rank(table, file, band=True, reading=replace(reading, photon_energy_ev=40.0), top=1)
    assert best["id"][0] == "seven"
    assert best["score"][0] == pytest.approx(0, abs=2e-3)


@pytest.mark.parametrize("target", ["nobody", {"a": 1}, [[1.0, 2.0, 3.0]] * 3, [float("nan")], []])
def test_what_is_no_target_is_a_sentence(table, target) -> None:
    with pytest.raises(InputError):
        eigenscope.rank(table, target)


def test_spectra_of_rows_levels_and_molecules(table, mol) -> None:
    row = table.iloc[0]
    levels = np.asarray(row["levels_ev"], float)
    curve = eigenscope.spectrum(row)
    np.testing.assert_allclose(curve.density, broaden(levels[-16:]))
    assert curve.label == "six"
    whole = eigenscope.spectrum(eigenscope.Levels(levels, -1.0), sigma_ev=0.2, n_levels=None)
    np.testing.assert_allclose(whole.density, broaden(levels, sigma_ev=0.2))
    fine = eigenscope.spectrum(levels[::-1], energies_ev=np.linspace(-12, -5, 50), shape="lorentzian")
    assert fine.density.shape == (50,)
    of_molecule = eigenscope.spectrum(mol)
    assert of_molecule.density.sum() * (GRID_EV[1] - GRID_EV[0]) == pytest.approx(15, abs=0.01)  # all that it has


def test_a_spectrum_of_nothing_is_a_sentence(table) -> None:
    with pytest.raises(EigenscopeError, match="selenol has no predicted levels: elements"):
        eigenscope.spectrum(table.iloc[3])
    with pytest.raises(InputError, match="take one"):
        eigenscope.spectrum(table)
    with pytest.raises(EigenscopeError, match="n_levels must be at least 1"):
        eigenscope.spectrum([-10.0], n_levels=0)
    with pytest.raises(EigenscopeError, match="sigma_ev must be > 0"):
        eigenscope.spectrum([-10.0], sigma_ev=0.0)
    with pytest.raises(InputError, match="must be numbers"):
        eigenscope.spectrum(["CCO"])
    with pytest.raises(ModelError, match="got NoneType"):
        eigenscope.predict("CCO", model=None)
    with pytest.raises(InputError, match="of a mapping name the values"):
        eigenscope.predict({"ethanol": "CCO"})


def test_paths_are_paths_and_strings_are_molecules(tmp_path) -> None:
    (tmp_path / "CCO").write_text("C")
    assert eigenscope.predict(str(tmp_path / "CCO"), geometry="fast")["status"].tolist() == ["failed"]
    with pytest.raises(InputError, match="molecules must be"):
        eigenscope.predict(Path(tmp_path / "CCO"))
