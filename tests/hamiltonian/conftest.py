import numpy as np
import pytest

from core.hamiltonian.crystal import Crystal
from core.hamiltonian.kpoints import general_points, grid_points
from core.hamiltonian.parameters import Parametrisation, parametrise
from core.hamiltonian.reference import FITTED, GRID, BandReference
from core.hamiltonian.sheets import diamond, graphene, make_sheet
from core.hamiltonian.tight_binding import Hamiltonian


@pytest.fixture(scope="session")
def crystals() -> dict[str, tuple[Crystal, str, int]]:
    """Crystal, basis, neighbours: of one atom kind each law must hold for."""
    return {
        "graphene": (graphene(), "pz", 10),
        "585": (make_sheet("585", 4), "pz", 4),
        "flower": (make_sheet("flower", 5), "pz", 2),
        "diamond": (diamond(), "sp", 2),
        "graphene of s and p": (graphene(), "sp", 2),
    }


@pytest.fixture(scope="session")
def random_hamiltonian(crystals):
    """Return a function: name to parametrisation and a Hamiltonian of random parameters."""

    def make(name: str, seed: int = 0) -> tuple[Parametrisation, Hamiltonian]:
        crystal, basis, n_shells = crystals[name]
        parametrisation = parametrise(crystal, n_shells, basis=basis)
        parameters = np.random.default_rng(seed).normal(size=parametrisation.n_parameters)
        return parametrisation, parametrisation.hamiltonian(parameters)

    return make


def planted_reference(hamiltonian: Hamiltonian, *, n_fitted: int = 30, window_ev=(-20.0, 20.0)) -> BandReference:
    """Return the bands and weights of a Hamiltonian as a reference."""
    crystal = hamiltonian.crystal
    grid, shares = grid_points(crystal, 3)
    fitted = general_points(crystal, n_fitted)
    kpts = np.concatenate([fitted, grid])
    roles = np.repeat([FITTED, GRID], [len(fitted), len(grid)])
    energies, weights = hamiltonian.states(kpts)
    multiplicities = np.concatenate([np.zeros(len(fitted)), shares])
    return BandReference(crystal, "pz", kpts, energies, 0, roles, multiplicities, weights, window_ev=window_ev)


@pytest.fixture(scope="session")
def plant():
    return planted_reference
