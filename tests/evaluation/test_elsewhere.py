"""Strata: every molecule in the whole, groups by what they hold, and no figure where a learner covers nothing."""

import numpy as np
import pytest

from core.assets import QM9_PBE
from core.errors import InputError
from core.evaluation.elsewhere import WHOLE_SET, Stratum, load_elsewhere, measure_stratum, strata_of
from core.labels.label_set import LabelSet, load_labels


@pytest.fixture(scope="module")
def some() -> LabelSet:
    labels = load_labels(QM9_PBE)
    return labels.select(np.arange(len(labels)) < 300)


def test_strata_hold_what_they_say(some: LabelSet) -> None:
    strata = {s.name: s.labels for s in strata_of("x", some)}
    assert len(strata[WHOLE_SET]) == 300
    sizes = [s for s in strata if s.endswith("heavy atoms")]
    assert sum(len(strata[s]) for s in sizes) in (0, 300)
    for smiles in strata["acyclic C=N"].table["smiles"] if "acyclic C=N" in strata else []:
        assert "N" in smiles


def test_figures_are_of_the_stratum_alone(model, some: LabelSet) -> None:
    row = measure_stratum(model, Stratum("x", "few", some.select(np.arange(300) < 20)))
    assert (row["n"], row["n_refused"], row["key"]) == (20, 0, model.key)
    assert 0 < row["rmse_ev"] < 0.2
    assert row["expected_rmse_ev"] > 0


def test_what_no_learner_covers_has_no_figures(model, some: LabelSet) -> None:
    table = some.table.head(3).copy()
    table["numbers"] = [np.where(np.asarray(z) == 6, 14, z).astype(np.uint8) for z in table["numbers"]]
    row = measure_stratum(model, Stratum("x", "silicon", LabelSet(table)))
    assert (row["n"], row["n_refused"]) == (0, 3)
    assert "rmse_ev" not in row


def test_missing_figures_are_a_sentence(tmp_path) -> None:
    with pytest.raises(InputError, match="compare elsewhere"):
        load_elsewhere(tmp_path)
