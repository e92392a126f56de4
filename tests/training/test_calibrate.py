"""Calibrating anew: another expected error, the same predictions."""

import shutil

import numpy as np
import pandas as pd
import pytest
from archive_files import some_labels

from core.assets import BROAD_PBE, DRAWN_PBE, MODELS, QM9_GFN2, QM9_PBE
from core.errors import InputError
from core.labels.label_set import LabelSet, load_labels, save_labels
from core.labels.splits import is_reserved, molecule_keys, shipped_test_keys
from core.models.card import load_card
from core.models.fitting.recipe import TrainOptions
from core.models.registry import load_folder
from core.models.uncertainty.calibrator import EXPECTED_ERROR_FILE
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry
from core.training.calibrate import calibrate_anew


@pytest.mark.parametrize("path", [BROAD_PBE, DRAWN_PBE], ids=lambda p: p.stem)
def test_molecules_of_the_broad_sets_are_trained_on_or_test_never_both(path):
    labels = load_labels(path)
    train, test = (set(molecule_keys(labels.split(name).table)) for name in ("train", "test"))
    assert not train & test
    assert 0.1 < len(test) / (len(train) + len(test)) < 0.25
    assert not any(is_reserved(key) for key in train | test)
    assert not train & shipped_test_keys()


def test_no_molecule_of_the_broad_test_parts_is_trained_on_under_another_name():
    held_out = {key for path in (BROAD_PBE, DRAWN_PBE) for key in molecule_keys(load_labels(path).split("test").table)}
    held_out -= shipped_test_keys()
    tables = [load_labels(path).table for path in (QM9_PBE, QM9_GFN2, BROAD_PBE, DRAWN_PBE)]
    trained = pd.concat([table[~table["split"].str.startswith("test")] for table in tables])
    small = trained[[len(z) <= 9 for z in trained["numbers"]]]  # the others' constitutions take minutes
    keys = {constitution_key(Geometry(z, x)) for z, x in zip(small["numbers"], small["positions"], strict=True)}
    assert len(keys) > 100
    assert not keys & held_out


def test_predictions_stay_and_the_card_says_what_it_was_calibrated_on(tmp_path):
    folder = tmp_path / "tight_binding"
    shutil.copytree(MODELS / "tight_binding", folder)
    table = LabelSet(some_labels(300, split="train").table)
    test = some_labels(20)
    own = tmp_path / "own.parquet"
    save_labels(LabelSet(pd.concat([table.table, test.table], ignore_index=True), test.provenance), own)
    before = load_folder(folder).predict_levels(test.geometries())
    (folder / EXPECTED_ERROR_FILE).write_bytes(b"of another estimator")
    card = calibrate_anew(folder, options=TrainOptions(labels=own))
    after = load_folder(folder).predict_levels(test.geometries())
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new.valence_ev, old.valence_ev, atol=1e-4)
        assert new.expected_rmse_ev > 0
    assert 0 < card.n_validation < 60
    assert load_card(folder) == card


def test_a_learner_of_spectra_expects_no_errors(tmp_path):
    shutil.copytree(MODELS / "mlp_spectrum", tmp_path / "mlp_spectrum")
    with pytest.raises(InputError, match="mlp_spectrum predicts spectra"):
        calibrate_anew(tmp_path / "mlp_spectrum", options=TrainOptions(labels=QM9_PBE))
