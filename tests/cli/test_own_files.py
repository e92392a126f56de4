"""A user's own files on the command line.

Covers `core.cli.screen`, `core.cli.library`, `core.cli.common`.
"""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.assets import HOME_LIBRARY
from core.cli import app
from core.library.descriptors import DESCRIPTORS
from core.library.store import is_library, load_library, save_library
from core.screening.spectrum_map import kept_map

OWN = """name,made of,price
alpha,C[NH3+].[Cl-],12.50
beta,OCC,3
gamma,CCO,4
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    return path


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "some.parquet"
    save_library(load_library(HOME_LIBRARY).head(30), path, notes={})
    return path


def test_scan_takes_an_own_file_with_its_columns_and_descriptors(own, tmp_path) -> None:
    out = tmp_path / "scan.parquet"
    result = run("scan", own, "--out", out, "--geometry", "fast", "--strip-salts", "--smiles-column", "made of")
    assert result.exit_code == 0, result.output
    assert "3 rows read: 3 can be predicted; 1 row repeats a molecule by InChIKey, computed once" in result.output
    scan = pd.read_parquet(out)
    assert scan["smiles"].tolist() == ["CN", "CCO", "CCO"]
    assert scan["note"][0].startswith("taken off as salt or solvent: [Cl-]")
    assert scan["note"][2] == "the same molecule as row 2, computed once"
    assert scan["input_price"].tolist() == ["12.50", "3", "4"]
    assert set(DESCRIPTORS) <= set(scan)
    assert scan["n_hbond_donors"].tolist() == [1, 1, 1]
    np.testing.assert_allclose(scan["tpsa"], [26.02, 20.23, 20.23], atol=0.01)


def test_salts_are_refused_by_default_and_the_refusal_names_the_way(tmp_path) -> None:
    source, out = tmp_path / "own.smi", tmp_path / "scan.json"
    source.write_text("CC(=O)O.O\nCCO\n")
    result = run("scan", source, "--out", out, "--geometry", "fast")
    assert result.exit_code == 1
    assert "row 1: refused" in result.output
    assert "row 1, row 1" not in result.output
    rows = json.loads(out.read_text())
    assert "--strip-salts" in rows[0]["reason"]
    assert (rows[0]["n_rings"], rows[1]["n_rings"]) == (None, 0)


def test_a_table_without_smiles_says_which_option_names_the_column(tmp_path) -> None:
    source = tmp_path / "own.csv"
    source.write_text("name,price\nalpha,12.5\nbeta,13\n")
    for command in ("predict", "scan"):
        result = run(command, source, "--out", tmp_path / "out.csv")
        assert result.exit_code == 2
        assert "no column reads as SMILES" in result.output
        assert "--smiles-column" in result.output
        assert "name, price" in result.output


def test_the_id_column_can_be_named(own, tmp_path) -> None:
    out = tmp_path / "out.csv"
    assert run("scan", own, "--out", out, "--geometry", "as-is", "--id-column", "price").exit_code == 1
    assert pd.read_csv(out, dtype=str)["id"].tolist() == ["12.50", "3", "4"]


def test_a_library_is_scanned_at_its_geometries_and_any_other_parquet_is_a_table(library, own, tmp_path) -> None:
    assert is_library(library)
    assert is_library(tmp_path / "absent.parquet"), "which load_library says"
    pd.read_csv(own).to_parquet(tmp_path / "table.parquet")
    assert not is_library(tmp_path / "table.parquet")
    assert not is_library(own)
    out = tmp_path / "scan.parquet"
    result = run("scan", tmp_path / "table.parquet", "--out", out, "--geometry", "fast")
    assert result.exit_code == 1, result.output
    assert pd.read_parquet(out)["status"].tolist() == ["refused", "ok", "ok"]


def test_a_library_is_laid_out(library) -> None:
    result = run("library", "map", library)
    assert result.exit_code == 0, result.output
    assert "30 molecules laid out" in result.output
    found = kept_map(library, load_library(library)["id"])
    assert found is not None
    assert np.isfinite(found.places).all()
