"""What a fit makes small, and how it changes with the parameters: the derivative goes through the eigenproblem."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from core.hamiltonian.local_density import divided_differences, gaussians
from core.hamiltonian.parameters import Parametrisation
from core.hamiltonian.reference import FITTED, BandReference

DENSITY_WIDTH_EV = 0.15  # of the local densities that are fitted
DENSITY_STEP_EV = 0.25
EDGE_EV = 0.5  # within which the weight of bands beyond the window falls to nothing
MAX_DENSITY_KPTS, MIN_DENSITY_KPTS, DENSITY_COST = (
    8,
    3,
    350,
)  # k-points where densities are compared; orbitals x k-points
NO_SLOPE = 1e-5  # 1/eV^2, of divided differences


@dataclass(frozen=True, eq=False)
class Observed:
    """One crystal's data, and the linear map to its Hamiltonian.

    Attributes
    ----------
    rows, columns, cells, spread
        See `Parametrisation`; `spread` may also come from a model that several crystals share.
    offset : (n_elements,) float64 [eV]
        What parameters of zero make.
    n_orbitals : int
    kpts : (n_k, 3)
    energies, weights : (n_k, n_orbitals) [eV], -
        Of the reference; weights are 0 where a band does not count.
    density_kpts : (n_q, 3)
        Where local densities are compared.
    density : (n_groups, n_mesh) [states/eV] or None
        Of the reference, averaged over groups of atoms that symmetry makes alike.
    mesh : (n_mesh,) [eV]
    groups : (n_groups, n_orbitals) float64
        Share of each orbital in a group's average.
    density_weight : float [eV / (states/eV)]
    """

    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    spread: csr_matrix
    offset: np.ndarray
    n_orbitals: int
    kpts: np.ndarray
    energies: np.ndarray
    weights: np.ndarray
    density_kpts: np.ndarray
    density: np.ndarray | None
    mesh: np.ndarray
    groups: np.ndarray
    density_weight: float

    def elements(self, parameters: np.ndarray) -> np.ndarray:
        """Return the Hamiltonian's elements, (n_elements,) [eV]."""
        elements: np.ndarray = self.offset + self.spread @ parameters
        return elements

    def bloch(self, elements: np.ndarray, kpts: np.ndarray) -> np.ndarray:
        """Return H(k), (n_k, n_orbitals, n_orbitals)."""
        phases = np.exp(2j * np.pi * kpts @ self.cells.T)  # (n_k, n_elements)
        place = self.rows * self.n_orbitals + self.columns
        terms = phases * elements
        found = np.empty((len(kpts), self.n_orbitals**2), complex)
        for part, row in zip(terms, found, strict=True):
            size = self.n_orbitals**2
            row.real = np.bincount(place, part.real, size)
            row.imag = np.bincount(place, part.imag, size)
        return found.reshape(-1, self.n_orbitals, self.n_orbitals)


def window_weights(energies: np.ndarray, window_ev: tuple[float, float]) -> np.ndarray:
    """Return 1 in the window, falling to 0 within EDGE_EV beyond it, (n_k, n_bands)."""
    low, high = window_ev
    beyond = np.maximum(low - energies, energies - high)
    weights: np.ndarray = np.clip(1 - beyond / EDGE_EV, 0, 1)
    return weights


