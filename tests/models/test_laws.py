"""Laws that every shipped learner obeys: to 1e-4 eV where it answers with levels, to 1e-3 states/eV with spectra.

Covers `core.models.radial`.
"""

import numpy as np
import pytest
from scipy.stats import ortho_group

from core.errors import DomainError
from core.features.coulomb_matrix import MATRIX_LIMIT
from core.models.card import LEVELS
from core.models.protocol import headline_spectra
from core.models.registry import DEFAULT, learner_keys, load_learner, model_keys
from core.models.tight_binding.learner import TIGHT_BINDING_CPU_BATCH
from core.models.uncertainty.estimator import AtomFeatures
from core.spectrum.broaden import GRID_EV
from core.spectrum.levels import N_BAND
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

TOLERANCE_EV, TOLERANCE_DENSITY = 1e-4, 1e-3
STEP = 0.001  # Angstrom
SMOOTH_EV, SMOOTH_DENSITY = 0.02, 0.05  # for one STEP of one atom
MIDDLING = ("CC(C)(C)C#N", "O=Cc1ccco1")  # with a band, and small enough for every learner


@pytest.fixture(scope="module")
def geometries(geometries):
    return [*geometries, *(embed_geometry(parse_smiles(s)) for s in MIDDLING)]


@pytest.fixture(scope="module", params=learner_keys())
def learner(request):
    return load_learner(request.param, device="cpu")


@pytest.fixture(scope="module", params=model_keys())
def model(request):
    """Those of the learners that answer with levels."""
    return load_learner(request.param, device="cpu")


def answered(learner, geometries):
    """Return the geometries that a learner can be asked about: for the flagship all of them."""
    within = [g for g in geometries if not is_refused(learner, g)]
    assert len(within) >= 4
    assert len(within) == len(geometries) or learner.key != DEFAULT
    return within


def is_refused(learner, geometry):
    try:
        learner.check(geometry)
    except DomainError:
        return True
    return False


def answers(learner, geometries):
    """Return what a learner says of each geometry: valence levels and LUMO, or the spectrum."""
    if learner.card.form == LEVELS:
        return [np.append(levels.valence_ev, levels.lumo_ev) for levels in learner.predict_levels(geometries)]
    return list(learner.predict_spectra(geometries))


def assert_same(learner, first, second):
    tolerance = TOLERANCE_EV if learner.card.form == LEVELS else TOLERANCE_DENSITY
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_there_is_a_model():
    assert learner_keys()[0] == model_keys()[0] == DEFAULT == "tight_binding"


def test_rotation_translation_and_mirror(learner, geometries, rng):
    geometries = answered(learner, geometries)
    turns = [ortho_group.rvs(3, random_state=rng) for _ in geometries]
    turns[0] = turns[0] * -np.sign(np.linalg.det(turns[0]) * np.linalg.det(turns[1]))  # rotations and reflections both
    assert {int(np.sign(np.linalg.det(t))) for t in turns} == {1, -1}
    moved = [
        Geometry(g.numbers, g.positions @ turn + rng.normal(0, 30, 3))
        for g, turn in zip(geometries, turns, strict=True)
    ]
    assert_same(learner, answers(learner, moved), answers(learner, geometries))


def test_permutation(learner, geometries, rng):
    geometries = answered(learner, geometries)
    orders = [rng.permutation(g.n_atoms) for g in geometries]
    shuffled = [Geometry(g.numbers[o], g.positions[o]) for g, o in zip(geometries, orders, strict=True)]
    assert_same(learner, answers(learner, shuffled), answers(learner, geometries))


