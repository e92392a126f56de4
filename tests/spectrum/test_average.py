"""Averages over conformers: of equal ones nothing changes, and the spread is what it says."""

import numpy as np
import pytest

from core.spectrum.average import average_levels, band_spread_ev, level_spread_ev
from core.spectrum.levels import Levels

LOW, HIGH = Levels([-13.0, -9.0], -1.0, 0.03), Levels([-12.0, -8.0], 0.0, 0.04)


def test_of_equal_conformers_it_is_each_of_them() -> None:
    mean = average_levels([LOW, LOW, LOW], np.array([0.2, 0.3, 0.5]))
    np.testing.assert_allclose(mean.valence_ev, LOW.valence_ev)
    assert (mean.lumo_ev, mean.expected_rmse_ev) == (pytest.approx(-1.0), pytest.approx(0.03))
    np.testing.assert_allclose(level_spread_ev([LOW.valence_ev] * 3, np.array([0.2, 0.3, 0.5])), 0.0, atol=1e-7)


def test_it_is_weighted_rank_by_rank() -> None:
    weights = np.array([0.75, 0.25])
    mean = average_levels([LOW, HIGH], weights)
    np.testing.assert_allclose(mean.valence_ev, [-12.75, -8.75])
    assert mean.lumo_ev == pytest.approx(-0.75)
    assert mean.expected_rmse_ev == pytest.approx(np.sqrt(0.75 * 0.03**2 + 0.25 * 0.04**2))
    assert band_spread_ev([LOW.valence_ev, HIGH.valence_ev], weights) == pytest.approx(np.sqrt(0.75 * 0.25))


def test_errors_of_levels_are_averaged_where_all_have_them() -> None:
    known = [
        Levels(x.valence_ev, x.lumo_ev, 0.03, level_errors_ev=np.array(e))
        for x, e in ((LOW, [0.1, 0.2]), (HIGH, [0.1, 0.4]))
    ]
    weights = np.array([0.75, 0.25])
    np.testing.assert_allclose(average_levels(known, weights).errors_ev, [0.1, np.sqrt(0.75 * 0.04 + 0.25 * 0.16)])
    mean = average_levels([known[0], HIGH], weights)
    assert mean.level_errors_ev is None
    np.testing.assert_allclose(mean.errors_ev, mean.expected_rmse_ev)


def test_the_order_does_not_matter() -> None:
    one = average_levels([LOW, HIGH], np.array([0.75, 0.25]))
    other = average_levels([HIGH, LOW], np.array([0.25, 0.75]))
    np.testing.assert_allclose(one.valence_ev, other.valence_ev)


def test_shares_of_atoms_are_averaged_where_all_have_them() -> None:
    share = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    known = [Levels(x.valence_ev, x.lumo_ev, 0.03, s, 0.5 * s) for x, s in ((LOW, share), (HIGH, share[::-1]))]
    mean = average_levels(known, np.array([0.5, 0.5]))
    np.testing.assert_allclose(mean.atom_weights.sum(1), 1.0)
    np.testing.assert_allclose(mean.atom_weights[0], [0.5, 0.5])
    assert average_levels([known[0], LOW], np.array([0.5, 0.5])).atom_weights is None
