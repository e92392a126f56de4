"""Laws that every featurizer obeys.

Covers `core.features.protocol`.
"""

import numpy as np
import pytest
from scipy.stats import ortho_group

from core.errors import DomainError
from core.features.coulomb_matrix import CoulombEigenspectrum, RandomCoulombMatrix, SortedCoulombMatrix
from core.features.mbtr import ManyBodyTensor
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

FEATURIZERS = {
    "sorted Coulomb matrix": SortedCoulombMatrix(40),
    "Coulomb eigenspectrum": CoulombEigenspectrum(40),
    "random Coulomb matrix": RandomCoulombMatrix(40, seed=3),
    "many-body tensor": ManyBodyTensor(),
    "many-body tensor, unit length": ManyBodyTensor(normalization="l2"),
}
TOLERANCE = 1e-5  # of the largest feature


@pytest.fixture(params=FEATURIZERS)
def featurizer(request):
    return FEATURIZERS[request.param]


@pytest.fixture(scope="module")
def molecules(geometries) -> list[Geometry]:
    """Return geometries of every kind: one atom, two, linear, and with all the symmetry that a sorted matrix can stumble on."""
    angles = np.arange(6) * np.pi / 3
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    benzene = Geometry(np.repeat([6, 1], 6), np.concatenate([1.39 * ring, 2.48 * ring]))
    cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    cubane = Geometry(np.repeat([6, 1], 8), np.concatenate([0.78 * cube, 1.41 * cube]))
    hydrogen = Geometry(np.array([1, 1]), np.array([[0, 0, 0], [0.74, 0, 0]]))
    lone_oxygen = Geometry(np.array([8]), np.zeros((1, 3)))
    return [*geometries, hydrogen, lone_oxygen, benzene, cubane, embed_geometry(parse_smiles("CC(C)(C)C"))]


def assert_same(first, second):
    np.testing.assert_allclose(first, second, rtol=0, atol=TOLERANCE * np.abs(second).max())


def test_shapes_and_names(featurizer, molecules):
    features = featurizer(molecules)
    assert features.shape == (len(molecules), featurizer.n_features)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert np.abs(features).max(axis=1).all(), "no molecule is nothing"
    assert len(featurizer.labels) == len(set(featurizer.labels)) == featurizer.n_features
    assert featurizer.units
    assert "doi" in featurizer.source
    assert featurizer([]).shape == (0, featurizer.n_features)


def test_rotation_translation_and_mirror(featurizer, molecules, rng):
    turns = [ortho_group.rvs(3, random_state=rng) for _ in molecules]
    assert {int(np.sign(np.linalg.det(t))) for t in turns} == {1, -1}, "the seed must give rotations and reflections"
    moved = [
        Geometry(g.numbers, g.positions @ turn + rng.normal(0, 30, 3)) for g, turn in zip(molecules, turns, strict=True)
    ]
    assert_same(featurizer(moved), featurizer(molecules))


def test_permutation(featurizer, molecules, rng):
    for _ in range(3):
        orders = [rng.permutation(g.n_atoms) for g in molecules]
        shuffled = [Geometry(g.numbers[o], g.positions[o]) for g, o in zip(molecules, orders, strict=True)]
        assert_same(featurizer(shuffled), featurizer(molecules))


def test_batch_equals_single(featurizer, molecules):
    alone = np.concatenate([featurizer([g]) for g in molecules])
    np.testing.assert_array_equal(featurizer(molecules), alone)


def test_deterministic_and_input_untouched(featurizer, molecules):
    before = [(g.numbers.copy(), g.positions.copy()) for g in molecules]
    np.testing.assert_array_equal(featurizer(molecules), featurizer(molecules))
    for g, (numbers, positions) in zip(molecules, before, strict=True):
        np.testing.assert_array_equal(g.numbers, numbers)
        np.testing.assert_array_equal(g.positions, positions)


def test_different_molecules_differ(featurizer, molecules, rng):
    features = featurizer(molecules)
    gaps = np.abs(features[:, None] - features[None]).max(axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 1e-3
    g = molecules[-1]
    stirred = Geometry(g.numbers, g.positions + rng.normal(0, 0.05, g.positions.shape))
    assert np.abs(featurizer([stirred]) - featurizer([g])).max() > 1e-3


def test_no_room_is_an_answer(geometries):
    matrix = SortedCoulombMatrix()
    assert matrix.n_atoms == 29
    with pytest.raises(DomainError, match="at most 29 atoms, hydrogens included, found 33"):
        matrix(geometries)
    with pytest.raises(DomainError, match="elements must be among H C N O F, found S"):
        ManyBodyTensor()([Geometry(np.array([16, 1, 1]), np.eye(3))])
