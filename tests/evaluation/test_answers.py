"""Answers beside the reference: a perfect learner, a shifted one, one of spectra."""

import numpy as np
import pandas as pd
import pytest

from core.assets import QM9_PBE
from core.errors import InputError
from core.evaluation.answers import Answers, References, answers_of, count_squares, level_errors, parity_of, spread_of
from core.labels.label_set import load_labels
from core.spectrum.levels import N_BAND


def test_references_are_the_held_out_rows_with_a_band(references: References) -> None:
    labels = load_labels(QM9_PBE)
    held = labels.select(labels.table["split"].isin(["test", "test_other"]))
    bands = {i: x.band_ev for i, x in zip(held.table["id"], held.levels(), strict=True) if x.has_band}
    assert references.molecules.index.tolist() == list(bands)
    np.testing.assert_array_equal(references.band_ev, np.array(list(bands.values())))


def test_a_perfect_learner_has_no_error(perfect: Answers) -> None:
    errors, parity = level_errors(perfect), parity_of(perfect, None)
    assert errors is not None
    assert parity is not None
    assert errors.max() < 1e-5
    assert parity.rmse_ev < 1e-5
    assert len(parity.reference_ev) == 40 * N_BAND


def test_a_rigid_shift_is_every_levels_error(few: References, rows_of) -> None:
    shifted = answers_of(rows_of(few, "up", few.band_ev + 0.25), few, "up")
    errors, parity = level_errors(shifted), parity_of(shifted, 0)
    assert errors is not None
    assert parity is not None
    np.testing.assert_allclose(errors, 0.25, atol=1e-5)
    assert parity.mean_signed_error_ev == pytest.approx(0.25, abs=1e-5)
    np.testing.assert_allclose(parity.reference_ev, few.band_ev[:, -1])


def test_depth_counts_downwards_from_the_homo(noisy: Answers) -> None:
    parity = parity_of(noisy, N_BAND - 1)
    assert parity is not None
    np.testing.assert_array_equal(parity.reference_ev, noisy.reference_ev[:, 0])


def test_squares_hold_every_point(rng: np.random.Generator) -> None:
    reference, predicted = rng.normal(size=500), rng.normal(size=500)
    counts, edges = count_squares(reference, predicted, n_squares=20)
    assert counts.sum() == 500
    assert len(edges) == 21


def test_spread_is_that_of_the_molecules(noisy: Answers) -> None:
    spread = spread_of(noisy, "rmse_ev")
    assert spread is not None
    assert list(spread.quantiles) == sorted(spread.quantiles)
    assert spread.quantiles[2] == pytest.approx(np.median(noisy.rmse_ev))
    assert spread.worst_id == noisy.molecules.index[-1]
    assert spread.n == 40


def test_a_learner_of_spectra_has_no_levels(of_spectra: Answers) -> None:
    assert level_errors(of_spectra) is None
    assert parity_of(of_spectra, 0) is None
    assert spread_of(of_spectra, "rmse_ev") is None
    assert spread_of(of_spectra, "rse") is not None
    assert of_spectra.density.shape == (40, 300)


def test_rows_of_one_learner_at_one_geometry(few: References, rows_of) -> None:
    predictions = pd.concat([rows_of(few, "a", few.band_ev), rows_of(few, "b", few.band_ev + 1)])
    assert len(answers_of(predictions, few, "b", "dft")) == (few.molecules["geometry"] == "dft").sum()
    with pytest.raises(InputError, match="no test prediction of c"):
        answers_of(predictions, few, "c")
    with pytest.raises(InputError, match="at rattled geometries"):
        answers_of(predictions[predictions["geometry"] == "dft"], few, "a", "rattled")
