"""Transmission: integer steps of the pristine sheet, against another program, never above the open channels."""

import numpy as np
import pytest

from core.errors import InputError
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.results import load_fits
from core.hamiltonian.sheets import graphene
from core.hamiltonian.tight_binding import repeat_hamiltonian
from core.hamiltonian.transmission import BROADENING_EV, layer_matrices, self_energies, transmission_across

ENERGIES = np.linspace(-1.9, 1.9, 9)


def test_the_pristine_sheet_transmits_in_integer_steps() -> None:
    pristine = load_fits("pristine_1x1").fits[3].hamiltonian
    found = transmission_across(repeat_hamiltonian(pristine, (4, 4, 1)), pristine, ENERGIES, n_kpts=1)
    np.testing.assert_allclose(found.pristine, np.rint(found.pristine), atol=0.01)
    np.testing.assert_allclose(found.across, found.pristine, atol=0.01)
    assert found.pristine.max() >= 2


def test_open_channels_are_the_bands_that_cross_an_energy() -> None:
    pristine = load_fits("pristine_1x1").fits[3].hamiltonian
    cell = repeat_hamiltonian(pristine, (4, 4, 1))
    found = transmission_across(cell, pristine, ENERGIES, n_kpts=1)
    onwards = np.linspace(0, 1, 401)
    bands = cell.bands(np.stack([0 * onwards, onwards, 0 * onwards], axis=1))
    crossings = [int(np.sum(np.diff(np.sign(bands - energy), axis=0) != 0)) // 2 for energy in ENERGIES]
    np.testing.assert_allclose(found.pristine, crossings, atol=0.02)


def test_a_defect_transmits_less() -> None:
    fit = load_fits("585_5x5").fits[3]
    pristine = load_fits("pristine_1x1").fits[3].hamiltonian
    found = transmission_across(fit.hamiltonian, pristine, ENERGIES, n_kpts=1)
    assert (found.across >= -1e-6).all()
    assert (found.across <= found.pristine + 0.02).all()
    assert found.across.mean() < 0.9 * found.pristine.mean()


def test_self_energies_are_those_of_sisl() -> None:
    sisl = pytest.importorskip("sisl")
    cell = repeat_hamiltonian(parametrise(graphene(), 1, basis="pz").hamiltonian(np.array([0.0, -2.7])), (2, 2, 1))
    from core.hamiltonian.exports import to_sisl

    left, right = self_energies(*layer_matrices(cell, 0.0), np.array([0.4]))
    for ours, direction in ((left[0], "-B"), (right[0], "+B")):
        theirs = sisl.RecursiveSI(to_sisl(cell), direction, eta=BROADENING_EV).self_energy(0.4, k=[0, 0, 0])
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_cells_that_are_none_of_graphenes_are_refused() -> None:
    pristine = load_fits("pristine_1x1").fits[3].hamiltonian
    with pytest.raises(InputError, match="n x n primitive cells"):
        transmission_across(load_fits("diamond").fits[2].hamiltonian, pristine, ENERGIES)
    with pytest.raises(InputError, match="take a larger cell"):
        transmission_across(
            repeat_hamiltonian(pristine, (1, 1, 1)), load_fits("pristine_1x1").fits[10].hamiltonian, ENERGIES
        )
