"""Laws that every registered model obeys, to 1e-4 eV."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from core.geometry import Geometry
from core.models.inference import CPU_BATCH
from core.predict import load_model, model_keys

TOLERANCE_EV = 1e-4


@pytest.fixture(scope="module", params=model_keys())
def model(request):
    return load_model(request.param, device="cpu")


def all_levels(model, geometries):
    return [np.append(levels.valence_ev, levels.lumo_ev) for levels in model.predict_levels(geometries)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=TOLERANCE_EV)


def test_there_is_a_model():
    assert model_keys()[0] == "tight_binding"


def test_rotation_translation_and_mirror(model, geometries, rng):
    turns = [ortho_group.rvs(3, random_state=rng) for _ in geometries]
    assert {int(np.sign(np.linalg.det(t))) for t in turns} == {1, -1}, "the seed must give rotations and reflections"
    moved = [
        Geometry(g.numbers, g.positions @ turn + rng.normal(0, 30, 3))
        for g, turn in zip(geometries, turns, strict=True)
    ]
    assert_same(all_levels(model, moved), all_levels(model, geometries))


def test_permutation(model, geometries, rng):
    orders = [rng.permutation(g.n_atoms) for g in geometries]
    shuffled = [Geometry(g.numbers[o], g.positions[o]) for g, o in zip(geometries, orders, strict=True)]
    assert_same(all_levels(model, shuffled), all_levels(model, geometries))
    weights = zip(
        model.predict_levels(shuffled[4:6], weights=True),
        model.predict_levels(geometries[4:6], weights=True),
        orders[4:6],
        strict=True,
    )
    for one, other, order in weights:
        homo = other.atom_weights[len(other.valence_ev) - 1]
        assert one.atom_weights is not None
        if other.valence_ev[-1] - other.valence_ev[-2] > 0.01:  # degenerate orbitals may mix
            np.testing.assert_allclose(one.atom_weights[len(one.valence_ev) - 1], homo[order], atol=1e-3)


def test_batch_equals_single(model, geometries):
    many = geometries * (CPU_BATCH // len(geometries) + 1)
    together = all_levels(model, many)
    alone = [all_levels(model, [g])[0] for g in geometries]
    assert_same(together[: len(geometries)], alone)
    assert_same(together[-len(geometries) :], alone)


def test_deterministic_and_input_untouched(model, geometries):
    before = [g.positions.copy() for g in geometries]
    first, second = all_levels(model, geometries), all_levels(model, geometries)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    for g, positions in zip(geometries, before, strict=True):
        np.testing.assert_array_equal(g.positions, positions)


def test_as_many_levels_as_electron_pairs(model, geometries):
    for g, levels in zip(geometries, model.predict_levels(geometries), strict=True):
        n_electrons = sum(int(z) if z == 1 else int(z) - 2 for z in g.numbers)
        assert len(levels.valence_ev) == n_electrons // 2
        assert (np.diff(levels.valence_ev) >= 0).all()
        assert levels.lumo_ev > levels.homo_ev
        assert levels.spread_ev > 0


def test_levels_move_smoothly_with_the_atoms(model, geometries):
    """No jump where an atom crosses the cutoff: 1 mA of movement is worth millielectronvolts."""
    g = geometries[-1]
    steps = np.linspace(0, 0.05, 51)
    frames = []
    for step in steps:
        positions = g.positions.copy()
        positions[0] += [step, 0, 0]
        frames.append(Geometry(g.numbers, positions))
    levels = np.array(all_levels(model, frames))
    assert np.abs(np.diff(levels, axis=0)).max() < 0.02


def test_weights_are_shares(model, geometries):
    for g, levels in zip(geometries, model.predict_levels(geometries, weights=True), strict=True):
        assert levels.atom_weights.shape == (len(levels.valence_ev) + 1, g.n_atoms)
        np.testing.assert_allclose(levels.atom_weights.sum(1), 1, atol=1e-4)
        assert (levels.s_weights <= levels.atom_weights + 1e-9).all()
        hydrogens = g.numbers == 1
        np.testing.assert_allclose(levels.s_weights[:, hydrogens], levels.atom_weights[:, hydrogens])


def test_far_from_training_is_less_certain(model, geometries):
    """A strained geometry no one would train on has a larger expected error than the same molecule relaxed."""
    g = geometries[7]
    stretched = Geometry(g.numbers, g.positions * 1.25)
    near, far = model.predict_levels([g, stretched])
    assert far.spread_ev > near.spread_ev
