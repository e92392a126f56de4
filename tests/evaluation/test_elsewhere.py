"""Strata: every molecule in the whole, groups by what they hold, and no figure where a learner covers nothing."""

import numpy as np
import pytest

from core.assets import LIBRARY_PBE, QM9_PBE
from core.errors import InputError
from core.evaluation.elsewhere import WHOLE_SET, judge_learner, load_elsewhere, load_measured, strata_of
from core.evaluation.evaluate import evaluate_labels
from core.labels.label_set import LabelSet, load_labels
from core.labels.splits import TEST, TRAIN, is_named_otherwise
from core.models.registry import load_learner


@pytest.fixture(scope="module")
def some() -> LabelSet:
    labels = load_labels(QM9_PBE)
    return labels.select(np.arange(len(labels)) < 300)


def test_strata_hold_what_they_say(some: LabelSet) -> None:
    strata = dict(strata_of(some))
    assert strata[WHOLE_SET].sum() == 300
    assert {"any of heteroaromatics", "any of saturated groups"} <= set(strata)
    assert not any(s.startswith("with ") for s in strata), "QM9 lacks those elements"
    nitriles = some.table["smiles"][strata["any of nitrogen"]]
    assert len(nitriles) > 50
    assert all("N" in smiles or "n" in smiles for smiles in nitriles)


def test_what_was_learnt_from_is_not_measured_by_any_name() -> None:
    learnt = load_labels(QM9_PBE).split(TRAIN).table
    for dataset in ("larger", "broad", "smallest"):
        assert not is_named_otherwise(load_measured(dataset).table, among=learnt).any(), dataset
    whole, measured = load_labels(LIBRARY_PBE), load_measured("library")
    assert 1500 < len(measured) < len(whole)


def test_the_broad_test_part_is_of_both_files_and_tested_rows_alone() -> None:
    labels = load_measured("broad")
    assert set(labels.table["split"]) == {TEST}
    strata = dict(strata_of(labels))
    made, others = strata["put together from motifs"], strata["real, or QM9's with a group made"]
    assert (made ^ others).all()
    for kind in ("heavy atoms", "geometry"):
        parts = [rows for name, rows in strata.items() if name.endswith(kind) or name.startswith(kind)]
        assert (np.sum(parts, axis=0) == 1).all(), kind
    assert min(made.sum(), others.sum()) > 400
    assert {"with S", "with I", "25 to 40 heavy atoms", "any of charge-separated"} <= set(strata)


def test_figures_are_of_the_stratum_alone(model, some: LabelSet) -> None:
    judge = judge_learner(model, some.select(np.arange(300) < 40))
    row = judge(np.arange(40) < 20)
    assert (row["n"], row["n_refused"]) == (20, 0)
    alone = evaluate_labels(model, some.select(np.arange(300) < 20))
    assert row["rmse_ev"] == pytest.approx(alone["rmse_ev"], abs=1e-5)
    assert row["expected_rmse_ev"] > 0
    assert 0.5 < row["levels_within_90"] <= 1


def test_learners_of_spectra_are_judged_by_spectra(some: LabelSet) -> None:
    few = some.select(np.arange(300) < 30)
    learner = load_learner("mlp_spectrum")
    row = judge_learner(learner, few)(np.arange(30) < 20)
    assert row["rse"] == pytest.approx(evaluate_labels(learner, few.select(np.arange(30) < 20))["rse"], rel=1e-6)
    assert row["rmse_ev"] is None


def test_what_no_learner_covers_has_no_figures(model, some: LabelSet) -> None:
    table = some.table.head(3).copy()
    table["numbers"] = [np.where(np.asarray(z) == 6, 34, z).astype(np.uint8) for z in table["numbers"]]
    row = judge_learner(model, LabelSet(table))(np.ones(3, dtype=bool))
    assert (row["n"], row["n_refused"]) == (0, 3)
    assert row["rmse_ev"] is None
    assert "expected_rmse_ev" not in row


def test_missing_figures_are_a_sentence(tmp_path) -> None:
    with pytest.raises(InputError, match="compare elsewhere"):
        load_elsewhere(tmp_path)
