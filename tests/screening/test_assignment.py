"""Levels under peaks, and where candidates differ.

Covers `core.screening.assignment` and `dashboard.app_pages.rank.assignment`.
"""

import numpy as np
import pytest

from core.screening.assignment import APART_EV, levels_of_peaks, peak_energies, telling_energies
from core.spectrum.broaden import GRID_EV, broaden
from core.spectrum.levels import Levels
from dashboard.app_pages.rank.assignment import describe_atoms


def test_peaks_are_found_and_ripples_are_not() -> None:
    density = broaden([-15.0, -12.0, -11.9, -9.0], sigma_ev=0.3) + 0.01 * np.sin(20 * GRID_EV)
    assert peak_energies(GRID_EV, density) == pytest.approx([-15.0, -12.0, -9.0], abs=0.11)


def test_each_level_makes_the_nearest_peak_or_none() -> None:
    levels = np.array([-17.0, -15.1, -12.3, -11.8, -9.2])
    found = levels_of_peaks(np.array([-15.0, -12.0, -9.0]), levels)
    assert [places.tolist() for places in found] == [[1], [2, 3], [4]]
    assert levels_of_peaks(np.zeros(0), levels) == []


def test_candidates_are_told_apart_where_they_differ_most() -> None:
    alike = [-15.0, -13.0]
    densities = np.stack([broaden([*alike, x], sigma_ev=0.3) for x in (-9.0, -9.8, -9.0)])
    found = telling_energies(GRID_EV, densities)
    assert found[0] == pytest.approx(-9.0, abs=0.9)
    assert (np.abs(np.subtract.outer(found, found))[~np.eye(len(found), dtype=bool)] >= APART_EV).all()
    assert not len(telling_energies(GRID_EV, densities[[0, 2]])), "the same spectra differ nowhere"


def test_atoms_are_named_by_their_share() -> None:
    levels = Levels([-12.0, -10.0], 1.0, None, np.array([[0.6, 0.4], [0.95, 0.05], [0.5, 0.5]]), np.zeros((3, 2)))
    assert describe_atoms(levels, np.array([0]), np.array([8, 6])) == "O1 60 %, C2 40 %"
    assert describe_atoms(levels, np.array([1]), np.array([8, 6])) == "O1 95 %"
    assert describe_atoms(levels, np.zeros(0, int), np.array([8, 6])) == ""
    assert describe_atoms(Levels([-12.0], 1.0), np.array([0]), np.array([8, 6])) == ""
