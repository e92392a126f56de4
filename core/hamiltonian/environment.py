"""Hoppings as functions of distance and surroundings: for cells of sizes never fitted, and as starts for users' own bands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from core.errors import InputError
from core.hamiltonian.crystal import Crystal
from core.hamiltonian.kpoints import grid_points
from core.hamiltonian.neighbours import MAX_SHELL, NeighbourPairs
from core.hamiltonian.parameters import Parametrisation, parametrise
from core.hamiltonian.tight_binding import Hamiltonian

RADII = np.arange(1.2, 5.3, 0.2)  # Angstrom; of the shells of density around an atom and around the middle of a pair
SHELL_WIDTH, SURROUNDINGS = 0.15, 5.6  # Angstrom
FERMI_WIDTH_EV = 0.05  # as the references have, and their grid of 3 x 3 k-points
KERNEL_WIDTH, RIDGE = 10.0, 1e-7  # in standard deviations of the descriptors; of the variance of the hoppings
DISTANCE_SCALE = 0.02  # Angstrom that weigh as one standard deviation


@dataclass(frozen=True, eq=False)
class ShellModel:
    """Kernel ridge regression of one shell's hoppings.

    Attributes
    ----------
    centre, scale : (n_features,)
    points : (n_train, n_features)
    coefficients : (n_train,)
    mean : float [eV]
    """

    centre: np.ndarray
    scale: np.ndarray
    points: np.ndarray
    coefficients: np.ndarray
    mean: float

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the hoppings of pairs, (n_pairs,) [eV]."""
        scaled = (features - self.centre) / self.scale
        hoppings: np.ndarray = self.mean + kernel(scaled, self.points) @ self.coefficients
        return hoppings


@dataclass(frozen=True, eq=False)
class EnvironmentModel:
    """Hoppings of planar carbon by shell, learnt from Hamiltonians of some cells."""

    shells: tuple[ShellModel, ...]

    def hamiltonian(self, crystal: Crystal, n_shells: int) -> Hamiltonian:
        """Return the Hamiltonian of a cell, its Fermi level (one electron an orbital) at 0.

        Raises
        ------
        InputError
            If it has more neighbours than were learnt, or is no planar sheet.
        """
        parametrisation = parametrise(crystal, n_shells, basis="pz")
        if n_shells >= len(self.shells):
            raise InputError(f"the model of surroundings knows {len(self.shells) - 1} neighbours, got {n_shells}")
        features = describe_pairs(crystal, parametrisation.pairs)
        elements = np.zeros(len(parametrisation.pairs))
        for shell in range(n_shells + 1):
            which = parametrisation.pairs.shells == shell
            elements[which] = self.shells[shell].predict(features[which])
        members = np.asarray(parametrisation.spread.sum(axis=0)).ravel()
        parameters = (parametrisation.spread.T @ elements) / members
        found = parametrisation.hamiltonian(parameters)
        onsite = parametrisation.shells == 0
        return parametrisation.hamiltonian(parameters - np.where(onsite, fermi_level(found), 0.0))


def kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Gaussian similarities, (n_first, n_second)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    found: np.ndarray = np.exp(-0.5 * np.maximum(squares, 0) / (KERNEL_WIDTH**2 * max(1, first.shape[1])))
    return found