def test_batch_equals_single(learner, geometries):
    geometries = answered(learner, geometries)
    many = geometries * (TIGHT_BINDING_CPU_BATCH // len(geometries) + 1)
    together = answers(learner, many)
    alone = [answers(learner, [g])[0] for g in geometries]
    assert_same(learner, together[: len(geometries)], alone)
    assert_same(learner, together[-len(geometries) :], alone)


def test_deterministic_and_input_untouched(learner, geometries):
    geometries = answered(learner, geometries)
    before = [(g.numbers.copy(), g.positions.copy()) for g in geometries]
    first, second = answers(learner, geometries), answers(learner, geometries)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    for g, (numbers, positions) in zip(geometries, before, strict=True):
        np.testing.assert_array_equal(g.numbers, numbers)
        np.testing.assert_array_equal(g.positions, positions)


def test_spectra_are_densities(learner, geometries):
    geometries = answered(learner, geometries)
    spectra = learner.predict_spectra(geometries)
    assert spectra.shape == (len(geometries), len(GRID_EV))
    assert np.isfinite(spectra).all()
    assert (spectra >= 0).all()
    assert spectra.max(axis=1).min() > 0.1
    if learner.card.form == LEVELS:
        np.testing.assert_allclose(spectra, headline_spectra(learner.predict_levels(geometries)), atol=1e-6)


def test_features_are_finite_and_one_row_a_molecule_or_an_atom(learner, geometries):
    geometries = answered(learner, geometries)
    if learner.card.kind == "delta":
        return  # describes levels: see its own tests
    features = learner.features(geometries)
    assert len(features) == len(geometries)
    if isinstance(features, AtomFeatures):
        assert features.sizes.tolist() == [g.n_atoms for g in geometries]
        assert features.numbers.tolist() == np.concatenate([g.numbers for g in geometries]).tolist()
        assert len(features.features) == features.sizes.sum()
        features = features.features
    assert features.ndim == 2
    assert np.isfinite(features).all()


def test_a_refusal_says_why(learner, geometries):
    for g in geometries:
        if is_refused(learner, g):
            with pytest.raises(DomainError, match=r"a band needs 16 valence levels, .+ has \d+|at most \d+ atoms"):
                learner.check(g)


def test_answers_move_smoothly_with_the_atoms(learner, geometries):
    """No jump where an atom crosses a cutoff: a step of a thousandth of an Angstrom is worth millielectronvolts.

    A learner may jump only if its card says so; then most steps are small all the same.
    """
    g = answered(learner, geometries)[-1]
    frames = []
    for k in range(51):
        positions = g.positions.copy()
        positions[0] += [k * STEP, 0, 0]
        frames.append(Geometry(g.numbers, positions))
    moved = np.array(answers(learner, frames))
    steps = np.abs(np.diff(moved[:, np.isfinite(moved[0])], axis=0)).max(axis=1)
    bound = SMOOTH_EV if learner.card.form == LEVELS else SMOOTH_DENSITY
    assert steps.max() > 0, "the molecule did change"
    assert (np.median(steps) if MATRIX_LIMIT in learner.card.limits else steps.max()) < bound
    assert learner.key != DEFAULT or MATRIX_LIMIT not in learner.card.limits


def test_all_levels_or_the_band(model, geometries):
    """A learner that knows the LUMO knows every electron pair; of the others some answer with the band alone."""
    geometries = answered(model, geometries)
    predicted = model.predict_levels(geometries)
    knows_all, knows_lumo = any(len(x.valence_ev) != N_BAND for x in predicted), np.isfinite(predicted[0].lumo_ev)
    assert knows_lumo or model.key != DEFAULT
    assert knows_all or not knows_lumo
    for g, levels in zip(geometries, predicted, strict=True):
        n_electrons = sum(int(z) if z == 1 else int(z) - 2 for z in g.numbers)
        assert len(levels.valence_ev) == (n_electrons // 2 if knows_all else N_BAND)
        assert (np.diff(levels.valence_ev) >= 0).all()
        assert levels.lumo_ev > levels.homo_ev if knows_lumo else np.isnan(levels.lumo_ev)
        assert levels.expected_rmse_ev > 0


def test_weights_are_shares_and_follow_the_atoms(model, geometries, rng):
    geometries = answered(model, geometries)
    orders = [rng.permutation(g.n_atoms) for g in geometries]
    shuffled = [Geometry(g.numbers[o], g.positions[o]) for g, o in zip(geometries, orders, strict=True)]
    predicted, again = (model.predict_levels(x, weights=True) for x in (geometries, shuffled))
    if predicted[0].atom_weights is None:
        assert model.key != DEFAULT
        assert all(levels.atom_weights is None and levels.s_weights is None for levels in [*predicted, *again])
        return
    for g, levels, other, order in zip(geometries, predicted, again, orders, strict=True):
        assert levels.atom_weights.shape == (len(levels.valence_ev) + 1, g.n_atoms)
        np.testing.assert_allclose(levels.atom_weights.sum(1), 1, atol=1e-4)
        assert (levels.s_weights <= levels.atom_weights + 1e-9).all()
        hydrogens = g.numbers == 1
        np.testing.assert_allclose(levels.s_weights[:, hydrogens], levels.atom_weights[:, hydrogens])
        homo = len(levels.valence_ev) - 1
        if levels.valence_ev[homo] - levels.valence_ev[homo - 1] > 0.01:  # degenerate orbitals may mix
            np.testing.assert_allclose(other.atom_weights[homo], levels.atom_weights[homo][order], atol=1e-3)


def test_far_from_training_is_less_certain(model, geometries):
    """A strained geometry no one would train on has a larger expected error than the same molecule relaxed."""
    g = geometries[7]
    stretched = Geometry(g.numbers, g.positions * 1.25)
    near, far = model.predict_levels([g, stretched])
    assert far.expected_rmse_ev > near.expected_rmse_ev
