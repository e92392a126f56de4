import numpy as np
import pytest

from core.reference.datasets import QM9_PBE, load_labels
from core.spectrum import Levels
from core.training.evaluate import check_calibration, evaluate_from_smiles, evaluate_labels, per_molecule_rmse


@pytest.fixture(scope="module")
def labels():
    labels = load_labels(QM9_PBE).split("test")
    return labels.select(np.arange(len(labels)) < 30)


def test_a_perfect_model_has_no_error(labels):
    class Oracle:
        key = "oracle"

        def predict_levels(self, geometries, *, weights=False):
            return labels.levels()

    result = evaluate_labels(Oracle(), labels)
    assert result["n"] == 30
    assert result["rmse_ev"] == result["rse"] == result["homo_mae_ev"] == 0
    assert result["by_geometry"]["dft"]["n"] == 30


def test_from_smiles_forgets_the_geometry_but_not_the_molecule(model, labels):
    few = labels.select(np.arange(30) < 3)
    own = evaluate_from_smiles(model, few, mode="fast")
    assert own["n"] + len(own["failed"]) == 3
    given = evaluate_labels(model, few)
    assert own["rmse_ev"] != given["rmse_ev"]
    assert own["rmse_ev"] < 1.0, "the same molecule, another conformer"


def test_calibration_compares_like_with_like(model, labels):
    result = check_calibration(model, labels)
    assert result["n"] == 30
    assert len(result["fifths"]) == 5
    expected = [fifth["expected_rmse_ev"] for fifth in result["fifths"]]
    assert expected == sorted(expected)


def test_per_molecule_rmse_uses_the_band():
    deep = np.linspace(-30, -5, 20)
    off = deep.copy()
    off[0] += 1.0  # below the band
    off[-1] += 0.4
    assert per_molecule_rmse([Levels(off, 0.0)], [Levels(deep, 0.0)])[0] == pytest.approx(0.1)
