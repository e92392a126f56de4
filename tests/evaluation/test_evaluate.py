import numpy as np
import pytest

from core.assets import QM9_PBE, REFERENCE
from core.errors import DomainError
from core.evaluation.evaluate import evaluate_labels
from core.evaluation.from_smiles import evaluate_from_smiles
from core.labels.label_set import load_labels
from core.models.protocol import headline_spectra
from core.models.registry import load_model
from core.models.tight_binding.learner import TightBindingModel
from core.models.uncertainty.evaluator import check_calibration
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import evaluate_levels, evaluate_spectra, per_molecule_rmse


@pytest.fixture(scope="module")
def labels():
    labels = load_labels(QM9_PBE).split("test")
    return labels.select(np.arange(len(labels)) < 30)


def test_a_perfect_model_has_no_error(model, labels):
    class Oracle(TightBindingModel):
        def __init__(self, model):
            self.card, self.network = model.card, model.network

        def predict_levels(self, geometries, *, weights=False):
            return labels.levels()

    result = evaluate_labels(Oracle(model), labels)
    assert result["n"] == 30
    assert result["rmse_ev"] == result["rse"] == result["homo_mae_ev"] == 0
    assert "n_refused" not in result


def test_what_is_outside_a_learners_domain_is_counted_and_not_measured(model, labels):
    class Narrow(TightBindingModel):
        def __init__(self):
            self.card = model.card

        def check(self, geometry):
            if geometry.n_atoms > 18:
                raise DomainError(f"at most 18 atoms, got {geometry.n_atoms}")

        def predict_levels(self, geometries, *, weights=False):
            assert max(g.n_atoms for g in geometries) <= 18
            return model.predict_levels(geometries)

    result = evaluate_labels(Narrow(), labels)
    assert result["n"] + result["n_refused"] == 30
    assert result["n_refused"] > 0


def test_labels_of_other_elements_are_counted_and_not_measured():
    """Sulphur is no element of QM9: no learner trained there may be asked, and none may fail."""
    labels = load_labels(REFERENCE / "oe.parquet")
    labels = labels.select(np.arange(len(labels)) < 30)
    n_sulphur = sum("S" in g.symbols for g in labels.geometries())
    assert 0 < n_sulphur < 30
    result = evaluate_labels(load_model("dtnn_levels"), labels)
    assert (result["n"], result["n_refused"]) == (30 - n_sulphur, n_sulphur)


def test_band_alone_is_measured_by_the_band(labels):
    reference = labels.levels()
    band = [Levels(e.band_ev if e.has_band else e.valence_ev, float("nan")) for e in reference]
    result = evaluate_levels(band, reference)
    assert result["rmse_ev"] == 0
    assert not {"valence_rmse_ev", "lumo_mae_ev", "gap_mae_ev"} & set(result), "not predicted, so no figure"


def test_spectra_are_measured_as_the_levels_they_came_from_would_be(model, labels):
    predicted, reference = model.predict_levels(labels.geometries()), labels.levels()
    of_spectra = evaluate_spectra(headline_spectra(predicted), headline_spectra(reference))
    assert of_spectra["rse"] == pytest.approx(evaluate_levels(predicted, reference)["rse"])
    assert of_spectra["mean_area"] == pytest.approx(N_BAND, rel=0.01)


def test_from_smiles_forgets_the_geometry_but_not_the_molecule(model, labels):
    few = labels.select(np.arange(30) < 3)
    own = evaluate_from_smiles(model, few)
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
