import numpy as np
import pytest

from core.errors import ModelError
from core.models.uncertainty.expected_error import ErrorCurve, ExpectedError, fit_expected_error


@pytest.fixture
def fitted(rng):
    """Training points in a cloud; validation errors that grow with the distance from its middle."""
    training = rng.normal(0, 1, (500, 20)) * np.linspace(2, 0.1, 20)
    validation = rng.normal(0, 1.5, (400, 20)) * np.linspace(2, 0.1, 20)
    errors = 0.02 * np.linalg.norm(validation, axis=1) * rng.uniform(0.7, 1.3, 400)
    return fit_expected_error(training, validation, errors), training, validation, errors


def test_expectations_are_right_on_average_and_rise(fitted):
    model, _, validation, errors = fitted
    expected = model(validation)
    assert np.sqrt(np.mean(expected**2)) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.1)
    assert np.corrcoef(expected, errors)[0, 1] > 0.5
    assert (np.diff(model.rmse_ev) >= 0).all()


def test_beyond_all_that_was_checked_it_grows_with_the_distance(fitted):
    model, training, *_ = fitted
    far, farther = model(training[:1] + 100), model(training[:1] + 200)
    assert far > model.rmse_ev[-1]
    assert farther == pytest.approx(2 * far, rel=0.1)


def test_another_learners_file_is_refused(fitted, tmp_path):
    fitted[0].save(tmp_path / "e.safetensors")
    with pytest.raises(ModelError, match="holds no expected errors"):
        ErrorCurve.load_if_there(tmp_path / "e.safetensors")


def test_survives_the_disk(fitted, tmp_path):
    model, _, validation, _ = fitted
    model.save(tmp_path / "e.safetensors")
    np.testing.assert_allclose(
        ExpectedError.load_if_there(tmp_path / "e.safetensors")(validation), model(validation), rtol=1e-3
    )
    (tmp_path / "e.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="holds no expected errors"):
        ExpectedError.load_if_there(tmp_path / "e.safetensors")


def test_a_handful_of_validation_molecules_is_enough(rng):
    training, validation = rng.normal(0, 1, (30, 8)), rng.normal(0, 1.5, (4, 8))
    model = fit_expected_error(training, validation, np.array([0.1, 0.2, 0.1, 0.3]))
    assert np.isfinite(model(validation)).all()
