"""Other people's labels through the commands: `eigenscope import` and `eigenscope evaluate`, on every format."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from archive_files import (
    oe62_columns,
    some_labels,
    table_columns,
    write_csv,
    write_ghosh,
    write_qm9_folder,
    write_qm9pack,
    write_split_json,
)
from typer.testing import CliRunner

from core.cli import app
from core.errors import InputError
from core.evaluation.evaluate import evaluate_labels
from core.labels.label_set import LabelSet, load_labels, training_split
from core.models.direct.fit import encode_samples
from core.models.mlp.learner import ARCHITECTURE as PERCEPTRON
from core.models.tight_binding.recipe import LevelFitOptions, level_tensors

N = 12
FORMATS = {
    "qm9": lambda folder, chosen: write_qm9_folder(folder / "qm9", chosen),
    "qm9pack": lambda folder, chosen: write_qm9pack(folder / "qm9pack", chosen),
    "oe62": lambda folder, chosen: write_split_json(folder / "df_62k.json", oe62_columns(chosen)),
    "ghosh": lambda folder, chosen: write_ghosh(folder / "ghosh", chosen),
    "table": lambda folder, chosen: write_csv(folder / "mine.csv", table_columns(chosen)),
}
FRONTIER = {"homo_mae_ev", "homo_mean_signed_error_ev", "lumo_mae_ev", "gap_mae_ev"}
BAND = {"rmse_ev", "rse", "median_rmse_ev", "p95_rmse_ev", "mean_signed_error_ev"}
TOLD = {
    "qm9": FRONTIER,
    "qm9pack": FRONTIER,
    "oe62": FRONTIER | BAND | {"valence_rmse_ev"},
    "ghosh": BAND | {"homo_mae_ev", "homo_mean_signed_error_ev"},
    "table": FRONTIER | BAND | {"valence_rmse_ev"},
}


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def chosen():
    return some_labels(N)


@pytest.fixture(scope="module")
def expected(model, chosen):
    return evaluate_labels(model, chosen)


@pytest.mark.parametrize("kind", FORMATS)
def test_evaluate_gives_the_figures_of_the_same_molecules_in_our_own_format(tmp_path, kind, chosen, expected):
    path = FORMATS[kind](tmp_path, chosen)
    result = run("evaluate", "--labels", path)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["n"] == N
    figures = FRONTIER | BAND | {"valence_rmse_ev"}
    assert {k for k in told if k in figures} == TOLD[kind]
    for name in TOLD[kind]:
        assert told[name] == pytest.approx(expected[name], abs=2e-4), name
    assert set(told.get("not_computed", {})) >= (figures - TOLD[kind]) & {"rmse_ev", "rse", "lumo_mae_ev"}
    assert told["provenance"]["name"]
    assert any("split drawn here" in note for note in told["notes"])


@pytest.mark.parametrize("kind", FORMATS)
def test_import_writes_what_evaluate_reads(tmp_path, kind, chosen):
    path, out = FORMATS[kind](tmp_path, chosen), tmp_path / "out" / "labels.parquet"
    result = run("import", path, "--out", out)
    assert result.exit_code == 0, result.output
    assert f"{N} rows, written to" in result.output
    direct, imported = run("evaluate", "--labels", path), run("evaluate", "--labels", out)
    figures = [json.loads(x.stdout) for x in (direct, imported)]
    for figure in figures:
        del figure["labels"]
    assert figures[0] == figures[1]


def test_import_lists_what_it_leaves_out(tmp_path, chosen):
    columns = table_columns(chosen)
    columns["levels_ev"][3] = "[nan]"
    out = tmp_path / "labels.parquet"
    result = run("import", write_csv(tmp_path / "mine.csv", columns), "--out", out)
    assert result.exit_code == 1, result.output
    assert "1 rows cannot be used" in result.output
    listed = pd.read_csv(tmp_path / "labels.left_out.csv")
    assert list(listed["id"]) == [chosen.table["id"][3]]
    told = json.loads(run("evaluate", "--labels", out).stdout)
    assert (told["n"], told["n_left_out"]) == (N - 1, 1)
    assert list(told["left_out"]) == [chosen.table["id"][3]]


def test_import_with_options(tmp_path, chosen):
    path = FORMATS["oe62"](tmp_path, chosen)
    result = run("import", path, "--out", tmp_path / "labels.parquet", "--theory", "gw_cbs")
    assert result.exit_code == 2
    assert "has no gw_cbs levels, it has pbe" in result.output
    columns = table_columns(chosen)
    columns["levels"] = columns.pop("levels_ev")
    del columns["lumo_ev"]
    result = run("import", write_csv(tmp_path / "a.csv", columns), "--out", tmp_path / "a.parquet", "--unit", "eV")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_can_be_trained_on(tmp_path, kind):
    """The training part of each: no shipped test molecule, no reserved one, validation apart."""
    train, test = some_labels(30, split="train"), some_labels(5)
    both = type(train)(pd.concat([train.table, test.table], ignore_index=True))
    labels = load_labels(FORMATS[kind](tmp_path, both))
    fit, valid = training_split(labels, valid_fraction=0.2, seed=1)
    assert 20 <= len(fit) + len(valid) <= 30
    tested = {x.tobytes() for x in labels.split("test").table["positions"]}
    assert not tested & {x.tobytes() for part in (fit, valid) for x in part.table["positions"]}
    shipped = [np.asarray(x, np.float32) for x in test.table["positions"]]
    near = [any(len(a) == len(b) and np.allclose(a, b, atol=1e-4) for b in shipped) for a in fit.table["positions"]]
    assert not any(near)


def test_a_learner_of_spectra_has_nothing_to_be_measured_by_where_no_band_is_told(tmp_path, chosen, model):
    class Spectra:
        key = "spectra"
        card = model.card.model_copy(update={"form": "spectrum"})

        def check(self, geometry):
            pass

        def predict_spectra(self, geometries):
            return model.predict_spectra(geometries)

    told = evaluate_labels(Spectra(), load_labels(FORMATS["qm9"](tmp_path, chosen)))
    assert told["n"] == 0
    assert "compared by their bands" in told["not_computed"]["rse"]


def test_a_level_that_is_not_told_has_no_say_in_training(tmp_path, model):
    labels = load_labels(FORMATS["qm9"](tmp_path, some_labels(6, split="train")))
    data = level_tensors(labels, LevelFitOptions(epochs=1))
    for weight, levels in zip(data.weight, labels.levels(), strict=True):
        n = len(levels.valence_ev)
        assert (weight > 0).nonzero().ravel().tolist() == [n - 1, n], "the HOMO and the LUMO, in their places"
    assert torch.isfinite(data.target).all()
    rows = np.arange(6)
    moved = replace(data, target=torch.where(data.weight > 0, data.target, data.target + 5.0))
    loss = data.loss(model.network, rows, np.random.default_rng(1))
    assert torch.isfinite(loss)
    assert moved.loss(model.network, rows, np.random.default_rng(1)) == loss
    homo = np.array([p.homo_ev for p in model.predict_levels(labels.geometries())])
    error = homo - np.array([x.homo_ev for x in labels.levels()])
    assert data.error(model.network) == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-3)


@pytest.mark.parametrize("form", ["levels", "spectrum"])
def test_a_network_of_bands_takes_rows_with_a_band_only(tmp_path, form):
    chosen = some_labels(6, split="train")
    labels = load_labels(FORMATS["table"](tmp_path, chosen))
    table = labels.table.copy()
    table.at[2, "levels_ev"] = np.where(np.arange(len(table["levels_ev"][2])) < 12, np.nan, table["levels_ev"][2])
    assert len(encode_samples(LabelSet(table), PERCEPTRON, form=form).target) == 5
    with pytest.raises(InputError, match="with a band of 16 levels"):
        encode_samples(load_labels(FORMATS["qm9"](tmp_path, chosen)), PERCEPTRON, form=form)
