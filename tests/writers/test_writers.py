"""Exports: what is written reads back, and nothing written runs.

Covers `core.writers.*`.
"""

import io
import json
from collections.abc import Callable

import ase.io
import jcamp
import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from core.readers.spectra import read_spectrum
from core.readers.structures import read_structures
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.structure.embed import embed_geometry
from core.structure.lay import place_atoms
from core.structure.molecule import parse_smiles
from core.writers.spectra import spectrum_to_csv, spectrum_to_jcamp
from core.writers.structures import table_to_extxyz, table_to_sdf
from core.writers.tables import table_to_csv, table_to_json, table_to_parquet

SMILES = ("F/C=C\\F", "C[C@H](N)C(=O)O", "C[N+](=O)[O-]", "c1ccncc1")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A prediction table of four molecules, a refused and a failed row."""
    rows = []
    for k, smiles in enumerate(SMILES, start=1):
        geometry = embed_geometry(parse_smiles(smiles))
        rows.append(
            {
                "id": f"00{k}",
                "status": "ok",
                "reason": "",
                "smiles": smiles,
                "numbers": geometry.numbers,
                "positions": geometry.positions.astype(np.float32).ravel(),
                "levels_ev": np.array([-20.125, -9.1], dtype=np.float32),
                "homo_ev": -9.1,
                "input_note": '=HYPERLINK("x")',
                "input_logp": "-1.5",
            }
        )
    empty = {
        "numbers": None,
        "positions": None,
        "levels_ev": None,
        "homo_ev": np.nan,
        "input_note": "",
        "input_logp": "",
    }
    rows.append({"id": "@five", "status": "refused", "reason": "found Se", "smiles": "C[SeH]", **empty})
    rows.append({"id": "six\n$$$$\n> <x>", "status": "failed", "reason": "not SMILES", "smiles": "", **empty})
    return pd.DataFrame(rows)


def test_csv_joins_lists_and_disarms_formulas(table: pd.DataFrame) -> None:
    read = pd.read_csv(io.BytesIO(table_to_csv(table)), dtype=str, keep_default_na=False)
    assert list(read.columns) == list(table.columns)
    assert read["levels_ev"][0] == "-20.125;-9.1"
    assert read["id"].tolist()[:5] == ["001", "002", "003", "004", "'@five"]
    assert read["input_note"][0] == '\'=HYPERLINK("x")'
    assert (read["input_logp"][0], read["homo_ev"][0], read["homo_ev"][5]) == ("-1.5", "-9.1", "")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\tx",
        "\rx",
        " =1+1",
        "\n=1+1",
        "\n x",
        "\u00a0=1+1",
        "\uff1d1+1",
        "\uff0b1",
        "\ufeff=1",
        "\u200b@x",
        '"=1+1',
    ],
)
def test_no_text_that_a_spreadsheet_would_run(text: str) -> None:
    data = table_to_csv(pd.DataFrame({text: [text]}))
    assert pd.read_csv(io.BytesIO(data)).iloc[0, 0] == f"'{text}".replace("\r", "\n")


def test_formulas_inside_a_list_are_no_text_that_runs() -> None:
    data = table_to_csv(pd.DataFrame({"x": [["a", "=1+1", "b"], ["-2", "3"], np.array([-1.5, 2.0])]}))
    assert data.decode().splitlines()[1:] == ["a;'=1+1;b", "-2;3", "-1.5;2.0"]


def test_parquet_reads_back(table: pd.DataFrame) -> None:
    data = table_to_parquet(table)
    read = pd.read_parquet(io.BytesIO(data))
    assert read["id"].tolist() == table["id"].tolist()
    np.testing.assert_array_equal(read["levels_ev"][0], table["levels_ev"][0])
    assert read["levels_ev"][5] is None
    entries = read_structures(data, "out.parquet")
    assert [e.status for e in entries] == ["ok"] * 4 + ["refused", "failed"]
    assert all(e.geometry is not None for e in entries[:4])


def test_json_has_null_where_there_is_nothing(table: pd.DataFrame) -> None:
    rows = json.loads(table_to_json(table))
    assert len(rows) == 6
    assert rows[0]["levels_ev"] == [-20.125, float(np.float32(-9.1))]
    assert (rows[5]["homo_ev"], rows[5]["levels_ev"]) == (None, None)


def test_sdf_keeps_every_row_its_geometry_and_its_stereochemistry(table: pd.DataFrame) -> None:
    entries = read_structures(table_to_sdf(table), "out.sdf")
    assert len(entries) == 6
    assert [e.id for e in entries][:5] == ["001", "002", "003", "004", "@five"]
    for entry, row in zip(entries[:4], table.itertuples(), strict=False):
        assert entry.molecule == parse_smiles(row.smiles)
        assert entry.geometry is not None
        np.testing.assert_allclose(entry.geometry.positions.ravel(), row.positions, atol=1e-4)
        assert entry.properties["levels_ev"] == "-20.125;-9.1"
    assert [e.status for e in entries[4:]] == ["refused", "failed"]
    assert entries[5].properties["reason"] == "not SMILES"


@pytest.mark.parametrize("smiles", SMILES)
def test_atoms_in_any_order_find_their_place(smiles: str, rng: np.random.Generator) -> None:
    geometry = embed_geometry(parse_smiles(smiles))
    order = rng.permutation(geometry.n_atoms)
    placed = place_atoms(parse_smiles(smiles).rdkit, geometry.numbers[order].astype(int), geometry.positions[order])
    assert placed is not None
    assert [a.GetAtomicNum() for a in placed.GetAtoms()] == geometry.numbers[order].tolist()
    np.testing.assert_allclose(placed.GetConformer().GetPositions(), geometry.positions[order])
    assert Chem.MolToSmiles(Chem.RemoveHs(placed)) == parse_smiles(smiles).smiles


def test_a_smiles_that_does_not_fit_its_geometry_is_drawn_flat() -> None:
    water = embed_geometry(parse_smiles("O"))
    row = {"id": "x", "smiles": "CC", "numbers": water.numbers, "positions": water.positions.ravel()}
    assert place_atoms(parse_smiles("CC").rdkit, water.numbers.astype(int), water.positions) is None
    (entry,) = read_structures(table_to_sdf(pd.DataFrame([row])), "x.sdf")
    assert (entry.molecule, entry.geometry) == (parse_smiles("CC"), None)


def test_extxyz_reads_back_here_and_in_ase(table: pd.DataFrame) -> None:
    data = table_to_extxyz(table)
    entries = read_structures(data, "out.extxyz")
    assert [(e.id, e.molecule) for e in entries] == [(f"00{k}", parse_smiles(s)) for k, s in enumerate(SMILES, start=1)]
    frames = ase.io.read(io.StringIO(data.decode()), index=":", format="extxyz")
    assert frames[0].info["smiles"] == "F/C=C\\F"
    np.testing.assert_allclose(frames[0].positions.ravel(), table["positions"][0], atol=1e-6)
    assert not frames[0].pbc.any()


@pytest.mark.parametrize("write", [spectrum_to_csv, spectrum_to_jcamp])
@pytest.mark.parametrize("grid", [GRID_EV, np.append(np.linspace(-20.0, -15.0, 16), -3.25)])
def test_spectra_read_back(write: Callable[[Spectrum], bytes], grid: np.ndarray) -> None:
    spectrum = Spectrum(grid, broaden([-25.0, -15.2, -9.1], grid_ev=grid), "x")
    read = read_spectrum(write(spectrum), "x")
    assert (read.axis, read.x_unit, read.kind, read.notes) == ("orbital", "eV", "spectrum", ())
    np.testing.assert_allclose(read.spectrum.energies_ev, grid, atol=1e-6)
    np.testing.assert_allclose(read.spectrum.density, spectrum.density, atol=1e-6)


def test_jcamp_is_read_by_the_jcamp_package_and_has_one_clean_title() -> None:
    spectrum = Spectrum(GRID_EV, broaden([-25.0, -9.1]), "ignored")
    text = spectrum_to_jcamp(spectrum, title="a\n##END=\n$$ ünïcode").decode("ascii")
    assert text.splitlines()[0] == "##TITLE=a END= n code"
    assert text.count("##END=") == 1
    assert max(map(len, text.splitlines())) <= 90
    other = jcamp.read([line.split("$$")[0] for line in text.splitlines(keepends=True)])
    np.testing.assert_allclose(other["x"], GRID_EV, atol=1e-6)
    np.testing.assert_allclose(other["y"], spectrum.density, atol=1e-6)
