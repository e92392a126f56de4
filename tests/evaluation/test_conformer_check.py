"""Averages over conformers against averages of references, on the shipped labels.

Covers `core.evaluation.conformer_check`, `core.evaluation.from_smiles`.
"""

import json

import numpy as np
import pytest

from core.assets import CONFORMERS_PBE
from core.evaluation.conformer_check import CONFORMER_FILE, measure_conformers
from core.labels.label_set import load_labels, load_reserved
from core.labels.splits import shipped_test_indices


def test_a_few_molecules_are_measured_and_written(model, tmp_path) -> None:
    labels = load_labels(CONFORMERS_PBE)
    few = labels.select((labels.table["split"] == "test") & (labels.table["qm9_index"] < 12_000))
    found = measure_conformers(model, few, out=tmp_path)
    assert found == json.loads((tmp_path / CONFORMER_FILE).read_text())
    assert 10 < found["n"] < found["n_conformers"] == len(few)
    assert found["rmse_ev"] < found["lowest_rmse_ev"], "the average is nearer than the lowest conformer"
    assert found["rmse_ev"] < 0.05
    at_90 = next(point for point in found["coverage"] if point["nominal"] == 0.9)
    assert at_90["levels"] == pytest.approx(found["levels_within_90"], abs=0.002)


def test_its_test_rows_are_test_molecules_and_none_is_reserved() -> None:
    table = load_labels(CONFORMERS_PBE).table
    assert set(table["split"]) == {"test", "valid"}
    assert set(table["qm9_index"][table["split"] == "test"]) <= set(shipped_test_indices())
    assert not set(table["qm9_index"][table["split"] == "valid"]) & set(shipped_test_indices())
    assert not set(table["qm9_index"]) & set(load_reserved())
    lowest = table.groupby("qm9_index")["conformer_energy_ev"].min()
    np.testing.assert_allclose(lowest, 0.0, atol=1e-6)
