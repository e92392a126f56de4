"""A learner is one folder: dropped in, it is found, trained, measured and loaded, and nothing else is touched.

Covers `core.models.folder`.
"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import core.models
from core.assets import QM9_PBE
from core.errors import ModelError
from core.labels.label_set import load_labels
from core.models.card import CARD, load_card
from core.models.fitting.recipe import TrainOptions
from core.models.registry import DEFAULT, find_recipes, learner_kinds, load_folder, load_learner
from core.training.learning_curves import curve_points
from core.training.train import train_learner

LEARNER = '''
"""The mean band of the training molecules, whatever the molecule."""

import numpy as np

from core.models.card import load_card
from core.models.protocol import check_band, headline_spectra
from core.models.uncertainty.calibrator import calibrate_uncertainty, expected_rmse_ev, load_uncertainty
from core.models.uncertainty.estimator import FeatureDistance, fit_feature_distance
from core.spectrum.levels import Levels


class MeanBand:
    def __init__(self, folder):
        self.folder, self.card, self.band = folder, load_card(folder), np.load(folder / "band.npy")
        self.uncertainty = load_uncertainty(folder, FeatureDistance)
        self.key = self.card.key

    def check(self, geometry):
        check_band(geometry)

    def features(self, geometries):
        return np.array([[g.n_atoms, np.ptp(g.positions)] for g in geometries], np.float32)

    def predict_levels(self, geometries, *, weights=False):
        expected = expected_rmse_ev(self.uncertainty, self.features(geometries))
        return [Levels(self.band, float("nan"), float(x)) for x in expected]

    def predict_spectra(self, geometries):
        return headline_spectra(self.predict_levels(geometries))

    def calibrate(self, training, validation, rmse_ev):
        estimator = fit_feature_distance(self.features(training.geometries()))
        calibrate_uncertainty(estimator, self.features(validation.geometries()), rmse_ev).save(self.folder)


def load(folder, *, device=None):
    return MeanBand(folder)
'''
RECIPE = '''
"""Take the mean."""

import numpy as np

from core.models.fitting.recipe import Fitted, Recipe


def fit_mean(train, valid, *, out, work, options, report):
    bands = np.array([levels.band_ev for levels in train.levels() if levels.has_band])
    np.save(out / "band.npy", bands.mean(0))
    return Fitted("the mean of the training bands", n_parameters=16, history=[{"stage": "fit", "epoch": 1}])


def width_figures(model, labels):
    return {"width_ev": float(model.band[-1] - model.band[0])}


RECIPES = {"mean_band": Recipe("Mean band", "mean", "levels", fit_mean, extra_figures={"band": width_figures})}
'''


@pytest.fixture
def dropped_in(tmp_path, monkeypatch):
    """One more folder beside those of the package."""
    folder = tmp_path / "packages" / "mean"
    folder.mkdir(parents=True)
    for name, text in (("__init__", '"""The mean band."""'), ("learner", LEARNER), ("recipe", RECIPE)):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(core.models, "__path__", [*core.models.__path__, str(folder.parent)])
    yield folder
    for name in [n for n in sys.modules if n.startswith("core.models.mean")]:
        del sys.modules[name]


@pytest.fixture
def labels(tmp_path):
    table = load_labels(QM9_PBE).table
    some = [table[table["split"] == "train"].iloc[:80], table[table["split"] == "test"].iloc[:12]]
    path = tmp_path / "labels.parquet"
    pd.concat(some, ignore_index=True).to_parquet(path)
    return path


def test_the_kinds_are_the_folders_that_hold_the_contract():
    assert learner_kinds() == ["tight_binding", "cnn", "delta", "dtnn", "kernel_ridge", "mlp"]
    for key, recipe in find_recipes().items():
        assert recipe.kind in learner_kinds()
        assert key.startswith({"kernel_ridge": "krr", "delta": "ionisation"}.get(recipe.kind, recipe.kind))


def test_one_folder_more_is_a_learner_more(dropped_in, labels, tmp_path):
    assert "mean" in learner_kinds()
    assert find_recipes()["mean_band"].name == "Mean band"
    assert {p.key for p in curve_points("qm9", list(find_recipes()), 200)} >= {DEFAULT, "mean_band"}
    out = tmp_path / "mean_band"
    options = TrainOptions(labels=labels)
    card = train_learner("mean_band", out, work=tmp_path / "work", options=options, report=lambda record: None)
    assert card == load_card(out)
    assert (card.kind, card.key, card.n_parameters) == ("mean", "mean_band", 16)
    assert card.test["dft"]["rmse_ev"] > 0
    assert card.calibration["expected_rmse_ev"] > 0
    assert card.extra_figures["band"]["width_ev"] > 1
    assert not card.ranking
    assert not card.from_smiles
    learner = load_learner(str(out))
    geometries = load_labels(labels).split("test").geometries()
    levels = learner.predict_levels(geometries)
    np.testing.assert_array_equal(levels[0].band_ev, levels[1].band_ev)
    assert all(x.expected_rmse_ev > 0 for x in levels)


def test_a_folder_without_a_recipe_is_no_learner(dropped_in):
    (dropped_in / "recipe.py").unlink()
    assert "mean" not in learner_kinds()


def test_a_card_of_another_kind_is_named(tmp_path):
    text = (load_learner(DEFAULT, device="cpu").folder / CARD).read_text()
    (tmp_path / CARD).write_text(text.replace('"kind": "tight_binding"', '"kind": "oracle"'))
    with pytest.raises(ModelError, match=r"card\.json: kind of learner must be one of tight_binding, .*, got 'oracle'"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import core.models.card", {"torch", "sklearn", "scipy", "pandas"}),
        (
            "from core.models.registry import *; learner_keys(); model_keys(); learner_kinds()",
            {"torch", "sklearn", "scipy", "pandas"},
        ),
        ("import core.models.protocol", {"torch", "sklearn"}),
        ("from core.models.registry import load_model; load_model(device='cpu')", {"sklearn", "dscribe"}),
        ("from core.models.registry import load_learner; load_learner('krr_mbtr')", {"torch", "sklearn"}),
    ],
)
def test_only_what_is_needed_is_imported(code, unwanted):
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not unwanted & set(done.stdout.split())
