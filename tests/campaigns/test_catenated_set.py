"""Chains and rings of like atoms: what they are named for, the same every time, none of those kept aside."""

from itertools import islice

import pandas as pd
import pytest
from rdkit import Chem
from typer.testing import CliRunner

from core.campaigns.broad_set import constitution_of
from core.campaigns.catenated_set import CHAINS, catenated_molecules
from core.campaigns.jobs import RATTLED
from core.cli import app
from core.labels.splits import is_kept_from_training

N = 200
PAIRS = {
    element: Chem.MolFromSmarts(f"[{number}]~[{number}]")
    for element, number in zip(CHAINS, ("#16", "#14", "#15", "#7", "#5", "#8"), strict=True)
}


@pytest.fixture(scope="module")
def drawn():
    return list(islice(catenated_molecules(), N))


def test_each_holds_like_atoms_in_a_row(drawn):
    held = [
        [element for element, pair in PAIRS.items() if Chem.MolFromSmiles(m.smiles).HasSubstructMatch(pair)]
        for m in drawn
    ]
    assert all(held)
    assert {element for own in held for element in own} == set(CHAINS)


def test_each_constitution_comes_once_and_none_that_is_kept_aside(drawn):
    keys = [constitution_of(Chem.MolFromSmiles(m.smiles)) for m in drawn]
    assert len(set(keys)) == N
    assert not any(map(is_kept_from_training, keys))


def test_the_order_is_the_same_every_time(drawn):
    assert list(islice(catenated_molecules(), 30)) == drawn[:30]
    assert drawn[0].id == "catenated-1"
    assert 10 < sum(m.kind == RATTLED for m in drawn) < 60


def test_the_command_writes_them_with_geometries(tmp_path):
    out = tmp_path / "catenated.parquet"
    result = CliRunner().invoke(app, ["draw-catenated", "--n", "6", "--workers", "1", "--out", str(out)])
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(out)
    assert 3 <= len(table) <= 6
    assert set(table["id"].str.startswith("catenated-")) == {True}
