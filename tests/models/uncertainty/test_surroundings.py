"""Which atoms are strange, and what is nearest: on features made up, so that the answer is known."""

import numpy as np
import pytest

from core.errors import ModelError
from core.models.protocol import Verdict
from core.models.uncertainty.estimator import AtomFeatures, fit_atom_distance
from core.models.uncertainty.familiarity import (
    FAMILIARITY_FILE,
    Surroundings,
    find_surroundings,
    load_surroundings,
    nearest_molecules,
)

N = 200


@pytest.fixture
def known(rng):
    """Return 200 molecules H C O; the carbons of the second hundred lie elsewhere."""
    numbers = np.tile([1, 6, 8], N)
    features = rng.normal(0, 1, (3 * N, 6))
    features[3 * (N // 2) + 1 :: 3] += 20.0
    return AtomFeatures(numbers, features.astype(np.float32), np.full(N, 3))


@pytest.fixture
def around(known):
    estimator = fit_atom_distance(known)
    smiles = ["first"] * (N // 2) + ["second"] * (N // 2)
    return estimator, find_surroundings(estimator, known, smiles, known)


def molecule(known, place, shift=0.0):
    features = known.features[3 * place : 3 * place + 3].copy()
    features[1] += shift
    return AtomFeatures(np.array([1, 6, 8]), features, np.array([3]))


def test_each_centre_has_the_molecule_of_its_nearest_atom(known):
    estimator = fit_atom_distance(known)
    owners = nearest_molecules(estimator, known)
    distances = estimator.of_atoms(known)
    assert (owners >= 0).all()
    assert len(owners) == len(estimator.centres)
    assert set(owners.tolist()) <= set(known.molecule[distances < np.quantile(distances, 0.99)].tolist())


def test_a_strange_atom_is_named_and_its_like_found(known, around):
    estimator, surroundings = around
    usual = surroundings.judge(estimator, molecule(known, 3))
    assert usual.nearest
    strange = surroundings.judge(estimator, molecule(known, 3, shift=400.0))
    assert strange.verdict == Verdict.OUTSIDE
    assert strange.atoms[0] == 1
    assert strange.nearest[0] == "second", "the shift leads to those carbons"


def test_one_in_twenty_is_near_or_outside(known, around):
    estimator, surroundings = around
    verdicts = [surroundings.judge(estimator, molecule(known, k)).verdict for k in range(N)]
    assert verdicts.count(Verdict.INSIDE) == pytest.approx(0.95 * N, abs=2)
    assert all(not surroundings.judge(estimator, molecule(known, k)).atoms for k in range(N) if verdicts[k] == "inside")


def test_an_element_that_was_never_seen_is_outside_and_has_no_neighbour(known, around):
    estimator, surroundings = around
    foreign = AtomFeatures(np.array([6, 16]), known.features[1:3], np.array([2]))
    found = surroundings.judge(estimator, foreign)
    assert (found.verdict, found.atoms[0], found.nearest) == (Verdict.OUTSIDE, 1, ())


def test_the_disk_changes_nothing(around, tmp_path):
    assert load_surroundings(tmp_path) is None
    around[1].save(tmp_path)
    again = load_surroundings(tmp_path)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FAMILIARITY_FILE).write_text("{")
    with pytest.raises(ModelError, match="which molecules are familiar"):
        load_surroundings(tmp_path / "damaged")
    assert isinstance(again, Surroundings)
    assert again == around[1]