def observe(
    parametrisation: Parametrisation,
    reference: BandReference,
    *,
    window_ev: tuple[float, float],
    density_weight: float,
    spread: csr_matrix | None = None,
    offset: np.ndarray | None = None,
) -> Observed:
    """Return the fitted part of a reference, beside the map of a parametrisation (or another map onto the same elements)."""
    fitted = reference.points(FITTED)
    n_orbitals = len(set(parametrisation.rows.tolist()))
    energies = np.full((len(fitted), n_orbitals), np.nan)
    bands = slice(reference.first_band, reference.first_band + reference.energies.shape[1])
    energies[:, bands] = reference.energies[fitted]
    known = np.zeros(energies.shape, bool)
    known[:, bands] = reference.counted((-np.inf, np.inf))[fitted]
    weights = np.where(known, window_weights(np.nan_to_num(energies, nan=1e9), window_ev), 0.0)
    groups = atom_groups(parametrisation)
    mesh = np.arange(max(window_ev[0], -2.0), min(window_ev[1], 2.0) + 1e-9, DENSITY_STEP_EV)
    density, density_kpts = None, np.zeros((0, 3))
    if reference.has_weights and density_weight > 0 and parametrisation.basis == "pz":
        chosen = fitted[:: max(1, -(-len(fitted) // most_kpts(n_orbitals)))]
        density_kpts = reference.kpts[chosen]
        last = reference.first_weighed + reference.weights.shape[1]
        broadened = gaussians(reference.energies[chosen][:, reference.first_weighed : last], mesh, DENSITY_WIDTH_EV)
        on_atoms = np.tensordot(reference.weights[chosen].astype(float), broadened, axes=([0, 1], [0, 1])) / len(chosen)
        density = groups @ on_atoms
    return Observed(
        parametrisation.rows,
        parametrisation.columns,
        parametrisation.cells,
        parametrisation.spread if spread is None else spread,
        np.zeros(len(parametrisation.rows)) if offset is None else offset,
        n_orbitals,
        reference.kpts[fitted],
        np.nan_to_num(energies),
        weights,
        density_kpts,
        density,
        mesh,
        groups,
        density_weight,
    )


def most_kpts(n_orbitals: int) -> int:
    """Return at how many k-points local densities are compared: fewer of larger cells, whose zone is smaller."""
    return int(np.clip(DENSITY_COST // n_orbitals, MIN_DENSITY_KPTS, MAX_DENSITY_KPTS))


def atom_groups(parametrisation: Parametrisation) -> np.ndarray:
    """Return the share of each orbital in the average over atoms alike, (n_groups, n_orbitals), one orbital an atom."""
    onsite = np.flatnonzero((parametrisation.pairs.distances < 1e-6)[parametrisation.pair_of])
    member = (parametrisation.spread[onsite] != 0).toarray().astype(float)
    member = member[:, member.any(axis=0)]
    groups = np.zeros((member.shape[1], len(set(parametrisation.rows.tolist()))))
    groups[:, parametrisation.rows[onsite]] = (member / member.sum(axis=0)).T
    return groups


def band_residuals(
    observed: Observed, parameters: np.ndarray, *, jacobian: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return weighted errors of the bands, (n_counted,) [eV], and their derivatives, (n_counted, n_parameters).

    The derivative of an energy is its state's expectation of the derivative of H (Hellmann and Feynman).
    """
    bloch = observed.bloch(observed.elements(parameters), observed.kpts)
    energies, vectors = np.linalg.eigh(bloch)
    taken = observed.weights > 0
    scale = 1.0 / np.sqrt(max(1, (observed.weights >= 1.0).sum()))
    errors = ((energies - observed.energies) * observed.weights)[taken] * scale
    if not jacobian:
        return errors, None
    rows = []
    for kpt, states, bands, weights in zip(observed.kpts, vectors, taken, observed.weights, strict=True):
        if bands.any():
            phases = np.exp(2j * np.pi * observed.cells @ kpt)
            chosen = states[:, bands]
            expected = (chosen[observed.rows].conj() * chosen[observed.columns] * phases[:, None]).real
            rows.append((observed.spread.T @ (expected * weights[bands])).T)
    return errors, np.concatenate(rows) * scale


def density_residuals(
    observed: Observed, parameters: np.ndarray, *, jacobian: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return weighted errors of the local densities, (n_groups n_mesh,) [eV], and their derivatives, degenerate states or not.

    A group's density is the trace of (group) g(E - H), which changes by the sum over states of <n| group |m> D_mn <m| dH |n>, D
    the divided differences of g.
    """
    if observed.density is None:
        return np.zeros(0), np.zeros((0, len(parameters))) if jacobian else None
    n_k, shape = len(observed.density_kpts), observed.density.shape
    scale = observed.density_weight / np.sqrt(observed.density.size)
    found = np.zeros(shape)
    slopes = np.zeros((*shape, len(parameters))) if jacobian else None
    for kpt, bloch in zip(
        observed.density_kpts, observed.bloch(observed.elements(parameters), observed.density_kpts), strict=True
    ):
        energies, vectors = np.linalg.eigh(bloch)
        found += observed.groups @ (np.abs(vectors) ** 2 @ gaussians(energies, observed.mesh, DENSITY_WIDTH_EV)) / n_k
        if slopes is not None:
            slopes += density_slopes(observed, kpt, energies, vectors) / n_k
    errors = (found - observed.density).ravel() * scale
    return errors, None if slopes is None else slopes.reshape(-1, len(parameters)) * scale


def density_slopes(observed: Observed, kpt: np.ndarray, energies: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the derivative of every group's density by every parameter at one k, (n_groups, n_mesh, n_parameters).

    Pairs of states far from the mesh on one side are left out; of (m, n) and (n, m) one is computed.
    """
    differences = divided_differences(energies, observed.mesh, DENSITY_WIDTH_EV)
    lower, upper = np.nonzero(np.triu(np.abs(differences).max(axis=0) > NO_SLOPE))
    slopes = differences[:, lower, upper].astype(np.float32)  # (n_mesh, n_pairs)
    states = vectors.astype(np.complex64)
    phases = np.exp(2j * np.pi * observed.cells @ kpt).astype(np.complex64)
    left, right = states[:, lower], states[:, upper]
    terms = left.conj()[observed.rows] * right[observed.columns] * phases[:, None]  # (n_elements, n_pairs)
    changes = observed.spread.T.astype(np.float32) @ terms  # <m| dH |n>, (n_parameters, n_pairs)
    inner = observed.groups.astype(np.float32) @ (left * right.conj())  # <n| group |m>, (n_groups, n_pairs)
    inner *= np.where(lower == upper, 1, 2).astype(np.float32)
    weighted = (inner[:, None] * slopes).reshape(
        len(inner) * len(slopes), slopes.shape[1]
    )  # (n_groups n_mesh, n_pairs)
    found: np.ndarray = weighted.real @ changes.real.T - weighted.imag @ changes.imag.T
    return found.reshape(len(inner), len(slopes), len(changes))
