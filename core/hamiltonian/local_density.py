"""Densities of states, in all and on each atom, and how they change with the Hamiltonian."""

import numpy as np

from core.hamiltonian.tight_binding import Hamiltonian

WIDTH_EV = 0.1  # of the Gaussians that states are broadened by


def gaussians(energies_ev: np.ndarray, mesh_ev: np.ndarray, width_ev: float) -> np.ndarray:
    """Return unit-area Gaussians about energies (...) on a mesh, (..., n_mesh) [1/eV]."""
    shifted = (np.asarray(energies_ev)[..., None] - mesh_ev) / width_ev
    found: np.ndarray = np.exp(-0.5 * shifted**2) / (width_ev * np.sqrt(2 * np.pi))
    return found


def local_density(
    energies_ev: np.ndarray,
    weights: np.ndarray,
    mesh_ev: np.ndarray,
    *,
    multiplicities: np.ndarray,
    width_ev: float = WIDTH_EV,
) -> np.ndarray:
    """Return the density of states on each atom, (n_atoms, n_mesh) [states/eV, without spin]; its sum over atoms is that in all.

    Parameters
    ----------
    energies_ev : (n_k, n_states)
    weights : (n_k, n_states, n_atoms)
    mesh_ev : (n_mesh,)
    multiplicities : (n_k,)
        How much each k-point counts.
    """
    shares = multiplicities / multiplicities.sum()
    broadened = gaussians(energies_ev, mesh_ev, width_ev) * shares[:, None, None]  # (n_k, n_states, n_mesh)
    density: np.ndarray = np.tensordot(weights, broadened, axes=([0, 1], [0, 1]))
    return density


def total_density(
    energies_ev: np.ndarray, mesh_ev: np.ndarray, *, multiplicities: np.ndarray, width_ev: float = WIDTH_EV
) -> np.ndarray:
    """Return the density of states of the cell, (n_mesh,) [states/eV, without spin]."""
    shares = multiplicities / multiplicities.sum()
    density: np.ndarray = np.einsum("k,knm->m", shares, gaussians(energies_ev, mesh_ev, width_ev))
    return density


def density_of(
    hamiltonian: Hamiltonian,
    kpts: np.ndarray,
    mesh_ev: np.ndarray,
    *,
    multiplicities: np.ndarray,
    width_ev: float = WIDTH_EV,
) -> np.ndarray:
    """Return a Hamiltonian's local density of states; see `local_density`."""
    energies, weights = hamiltonian.states(kpts)
    return local_density(energies, weights, mesh_ev, multiplicities=multiplicities, width_ev=width_ev)


def divided_differences(energies_ev: np.ndarray, mesh_ev: np.ndarray, width_ev: float) -> np.ndarray:
    """Return [g(E_m) - g(E_n)] / (E_m - E_n) of the Gaussians, (n_mesh, n_states, n_states); their slope where energies meet.

    With them the change of g(E - H) is exact for degenerate states too (Daleckii and Krein, 1965).
    """
    values = gaussians(energies_ev, mesh_ev, width_ev)  # (n_states, n_mesh)
    slopes = -values * (energies_ev[:, None] - mesh_ev) / width_ev**2
    gaps = energies_ev[:, None] - energies_ev[None]
    close = np.abs(gaps) < 1e-3 * width_ev
    rises = (values[:, None] - values[None]) / np.where(close, 1.0, gaps)[..., None]
    differences = np.where(close[..., None], (slopes[:, None] + slopes[None]) / 2, rises)
    return np.moveaxis(differences, -1, 0)
