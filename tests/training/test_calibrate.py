"""Calibrating anew: another expected error, the same predictions."""

import shutil

import numpy as np
import pandas as pd
import pytest
from archive_files import some_labels

from core.assets import BROAD_PBE, MODELS
from core.errors import InputError
from core.labels.label_set import LabelSet, calibration_parts, load_labels, save_labels
from core.labels.splits import is_reserved, molecule_keys
from core.models.card import load_card
from core.models.registry import load_folder
from core.models.uncertainty.calibrator import EXPECTED_ERROR_FILE
from core.training.calibrate import calibrate_anew


def test_molecules_calibrate_or_test_never_both():
    labels = load_labels(BROAD_PBE)
    first, second = calibration_parts(labels)
    assert len(first) + len(second) == len(labels)
    assert 0.45 < len(first) / len(labels) < 0.55
    assert not set(molecule_keys(first.table)) & set(molecule_keys(second.table))
    assert not any(is_reserved(key) for key in molecule_keys(first.table))


def test_predictions_stay_and_the_card_says_what_it_was_calibrated_on(tmp_path):
    folder = tmp_path / "tight_binding"
    shutil.copytree(MODELS / "tight_binding", folder)
    table = LabelSet(some_labels(300, split="train").table)
    test = some_labels(20)
    own = tmp_path / "own.parquet"
    save_labels(LabelSet(pd.concat([table.table, test.table], ignore_index=True), test.provenance), own)
    before = load_folder(folder).predict_levels(test.geometries())
    (folder / EXPECTED_ERROR_FILE).write_bytes(b"of another estimator")
    card = calibrate_anew(folder, labels=own, foreign=[])
    after = load_folder(folder).predict_levels(test.geometries())
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new.valence_ev, old.valence_ev, atol=1e-4)
        assert new.expected_rmse_ev > 0
    assert card.calibration["n_foreign"] == 0
    assert load_card(folder) == card


def test_a_learner_of_spectra_expects_no_errors(tmp_path):
    shutil.copytree(MODELS / "mlp_spectrum", tmp_path / "mlp_spectrum")
    with pytest.raises(InputError, match="mlp_spectrum predicts spectra"):
        calibrate_anew(tmp_path / "mlp_spectrum", labels=BROAD_PBE, foreign=[])


def test_the_shipped_expected_errors_were_calibrated_on_foreign_groups():
    calibration = load_card(MODELS / "tight_binding").calibration
    assert calibration["n_foreign"] > 1000
    assert calibration["foreign"] == [BROAD_PBE.name]
