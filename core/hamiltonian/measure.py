"""How well a Hamiltonian agrees with a reference, on k-points that were never fitted."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from core.hamiltonian.crystal import Crystal
from core.hamiltonian.local_density import WIDTH_EV, density_of, local_density
from core.hamiltonian.neighbours import find_neighbours
from core.hamiltonian.reference import FITTED, GRID, PATH, BandReference
from core.hamiltonian.tight_binding import Hamiltonian

MESH_STEP_EV = 0.05
LARGEST_RING = 12


@dataclass(frozen=True)
class Agreement:
    """Errors of a Hamiltonian.

    Attributes
    ----------
    fitted_mev, held_out_mev : float
        Root mean square of the bands' errors in the window, at the k-points that were fitted, and at the others.
    density_correlation, defect_correlation : float or None
        Pearson's, between local densities of states over energies and all atoms, or those of the defect; None where the
        reference has none.
    n_held_out : int
        Energies that `held_out_mev` is over.
    """

    fitted_mev: float
    held_out_mev: float
    density_correlation: float | None
    defect_correlation: float | None
    n_held_out: int


def band_errors(
    hamiltonian: Hamiltonian, reference: BandReference, *roles: int, window_ev: tuple[float, float] | None = None
) -> np.ndarray:
    """Return model minus reference of the energies in the window, at the k-points of these roles, (n_energies,) [eV]."""
    points = reference.points(*roles)
    bands = slice(reference.first_band, reference.first_band + reference.energies.shape[1])
    differences = hamiltonian.bands(reference.kpts[points])[:, bands] - reference.energies[points]
    errors: np.ndarray = differences[reference.counted(window_ev)[points]]
    return errors


def rms_mev(errors_ev: np.ndarray) -> float:
    """Return the root mean square [meV]; NaN of nothing."""
    return 1000 * float(np.sqrt(np.mean(errors_ev**2))) if len(errors_ev) else float("nan")


def density_mesh(window_ev: tuple[float, float]) -> np.ndarray:
    """Return the energies of densities, (n_mesh,) [eV]."""
    n = round((window_ev[1] - window_ev[0]) / MESH_STEP_EV)
    return np.linspace(window_ev[0], window_ev[1], n + 1)


def reference_density(reference: BandReference, mesh_ev: np.ndarray, *, width_ev: float = WIDTH_EV) -> np.ndarray:
    """Return the reference's density of states on each atom, over its grid, (n_atoms, n_mesh) [states/eV]."""
    grid = reference.points(GRID)
    bands = slice(reference.first_weighed, reference.first_weighed + reference.weights.shape[1])
    return local_density(
        reference.energies[grid][:, bands],
        reference.weights[grid].astype(float),
        mesh_ev,
        multiplicities=reference.multiplicities[grid],
        width_ev=width_ev,
    )


def model_density(
    hamiltonian: Hamiltonian, reference: BandReference, mesh_ev: np.ndarray, *, width_ev: float = WIDTH_EV
) -> np.ndarray:
    """Return a Hamiltonian's density of states on each atom, over the reference's grid, (n_atoms, n_mesh) [states/eV]."""
    grid = reference.points(GRID)
    return density_of(
        hamiltonian, reference.kpts[grid], mesh_ev, multiplicities=reference.multiplicities[grid], width_ev=width_ev
    )


def measure(
    hamiltonian: Hamiltonian, reference: BandReference, *, window_ev: tuple[float, float] | None = None
) -> Agreement:
    """Return how well a Hamiltonian agrees with a reference."""
    window = window_ev or reference.window_ev
    held_out = band_errors(hamiltonian, reference, GRID, PATH, window_ev=window)
    everywhere = at_defect = None
    if reference.has_weights and len(reference.points(GRID)) and reference.basis == "pz":
        mesh = density_mesh((max(window[0], -2.0), min(window[1], 2.0)))
        model, known = model_density(hamiltonian, reference, mesh), reference_density(reference, mesh)
        everywhere = float(np.corrcoef(model.ravel(), known.ravel())[0, 1])
        atoms = defect_atoms(reference.crystal)
        if len(atoms):
            at_defect = float(np.corrcoef(model[atoms].ravel(), known[atoms].ravel())[0, 1])
    fitted = band_errors(hamiltonian, reference, FITTED, window_ev=window)
    return Agreement(rms_mev(fitted), rms_mev(held_out), everywhere, at_defect, len(held_out))


def defect_atoms(crystal: Crystal) -> np.ndarray:
    """Return the atoms of a sheet that lack a neighbour or are in a ring that is no hexagon, (n,)."""
    pairs = find_neighbours(crystal, 1)
    bonds: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in range(crystal.n_atoms)]
    for first, second, cell, shell in zip(pairs.first, pairs.second, pairs.cells.tolist(), pairs.shells, strict=True):
        if shell == 1:
            bonds[first].append((int(second), tuple(cell)))
    found = []
    for atom, near in enumerate(bonds):
        corners = [(a, b) for i, a in enumerate(near) for b in near[i + 1 :]]
        if len(near) != 3 or any(ring_size(bonds, atom, a, b) != 6 for a, b in corners):
            found.append(atom)
    return np.array(found, int)


Site = tuple[int, tuple[int, ...]]


def ring_size(bonds: list[list[Site]], atom: int, start: Site, end: Site) -> int:
    """Return the size of the smallest ring through two bonds of an atom; LARGEST_RING + 1 where it is larger."""
    home = (atom, (0, 0, 0))
    queue, seen = deque([(start, 2)]), {home, start}
    while queue:
        (at, cell), length = queue.popleft()
        for neighbour, step in bonds[at]:
            place = (neighbour, tuple(c + s for c, s in zip(cell, step, strict=True)))
            if place == end:
                return length + 1
            if place not in seen and length < LARGEST_RING:
                seen.add(place)
                queue.append((place, length + 1))
    return LARGEST_RING + 1
