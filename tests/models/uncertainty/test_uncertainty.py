import numpy as np
import pytest

from core.errors import ModelError
from core.models.uncertainty.calibrator import (
    EXPECTED_ERROR_FILE,
    calibrate_uncertainty,
    expected_rmse_ev,
    load_uncertainty,
)
from core.models.uncertainty.estimator import (
    FEWEST_HEAVY,
    AtomDistance,
    AtomFeatures,
    FeatureDistance,
    NeighbourResidual,
    fit_atom_distance,
    fit_feature_distance,
    fit_size_power,
    join_atoms,
)
from core.models.uncertainty.evaluator import NOMINAL, compare_errors, coverage_curve


@pytest.fixture
def fitted(rng):
    """Training points in a cloud; validation errors that grow with the distance from its middle."""
    training = rng.normal(0, 1, (500, 20)) * np.linspace(2, 0.1, 20)
    validation = rng.normal(0, 1.5, (400, 20)) * np.linspace(2, 0.1, 20)
    errors = 0.02 * np.linalg.norm(validation, axis=1) * rng.uniform(0.7, 1.3, 400)
    return calibrate_uncertainty(fit_feature_distance(training), validation, errors), training, validation, errors


def test_expectations_are_right_on_average_and_rise(fitted):
    model, _, validation, errors = fitted
    expected = model(validation)
    assert np.sqrt(np.mean(expected**2)) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.1)
    assert np.corrcoef(expected, errors)[0, 1] > 0.5
    assert (np.diff(model.calibrator.rmse_ev) >= 0).all()


def test_beyond_all_that_was_checked_it_grows_with_the_distance(fitted):
    model, training, *_ = fitted
    far, farther = model(training[:1] + 100), model(training[:1] + 200)
    assert far > model.calibrator.rmse_ev[-1]
    assert farther == pytest.approx(2 * far, rel=0.1)


def test_another_learners_file_is_refused(fitted, tmp_path):
    fitted[0].save(tmp_path)
    with pytest.raises(ModelError, match="holds no expected errors"):
        load_uncertainty(tmp_path, lambda: NeighbourResidual(np.ones(3)))


def test_survives_the_disk(fitted, tmp_path):
    model, _, validation, _ = fitted
    model.save(tmp_path)
    again = load_uncertainty(tmp_path, FeatureDistance)
    np.testing.assert_allclose(again(validation), model(validation), rtol=1e-3)
    (tmp_path / EXPECTED_ERROR_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="holds no expected errors"):
        load_uncertainty(tmp_path, FeatureDistance)


def test_without_a_calibration_nothing_is_expected(tmp_path):
    assert load_uncertainty(tmp_path, FeatureDistance) is None
    assert np.isnan(expected_rmse_ev(None, np.zeros((3, 2)))).tolist() == [True] * 3


def test_a_handful_of_validation_molecules_is_enough(rng):
    training, validation = rng.normal(0, 1, (30, 8)), rng.normal(0, 1.5, (4, 8))
    estimator = fit_feature_distance(training)
    model = calibrate_uncertainty(estimator, validation, np.array([0.1, 0.2, 0.1, 0.3]))
    assert np.isfinite(model(validation)).all()


@pytest.mark.parametrize("make", [fit_feature_distance, lambda training: NeighbourResidual(np.ones(len(training)))])
def test_any_estimator_can_be_calibrated_and_kept(make, rng, tmp_path):
    """The three roles know of each other by what passes between them alone."""
    training, inputs = rng.uniform(0, 1, (40, 40)), rng.uniform(0, 2, (60, 40))
    estimator = make(training)
    measure = estimator(inputs)
    assert measure.shape == (60,)
    model = calibrate_uncertainty(estimator, inputs, 0.1 * measure)
    model.save(tmp_path)
    again = load_uncertainty(tmp_path, lambda **arrays: estimator)
    np.testing.assert_allclose(again(inputs), model(inputs), rtol=1e-5)
    figures = compare_errors(model(inputs), 0.1 * measure)
    assert figures["expected_rmse_ev"] == pytest.approx(figures["rmse_ev"], rel=0.05)


def test_the_evaluation_sees_over_and_underestimates():
    measured = np.linspace(0.1, 1.0, 50)
    honest, bold = compare_errors(measured, measured), compare_errors(measured / 3, measured)
    assert honest["n"] == 50
    assert honest["within_twice"] == 1
    assert len(honest["fifths"]) == 5
    assert all(fifth["expected_rmse_ev"] == fifth["rmse_ev"] for fifth in honest["fifths"])
    assert bold["within_twice"] == 0
    assert bold["rmse_ev"] == pytest.approx(3 * bold["expected_rmse_ev"])


@pytest.fixture
def atoms(rng):
    """Return 60 molecules of four atoms, H C C O, whose features tell the elements apart."""
    numbers = np.tile([1, 6, 6, 8], 60)
    features = rng.normal(0, 1, (240, 10)) * np.linspace(2, 0.1, 10) + numbers[:, None]
    return AtomFeatures(numbers, features.astype(np.float32), np.full(60, 4))


