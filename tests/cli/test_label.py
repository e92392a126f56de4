"""`eigenscope label` end to end, with the real engine on tiny molecules."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.campaigns.run import LABELS_FILE
from core.cli import app
from core.readers.structures import read_structures
from core.structure.domain import ENGINE_DOMAIN
from core.structure.entry import OK

XYZ = "2\nname=hydrogen\nH 0 0 0\nH 0 0 0.74\n3\nname=broken\nO 0 0 0\nH 0 0 nonsense\nH 0 1 0\n"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_a_file_is_labelled_once_and_every_row_answered(tmp_path):
    source, out = tmp_path / "in.xyz", tmp_path / "out"
    source.write_text(XYZ)
    first = run("label", "--molecules", source, "--out", out, "--workers", 1)
    assert first.exit_code == 1, first.output
    assert "1 labelled and 1 failed" in first.output
    assert "1 failed:" in first.output
    table = pd.read_parquet(out / LABELS_FILE)
    assert list(table["id"]) == ["hydrogen"]
    again = run("label", "--molecules", source, "--out", out, "--workers", 1)
    assert again.exit_code == 0, again.output
    assert "0 labelled and 0 failed" in again.output


def test_a_sample_of_a_library(tmp_path):
    positions = np.array([0, 0, 0, 0, 0, 0.74], np.float32)
    rows = [{"id": f"lib-{k}", "smiles": "[HH]", "numbers": [1, 1], "positions": positions} for k in range(5)]
    pd.DataFrame(rows).to_parquet(tmp_path / "library.parquet")
    arguments = ["--molecules", "library", "--library", tmp_path / "library.parquet", "--limit", 2]
    result = run("label", *arguments, "--out", tmp_path / "out", "--workers", 1)
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(tmp_path / "out" / LABELS_FILE)
    assert len(table) == 2
    assert set(table["split"]) == {"library"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--molecules", "qm9"], "needs --qm9 DIR"),
        (["--molecules", "no-such-file.smi"], "must be a readable file"),
        (["--molecules", "library", "--library", "no-such-file.parquet"], "readable Parquet file"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(tmp_path, arguments, message):
    result = run("label", *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output


def test_the_engine_takes_elements_that_the_models_refuse_but_no_ions():
    entries = read_structures(b"CCl\nCS\nC[N+](C)(C)C.[Cl-]\n[Cl-]\nCCO\n[Na]Cl\n", "in.smi")
    assert [entry.within(ENGINE_DOMAIN).status == OK for entry in entries] == [True, True, False, False, True, False]
