"""Fitting the network of geometries: a planted change of bonds is learnt, and levels follow.

Covers `core.models.geometry.fit`, `core.models.geometry.train`, `core.cli.geometry`.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from core.assets import MODELS, QM9_PBE
from core.cli import app
from core.labels.label_set import load_labels
from core.models.batch import Batch
from core.models.geometry import fit, train
from core.models.geometry.fit import BETTER, POSITION_GRAIN, distance_loss, moved_atoms, moved_levels
from core.models.registry import DEFAULT
from core.models.store import NETWORK_FILE, load_network
from core.models.tight_binding.network import TightBindingNetwork


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    """Labelled molecules, and each of them blown up by two hundredths as what a cheaper method says."""
    labels = load_labels(QM9_PBE)
    table = labels.table[labels.table["geometry"] == "dft"]
    chosen = pd.concat([table[table["split"] == "test"].head(6), table[table["split"] == "train"].head(90)])
    grains = [np.asarray(x) / POSITION_GRAIN for x in chosen["positions"]]
    better = [np.round(g).astype(np.int16) for g in grains]
    cheaper = [np.round(1.02 * g).astype(np.int16) for g in grains]
    kept = chosen[["qm9_index", "split", "numbers"]].reset_index(drop=True)
    return kept.assign(**{BETTER: better, "gfn2": cheaper, "mmff94": None})


def test_the_loss_is_nothing_at_the_better_geometry_and_sees_no_rotation(pairs: pd.DataFrame, rng) -> None:
    atoms = moved_atoms(pairs.head(8), "gfn2")
    rotation = torch.from_numpy(np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32))
    assert float(distance_loss(Batch(atoms.numbers, atoms.better @ rotation), atoms.better)) < 1e-5
    assert float(distance_loss(Batch(atoms.numbers, atoms.start), atoms.better)) > 0.01


def test_levels_are_those_of_the_label_at_the_better_geometry(pairs: pd.DataFrame) -> None:
    labels = load_labels(QM9_PBE)
    network = load_network(MODELS / DEFAULT / NETWORK_FILE, TightBindingNetwork)
    samples = moved_levels(pairs[pairs["split"] == "test"], labels, "gfn2", network)
    assert len(samples.sizes) == 6
    assert train.band_rmse(network, train.at(samples, samples.atoms.better)) < 0.06
    assert train.band_rmse(network, train.at(samples, samples.atoms.start)) > 0.1


def test_the_command_learns_a_planted_change(
    pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setattr(fit, "TO_DISTANCES", replace(fit.TO_DISTANCES, epochs=12, learning_rate=5e-3, ema=0.9))
    monkeypatch.setattr(fit, "THROUGH_LEVELS", replace(fit.THROUGH_LEVELS, epochs=1, ema=0.9))
    pairs.to_parquet(tmp_path / "pairs.parquet")
    options = ["--pairs", tmp_path / "pairs.parquet", "--out", tmp_path / "out", "--work", tmp_path / "work"]
    missing = CliRunner().invoke(app, ["geometry", "train", "gfn2", "--pairs", str(tmp_path / "none.parquet")])
    assert missing.exit_code == 2
    assert "eigenscope geometry pairs makes it" in missing.output
    result = CliRunner().invoke(app, ["geometry", "train", "gfn2", *map(str, options)])
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "out" / "gfn2" / "card.json").read_text())
    assert card["test"]["n"] == 6
    assert card["test"]["distance_moved_angstrom"] < 0.5 * card["test"]["distance_as_made_angstrom"]
    assert card["test"]["rmse_moved_ev"] < card["test"]["rmse_as_made_ev"]
    assert {record["stage"] for record in card["history"]} == {"distances", "levels"}
