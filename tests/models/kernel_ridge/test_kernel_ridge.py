import numpy as np
import pytest
from safetensors.numpy import load_file
from sklearn.kernel_ridge import KernelRidge as ReferenceRidge

from core.assets import QM9_PBE
from core.errors import DomainError, ModelError
from core.labels.label_set import load_labels
from core.models.kernel_ridge.kernel import (
    COULOMB_MATRIX,
    GAUSSIAN,
    KERNEL_FILE,
    LAPLACIAN,
    MBTR,
    FeatureSpace,
    KernelFit,
    KernelRidge,
    from_steps,
    kernel_of,
    pair_distances,
    round_vectors,
    solve_dual,
    to_steps,
)
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.uncertainty.estimator import NeighbourResidual
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

SPACES = {COULOMB_MATRIX: {"n_atoms": 29}, MBTR: {"elements": ["H", "C", "N", "O", "F"]}}


@pytest.fixture(scope="module")
def labels():
    """Return labels of the first 24 molecules."""
    every = load_labels(QM9_PBE)
    return every.select(np.arange(len(every)) < 24)


@pytest.fixture(scope="module")
def targets(labels):
    return np.array([levels.band_ev for levels in labels.levels()])


def fit(kernel, width, vectors, targets, *, alpha):
    offset = targets.mean(0).astype(np.float32)
    likeness = kernel_of(kernel, pair_distances(kernel, vectors, vectors), width)
    return KernelFit(
        kernel, width, alpha, solve_dual(likeness, targets - offset, alpha=alpha).astype(np.float32), offset
    )


@pytest.fixture(scope="module", params=SPACES)
def ridge(request, labels, targets):
    """Return a learner of the few molecules, on either representation."""
    space = FeatureSpace(request.param, SPACES[request.param])
    features = space.featurizer(labels.geometries())
    if request.param == MBTR:
        axes = np.linalg.svd(features - features.mean(0), full_matrices=False)[2][:20].T
        space = FeatureSpace(MBTR, SPACES[MBTR], features.mean(0), axes.astype(np.float16).astype(np.float32))
    vectors = round_vectors(space.project(features))
    widths = [float(np.median(pair_distances(k, vectors, vectors))) for k in (LAPLACIAN, GAUSSIAN)]
    band = fit(LAPLACIAN, widths[0], vectors, targets, alpha=1e-6)
    homo = fit(GAUSSIAN, widths[1], vectors, targets[:, -1:], alpha=1e-4)
    n_heavy = 9 if request.param == COULOMB_MATRIX else None
    return KernelRidge(space, vectors, band, homo, elements=("H", "C", "N", "O", "F"), n_heavy=n_heavy)


@pytest.fixture
def learner(ridge, tmp_path):
    ridge.save(tmp_path / KERNEL_FILE)
    return KernelRidgeLevels(tmp_path)


def test_a_tiny_set_is_memorised(learner, labels, targets):
    predicted = np.array([levels.valence_ev for levels in learner.predict_levels(labels.geometries())])
    assert np.abs(predicted - targets).max() < 0.01
    np.testing.assert_allclose(learner.predict_homo(labels.geometries()), targets[:, -1], atol=0.02)


def test_as_scikit_learns_own(rng):
    vectors, new, targets = rng.normal(0, 1, (60, 7)), rng.normal(0, 1, (9, 7)), rng.normal(-10, 2, (60, 16))
    for kernel, name, gamma in ((GAUSSIAN, "rbf", 1 / (2 * 1.7**2)), (LAPLACIAN, "laplacian", 1 / 1.7)):
        ours = fit(kernel, 1.7, vectors, targets, alpha=0.01)
        reference = ReferenceRidge(kernel=name, gamma=gamma, alpha=0.01).fit(vectors, targets - targets.mean(0))
        np.testing.assert_allclose(ours(new, vectors), reference.predict(new) + targets.mean(0), atol=1e-4)


def test_survives_the_disk_to_the_last_bit(ridge, learner, labels):
    again = learner.ridge
    np.testing.assert_array_equal(again.training, ridge.training)
    vectors = ridge.space(labels.geometries())
    np.testing.assert_array_equal(again.space(labels.geometries()), vectors)
    for name, one in ridge.fits.items():
        other = again.fits[name]
        assert (other.kernel, other.width, other.alpha) == (one.kernel, one.width, one.alpha)
        np.testing.assert_array_equal(other.dual, one.dual)
        np.testing.assert_allclose(other(vectors, again.training), one(vectors, ridge.training), atol=1e-9)


