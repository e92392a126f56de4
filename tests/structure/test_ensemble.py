"""Ensembles: weights are Boltzmann's, and nothing odd gets in."""

import numpy as np
import pytest

from core.errors import EigenscopeError, GeometryError
from core.structure.ensemble import BOLTZMANN_EV_K, Ensemble, boltzmann_weights, check_temperature
from core.structure.geometry import Geometry

WATER = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])


def test_weights_sum_to_one_and_are_boltzmanns(rng) -> None:
    energies, degeneracies = rng.uniform(0, 0.1, 6), np.array([1, 2, 1, 2, 2, 1])
    weights = boltzmann_weights(energies, degeneracies, temperature_k=350.0)
    assert weights.sum() == pytest.approx(1.0)
    ratio = weights[1] / weights[0]
    assert ratio == pytest.approx(2 * np.exp(-(energies[1] - energies[0]) / (BOLTZMANN_EV_K * 350.0)))


def test_the_order_of_conformers_does_not_matter(rng) -> None:
    energies, degeneracies = rng.uniform(0, 0.1, 5), np.array([1, 2, 1, 1, 2])
    order = rng.permutation(5)
    together = boltzmann_weights(energies, degeneracies)[order]
    np.testing.assert_allclose(boltzmann_weights(energies[order], degeneracies[order]), together, rtol=1e-12)


def test_hot_is_even_and_cold_is_the_lowest() -> None:
    energies = np.array([0.0, 0.05])
    assert boltzmann_weights(energies, np.ones(2), temperature_k=50.0)[0] > 0.99999
    np.testing.assert_allclose(boltzmann_weights(energies, np.ones(2), temperature_k=1e7), 0.5, atol=1e-4)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(GeometryError, match="one energy and one degeneracy"):
        Ensemble((WATER,), np.zeros(2), np.ones(2))
    with pytest.raises(GeometryError, match="0 conformers"):
        Ensemble((), np.zeros(0), np.zeros(0))
    with pytest.raises(EigenscopeError, match="50 to 600 K, got 10"):
        check_temperature(10.0)


def test_its_arrays_are_its_own() -> None:
    energies = np.zeros(1)
    ensemble = Ensemble((WATER,), energies, np.ones(1))
    energies[0] = 5.0
    assert ensemble.energies_ev.tolist() == [0.0]
    with pytest.raises(ValueError, match="read-only"):
        ensemble.energies_ev[0] = 1.0