def test_one_foreign_atom_shows_in_its_molecule(atoms):
    estimator = fit_atom_distance(atoms)
    usual = estimator(atoms)
    features = atoms.features.copy()
    features[4 * 7 + 1] += 30.0  # a carbon of the eighth molecule
    foreign = AtomFeatures(atoms.numbers, features, atoms.sizes)
    measure = estimator(foreign)
    assert int(measure.argmax()) == 7
    assert measure[7] > 5 * usual.max()
    np.testing.assert_allclose(np.delete(measure, 7), np.delete(usual, 7))
    assert int(estimator.of_atoms(foreign).argmax()) == 4 * 7 + 1


def test_hydrogens_count_where_there_is_nothing_else(atoms):
    estimator = fit_atom_distance(atoms)
    hydrogen = AtomFeatures(np.array([1, 1]), atoms.features[[0, 4]], np.array([2]))
    np.testing.assert_allclose(estimator(hydrogen), np.sqrt(np.mean(estimator.of_atoms(hydrogen) ** 2)))
    with_carbon = AtomFeatures(np.array([1, 6]), atoms.features[[0, 1]], np.array([2]))
    np.testing.assert_allclose(estimator(with_carbon), estimator.of_atoms(with_carbon)[1])


def test_an_element_that_was_never_seen_is_infinitely_far(atoms):
    estimator = fit_atom_distance(atoms)
    foreign = AtomFeatures(np.array([6, 16]), atoms.features[[1, 2]], np.array([2]))
    assert np.isinf(estimator(foreign)).all()


def test_company_changes_nothing_and_the_disk_neither(atoms, tmp_path):
    estimator = fit_atom_distance(atoms)
    parts = [AtomFeatures(atoms.numbers[k : k + 4], atoms.features[k : k + 4], np.array([4])) for k in range(0, 240, 4)]
    np.testing.assert_allclose(np.concatenate([estimator(p) for p in parts]), estimator(join_atoms(parts)), rtol=1e-5)
    calibrate_uncertainty(estimator, atoms, 0.1 * estimator(atoms)).save(tmp_path)
    again = load_uncertainty(tmp_path, AtomDistance)
    np.testing.assert_allclose(again.estimator(atoms), estimator(atoms), rtol=1e-3, atol=1e-4)


def test_what_size_does_to_errors_is_found_and_kept(rng, tmp_path):
    """Errors that grow with the distance to the 1.5 and the size to the 0.6: the measure has size to the 0.4."""
    sizes = rng.integers(1, 25, 300)
    numbers = np.full(sizes.sum(), 6)
    features = rng.normal(0, 1, (len(numbers), 10)) * np.repeat(rng.uniform(0.5, 3, 300), sizes)[:, None]
    atoms = AtomFeatures(numbers, features.astype(np.float32), sizes)
    plain = fit_atom_distance(
        AtomFeatures(np.full(200, 6), rng.normal(0, 1, (200, 10)).astype(np.float32), np.ones(200, int))
    )
    errors = plain(atoms) ** 1.5 * np.maximum(sizes, FEWEST_HEAVY) ** 0.6
    scaled = fit_size_power(plain, atoms, errors)
    assert scaled.size_power[0] == pytest.approx(0.4, abs=0.01)
    assert np.corrcoef(np.log(scaled(atoms)), np.log(errors))[0, 1] > 0.999
    calibrate_uncertainty(scaled, atoms, errors).save(tmp_path)
    again = load_uncertainty(tmp_path, AtomDistance)
    np.testing.assert_allclose(again.estimator(atoms), scaled(atoms), rtol=1e-3)


def test_size_never_lessens_what_is_expected(atoms, rng):
    estimator = fit_atom_distance(atoms)
    errors = rng.uniform(0.01, 0.02, 60)
    errors[:30] = np.nan
    assert fit_size_power(estimator, atoms, errors).size_power[0] >= 0


def test_large_errors_are_told_apart_or_nothing_is_said(rng):
    errors = np.r_[np.full(20, 0.05), np.full(20, 0.4)]
    assert compare_errors(errors / 10, errors)["auroc"] == 1
    assert compare_errors(1 / errors, errors)["auroc"] == 0
    assert compare_errors(rng.uniform(0.01, 1, 4000), np.tile(errors, 100))["auroc"] == pytest.approx(0.5, abs=0.05)
    assert compare_errors(errors[:24], errors[:24])["auroc"] is None, "four large ones say little"


def test_normal_errors_of_the_expected_size_lie_on_the_diagonal(rng) -> None:
    expected = rng.uniform(0.02, 0.2, 4000)
    errors = expected[:, None] * rng.standard_normal((4000, 16))
    curve = coverage_curve(errors, expected[:, None])
    assert [point["nominal"] for point in curve] == list(NOMINAL)
    np.testing.assert_allclose([point["levels"] for point in curve], NOMINAL, atol=0.01)
    np.testing.assert_allclose([point["homo"] for point in curve], NOMINAL, atol=0.03)
    halved = coverage_curve(errors, expected[:, None] / 2)
    assert all(narrow["levels"] < point["levels"] for narrow, point in zip(halved, curve, strict=True))


def test_the_homo_is_the_last_level() -> None:
    errors = np.zeros((3, 16))
    errors[:, -1] = 1.0
    (first, *_) = coverage_curve(errors, np.full((3, 1), 0.1))
    assert (first["homo"], first["levels"]) == (0.0, 15 / 16)