def test_the_file_is_small_and_no_pickle(ridge, learner):
    stored = load_file(learner.folder / KERNEL_FILE)
    assert stored["training"].dtype == np.uint16
    assert stored["training"].shape == ridge.training.shape
    assert {str(x.dtype) for x in stored.values()} <= {"uint16", "float16", "float32", "float64"}


def test_rounding_is_even_and_of_no_consequence(rng):
    vectors = rng.uniform(-3, 97, (50, 40))
    steps, low, step = to_steps(vectors)
    assert np.abs(from_steps(steps, low, step) - vectors).max() <= step / 2 + 1e-12
    assert step == pytest.approx(100 / 65535, rel=0.01)
    np.testing.assert_array_equal(round_vectors(round_vectors(vectors)), round_vectors(vectors))
    np.testing.assert_array_equal(round_vectors(np.full((3, 2), 5.0)), 5.0)


def test_something_else_is_refused(tmp_path):
    (tmp_path / KERNEL_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is no kernel ridge regression"):
        KernelRidge.load(tmp_path / KERNEL_FILE)
    with pytest.raises(ModelError, match="is no kernel ridge regression"):
        KernelRidge.load(tmp_path / "missing.safetensors")


def test_levels_are_a_band_and_nothing_else(learner, geometries):
    within = [g for g in geometries if g.n_atoms <= 29]
    for levels in learner.predict_levels(within, weights=True):
        assert levels.valence_ev.shape == (16,)
        assert (np.diff(levels.valence_ev) >= 0).all()
        assert np.isnan(levels.lumo_ev)
        assert levels.atom_weights is None


def test_small_molecules_have_no_band(learner, geometries):
    with pytest.raises(DomainError, match="a band needs 16 valence levels, CH4 has 4"):
        learner.check(geometries[1])
    learner.check(geometries[7])


def test_more_atoms_than_the_matrix_has_rows(learner, geometries):
    large = geometries[8]
    assert large.n_atoms > 29
    if learner.ridge.space.representation == COULOMB_MATRIX:
        with pytest.raises(DomainError, match="at most 29 atoms, hydrogens included, found 33"):
            learner.check(large)
    else:
        learner.check(large)


def test_other_elements_are_refused_by_the_tensor(learner):
    sulphur = Geometry(np.array([16] + [1] * 2), np.array([[0, 0, 0], [1.34, 0, 0], [0, 1.34, 0]]))
    with pytest.raises(DomainError, match="found S"):
        learner.check(sulphur)


def test_more_heavy_atoms_than_trained_on(learner):
    """A row of the matrix that was a hydrogen in all training molecules says nothing of a tenth heavy atom."""
    naphthalene = embed_geometry(parse_smiles("c1ccc2ccccc2c1"))
    if learner.ridge.space.representation == COULOMB_MATRIX:
        with pytest.raises(DomainError, match="at most 9 heavy atoms, as in the training molecules, C10H8 has 10"):
            learner.check(naphthalene)
    else:
        learner.check(naphthalene)


def test_expected_error_grows_with_distance(learner, labels):
    """Calibrated on errors that are the measure itself, a stretched molecule is less certain than the same one relaxed."""
    geometries = labels.geometries()
    assert np.isnan(learner.predict_levels(geometries[:1])[0].expected_rmse_ev)
    measure = learner.estimator(learner.distances(geometries))
    learner.calibrate(labels, labels, measure)
    calibrated = KernelRidgeLevels(learner.folder)
    for g in geometries[:6]:
        near, far = calibrated.predict_levels([g, Geometry(g.numbers, g.positions * 1.5)])
        assert far.expected_rmse_ev > near.expected_rmse_ev > 0


def test_the_measure_is_distance_times_what_the_fit_leaves(rng):
    distances, residuals = rng.uniform(1, 9, (4, 50)), rng.uniform(0, 1, 50)
    nearest = np.argsort(distances, axis=1)[:, :20]
    expected = [d[n].mean() * residuals[n].mean() for d, n in zip(distances, nearest, strict=True)]
    np.testing.assert_allclose(NeighbourResidual(residuals)(distances), expected)


def test_memory_is_bounded_by_chunks(learner, labels, monkeypatch):
    whole = learner.predict_levels(labels.geometries())
    monkeypatch.setattr("core.models.kernel_ridge.learner.KERNEL_BATCH", 5)
    for one, other in zip(learner.predict_levels(labels.geometries()), whole, strict=True):
        np.testing.assert_allclose(one.valence_ev, other.valence_ev, rtol=0, atol=1e-5)  # float32 projection
