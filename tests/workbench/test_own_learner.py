"""From labels to a learner of one's own, as a file and back, on the command line and in Python.

Covers `core.workbench.learner`, `core.models.own` and `core.cli.workbench`.
"""

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.assets import EXAMPLES, MODELS
from core.cli import app
from core.errors import InputError, ModelError
from core.labels.label_set import load_labels
from core.models.card import CARD, load_card
from core.models.own import (
    add_own_model,
    keep_own_model,
    own_model_keys,
    own_models_folder,
    pack_own_model,
    remove_own_model,
)
from core.models.registry import learner_keys, load_learner, load_model, load_written, model_folder, model_keys
from core.workbench.learner import OwnTheory

N_LABELS = 24


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("labels") / "mine.csv"
    pd.read_csv(EXAMPLES / "labels.csv", dtype=str).head(N_LABELS).to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def saved(table, tmp_path_factory):
    """A learner trained by the command line, and saved."""
    path = tmp_path_factory.mktemp("saved") / "mine.eigenscope.zip"
    result = CliRunner().invoke(app, ["workbench", "train", table, "--name", "Mine, CAM", "--out", str(path)])
    assert result.exit_code == 0, result.output
    return path, json.loads(result.stdout)


@pytest.fixture(autouse=True)
def none_left():
    yield
    for key in own_model_keys():
        remove_own_model(key)


def test_what_was_learnt_is_said(saved) -> None:
    _, said = saved
    assert said["model"].startswith("mine-cam-")
    assert said["labels"] == said["n_molecules"] == N_LABELS
    assert 0.02 < said["mae_ev"] < 0.3


def test_a_saved_learner_predicts_its_level_of_theory(saved, table) -> None:
    path, said = saved
    learner = load_model(str(path), device="cpu")
    assert learner.key == said["model"]
    assert learner.key in model_keys()
    assert learner.key not in learner_keys(), "comparisons are among the shipped ones"
    assert learner.card.level_of_theory == "CAM-B3LYP/def2-TZVP"
    assert learner.card.energies == "orbital"
    assert learner.card.test["left out"]["n_molecules"] == N_LABELS
    labels = load_labels(EXAMPLES / "labels.csv")
    unseen = labels.select(np.arange(len(labels)) >= N_LABELS)
    homos = [x.homo_ev for x in learner.predict_levels(unseen.geometries())]
    pbe = [x.homo_ev for x in load_model(device="cpu").predict_levels(unseen.geometries())]
    truth = np.array([x.homo_ev for x in unseen.levels()])
    assert np.abs(homos - truth).mean() < 0.3 < 1.5 < np.abs(pbe - truth).mean()
    assert load_learner(learner.key, device="cpu").key == learner.key


def test_learners_of_ones_own_are_listed_added_and_removed(saved) -> None:
    path, said = saved
    run = CliRunner().invoke
    assert run(app, ["workbench", "add", str(path)]).stdout.strip() == said["model"]
    assert "Mine, CAM" in run(app, ["workbench", "list"]).stdout
    assert run(app, ["workbench", "remove", said["model"]]).exit_code == 0
    assert not own_model_keys()
    again = run(app, ["workbench", "remove", said["model"]])
    assert again.exit_code == 2
    assert "must be one of (none)" in again.stderr


def test_what_to_label_next_is_written(saved, tmp_path) -> None:
    from core.assets import HOME_LIBRARY
    from core.library.store import load_library

    small = tmp_path / "small.parquet"
    load_library(HOME_LIBRARY).head(10).to_parquet(small)
    out = tmp_path / "next.csv"
    result = CliRunner().invoke(app, ["workbench", "suggest", str(saved[0]), str(small), "-n", "3", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(out)) == 3


def test_a_file_that_is_no_learner_or_more_is_refused(saved, tmp_path) -> None:
    path, _ = saved
    text = tmp_path / "text.eigenscope.zip"
    text.write_text("hello")
    with pytest.raises(ModelError, match="no saved learner"):
        add_own_model(text)
    for name in ("evil.py", "../evil.safetensors", "folder/x.safetensors"):
        crafted = tmp_path / "crafted.eigenscope.zip"
        shutil.copy(path, crafted)
        with zipfile.ZipFile(crafted, "a") as file:
            file.writestr(name, b"x")
        with pytest.raises(ModelError, match="holds a card and weights"):
            add_own_model(crafted)
    assert not own_model_keys()


def change_card(path, target, **changes) -> None:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == CARD:
                data = json.dumps(json.loads(data) | changes).encode()
            new.writestr(info.filename, data)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level_of_theory": "<img src=x>"}, "plain"),
        ({"limits": ["`code`"]}, "plain"),
        ({"key": "ionisation"}, "made of its name and weights"),
        ({"weights": {}}, "weights"),
        ({"weights": {"process.safetensors": "0" * 64}}, "weights"),
    ],
)
def test_a_changed_card_is_refused(saved, tmp_path, changes, said) -> None:
    crafted = tmp_path / "crafted.eigenscope.zip"
    change_card(saved[0], crafted, **changes)
    with pytest.raises(ModelError, match=said):
        add_own_model(crafted)


def test_a_correction_of_another_network_is_refused(saved, monkeypatch) -> None:
    key = add_own_model(saved[0])
    monkeypatch.setattr("core.models.delta.learner.network_hash", lambda base: "another")
    load_written.cache_clear()
    with pytest.raises(ModelError, match="train it again"):
        load_learner(key, device="cpu")
    load_written.cache_clear()


def test_what_is_kept_twice_is_there_once(saved, tmp_path) -> None:
    key = add_own_model(saved[0])
    shutil.copytree(own_models_folder() / key, tmp_path / "copy")
    assert keep_own_model(tmp_path / "copy") == key
    assert own_model_keys() == [key]
    assert model_folder(key).parent == own_models_folder()
    assert model_folder("tight_binding") == MODELS / "tight_binding"
    pack_own_model(key, tmp_path / "again.eigenscope.zip")
    assert load_card(own_models_folder() / key).key == key
    with pytest.raises(ModelError):
        pack_own_model("none", tmp_path / "none.zip")


@pytest.mark.parametrize("name", ["", "x" * 61, "<b>", "a`b"])
def test_names_are_plain(name) -> None:
    with pytest.raises(InputError, match="plain letters"):
        OwnTheory(name, "PBE0")


def test_the_same_labels_said_to_be_something_else_are_refused_under_their_name(saved, table) -> None:
    add_own_model(saved[0])
    again = ["workbench", "train", table, "--name", "Mine, CAM", "--theory", "another"]
    result = CliRunner().invoke(app, again)
    assert result.exit_code == 2
    assert "is there, of orbital energies" in " ".join(result.output.split())


def test_ionisation_energies_without_their_sign_are_refused_and_a_doubted_unit_is_said(table, tmp_path) -> None:
    levels = pd.read_csv(table)
    column = "levels_ev" if "levels_ev" in levels else levels.columns[-1]
    numbers = levels[column].astype(str)
    for factor, said in ((-1.0, "levels must be negative"), (1 / 27.211, "are the levels in Hartree")):
        path = tmp_path / "turned.csv"
        turned = [" ".join(f"{factor * float(x):.5f}" for x in row.split()) for row in numbers]
        levels.assign(**{column: turned}).to_csv(path, index=False)
        result = CliRunner().invoke(app, ["workbench", "train", str(path), "--name", "Turned", "--unit", "eV"])
        assert said in " ".join(result.output.split())