def densities(points: np.ndarray, crystal: Crystal) -> np.ndarray:
    """Return how many atoms lie at each of RADII from points, (n_points, n_radii), smeared and cut off smoothly.

    Parameters
    ----------
    points : (n_points, 3) [Angstrom]
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(crystal.cell), axis=0)
    reach = np.where(crystal.periodic, np.ceil(SURROUNDINGS / heights) + 1, 0).astype(int)
    cells = np.array(list(np.ndindex(*(2 * reach + 1)))) - reach
    atoms = (crystal.positions[None] + (cells @ crystal.cell)[:, None]).reshape(-1, 3)
    middle = crystal.positions.mean(axis=0)
    size = np.linalg.norm(points - middle, axis=1).max()
    atoms = atoms[np.linalg.norm(atoms - middle, axis=1) < size + SURROUNDINGS]
    distances = np.linalg.norm(points[:, None] - atoms[None], axis=-1)
    cut = np.where(
        (distances < SURROUNDINGS) & (distances > 1e-3),
        0.5 * (1 + np.cos(np.pi * np.minimum(distances / SURROUNDINGS, 1))),
        0.0,
    )
    found: np.ndarray = np.stack(
        [(cut * np.exp(-0.5 * ((distances - r) / SHELL_WIDTH) ** 2)).sum(axis=1) for r in RADII], axis=1
    )
    return found


def describe_pairs(crystal: Crystal, pairs: NeighbourPairs) -> np.ndarray:
    """Return what surrounds each pair, (n_pairs, 3 n_radii + 1): about its ends, added and apart, and its middle; its distance.

    The same whichever end is first, and wherever the crystal lies.
    """
    about = densities(crystal.positions, crystal)
    starts = crystal.positions[pairs.first]
    ends = crystal.positions[pairs.second] + pairs.cells @ crystal.cell
    middle = densities((starts + ends) / 2, crystal)
    first, second = about[pairs.first], about[pairs.second]
    return np.concatenate([first + second, np.abs(first - second), middle, pairs.distances[:, None]], axis=1)


def fermi_level(hamiltonian: Hamiltonian, n_grid: int = 3, *, width_ev: float = FERMI_WIDTH_EV) -> float:
    """Return where one electron an orbital ends, over a grid of k-points, by Fermi's function of that width [eV]."""
    grid, shares = grid_points(hamiltonian.crystal, n_grid)
    energies = hamiltonian.bands(grid)
    share = shares[:, None] / shares.sum()

    def surplus(level: float) -> float:
        return float((share * expit((level - energies) / width_ev)).sum()) - hamiltonian.n_orbitals / 2

    return float(brentq(surplus, energies.min() - 1, energies.max() + 1))


def learn_environment(
    hamiltonians: Sequence[tuple[Parametrisation, np.ndarray]], *, n_shells: int = MAX_SHELL
) -> EnvironmentModel:
    """Return the model of surroundings of some Hamiltonians: one p_z an atom.

    Parameters
    ----------
    hamiltonians : sequence of (parametrisation, parameters [eV])
        On-site energies count from their median in each.
    """
    shells, features, targets = [], [], []
    for parametrisation, parameters in hamiltonians:
        first = np.asarray(parametrisation.spread.argmax(axis=0)).ravel()  # one pair of each orbit
        features.append(describe_pairs(parametrisation.crystal, parametrisation.pairs.taken(first)))
        members, onsite = np.asarray(parametrisation.spread.sum(axis=0)).ravel(), parametrisation.shells == 0
        middle = weighted_median(parameters[onsite], members[onsite])
        targets.append(parameters - np.where(onsite, middle, 0.0))
        shells.append(parametrisation.shells)
    shell_of, described, values = (np.concatenate(parts) for parts in (shells, features, targets))
    found = [fit_shell(described[shell_of == n], values[shell_of == n]) for n in range(n_shells + 1)]
    return EnvironmentModel(tuple(found))


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the value at which half the weight is reached."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def fit_shell(features: np.ndarray, targets: np.ndarray) -> ShellModel:
    """Return the kernel ridge regression of one shell."""
    centre, scale = features.mean(axis=0), features.std(axis=0) + 0.02
    scale[-1] = DISTANCE_SCALE
    points, mean = (features - centre) / scale, float(targets.mean())
    ridge = RIDGE * np.eye(len(points))
    coefficients = np.linalg.solve(kernel(points, points) + ridge, targets - mean)
    return ShellModel(centre, scale, points, coefficients, mean)
