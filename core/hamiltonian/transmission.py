"""Transmission across a defect: a strip that repeats sideways, pristine leads before and behind (Green's functions)."""

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import Crystal
from core.hamiltonian.neighbours import MAX_SHELL, shell_distances
from core.hamiltonian.parameters import parametrise
from core.hamiltonian.sheets import graphene, make_sheet
from core.hamiltonian.tight_binding import Hamiltonian, repeat_hamiltonian
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing

BROADENING_EV = 1e-4
MAX_DOUBLINGS, DECAYED_EV = 40, 1e-9
N_SIDEWAYS = 3  # k-points sideways; of k and -k one is computed


@dataclass(frozen=True, eq=False)
class Transmission:
    """Transmission of a strip.

    Attributes
    ----------
    energies_ev : (n_energies,) float64
    across, pristine : (n_energies,) float64
        With the defect and without, mean over the k-points sideways, without spin; the pristine one counts the open channels.
    n_kpts : int
    """

    energies_ev: np.ndarray
    across: np.ndarray
    pristine: np.ndarray
    n_kpts: int


def layer_matrices(hamiltonian: Hamiltonian, sideways: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's matrix and that to the next layer along the second vector, (n, n) each, at a k along the first.

    Raises
    ------
    InputError
        If hoppings reach beyond the next layer.
    """
    cells, matrices = hamiltonian.by_cell()
    far = np.abs(cells[:, 1]) > 1
    if far.any() and np.abs(matrices[far]).max() > 0:
        raise InputError("the cell must be longer than the hoppings reach: take a larger cell or fewer neighbours")
    phases = np.exp(2j * np.pi * cells[:, 0] * sideways)
    inner, onwards = (
        np.tensordot(phases[cells[:, 1] == step], matrices[cells[:, 1] == step], axes=1) for step in (0, 1)
    )
    return inner, onwards


def self_energies(inner: np.ndarray, onwards: np.ndarray, energies_ev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what half-infinite leads before and behind add to the layers they touch, (n_energies, n, n) each.

    By doubling (Lopez Sancho, Lopez Sancho and Rubio, J. Phys. F 15, 851 (1985), doi 10.1088/0305-4608/15/4/009).
    """
    n = len(inner)
    z = (energies_ev + 1j * BROADENING_EV)[:, None, None] * np.eye(n)
    bulk = np.broadcast_to(inner, z.shape).astype(complex)
    before, behind = bulk.copy(), bulk.copy()
    forth, back = (
        np.broadcast_to(onwards, z.shape).astype(complex),
        np.broadcast_to(onwards.conj().T, z.shape).astype(complex),
    )
    for _ in range(MAX_DOUBLINGS):
        green = np.linalg.inv(z - bulk)
        forth_green, back_green = forth @ green, back @ green
        down, up = forth_green @ back, back_green @ forth
        before, behind, bulk = before + up, behind + down, bulk + down + up
        forth, back = forth_green @ forth, back_green @ back
        if np.abs(forth).max() < DECAYED_EV and np.abs(back).max() < DECAYED_EV:
            break
    left = onwards.conj().T @ np.linalg.inv(z - before) @ onwards  # on the first layer, from the lead before it
    right = onwards @ np.linalg.inv(z - behind) @ onwards.conj().T
    return left, right


def transmission_between(
    leads: tuple[np.ndarray, np.ndarray], device: np.ndarray, energies_ev: np.ndarray
) -> np.ndarray:
    """Return the transmission of a device that begins and ends with a layer of the lead, (n_energies,) (Caroli's formula)."""
    left, right = leads
    n, size = left.shape[-1], len(device)
    total = (energies_ev + 1j * BROADENING_EV)[:, None, None] * np.eye(size) - device
    total[:, :n, :n] -= left
    total[:, -n:, -n:] -= right
    sources = np.zeros((len(energies_ev), size, n), complex)
    sources[:, -n:] = np.eye(n)
    green = np.linalg.solve(total, sources)[:, :n]  # from the last layer to the first
    rates = [1j * (s - s.conj().transpose(0, 2, 1)) for s in (left, right)]
    found: np.ndarray = np.trace(rates[0] @ green @ rates[1] @ green.conj().transpose(0, 2, 1), axis1=1, axis2=2).real
    return found


def transmission_across(
    hamiltonian: Hamiltonian,
    pristine: Hamiltonian,
    energies_ev: np.ndarray,
    *,
    n_kpts: int = N_SIDEWAYS,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> Transmission:
    """Return the transmission along the second lattice vector across one cell with a defect, between pristine cells.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        Of the cell with the defect, n x n primitive cells of graphene.
    pristine : Hamiltonian
        Of the primitive cell; also gives the hoppings between the defect's cell and the pristine ones, by distance.

    Raises
    ------
    InputError
        If the cell is none of n x n, or hoppings reach beyond the next cell.
    """
    size = cells_along(hamiltonian.crystal)
    lead = repeat_hamiltonian(pristine, (size, size, 1))
    middle = aligned(hamiltonian, pristine)
    energies = np.asarray(energies_ev, float)
    places = [(k, 1.0 if k in (0, n_kpts / 2) else 2.0) for k in range(n_kpts // 2 + 1)]
    across, clean = np.zeros(len(energies)), np.zeros(len(energies))
    joints = joint_hoppings(middle.crystal, lead.crystal, pristine)
    for done, (place, share) in enumerate(places):
        if should_cancel():
            break
        inner, onwards = layer_matrices(lead, place / n_kpts)
        blocks = device_matrix((inner, onwards), layer_matrices(middle, place / n_kpts)[0], joints, place / n_kpts)
        leads = self_energies(inner, onwards, energies)
        across += share / n_kpts * transmission_between(leads, blocks, energies)
        clean += share / n_kpts * transmission_between(leads, inner, energies)
        progress(done + 1, len(places))
    return Transmission(energies, across, clean, n_kpts)


def cells_along(crystal: Crystal) -> int:
    """Return how many primitive cells of graphene a cell is long; raises InputError where it is no n x n cell."""
    lattice = graphene()
    ratio = crystal.cell[:2] @ np.linalg.inv(lattice.cell)
    size = round(float(ratio[0, 0]))
    if not np.allclose(ratio[:, :2], size * np.eye(2), atol=0.02) or size < 1:
        raise InputError(
            "transmission is for cells of n x n primitive cells of graphene, lattice constant 2.46 Angstrom"
        )
    return size


def aligned(hamiltonian: Hamiltonian, pristine: Hamiltonian) -> Hamiltonian:
    """Return it shifted so that the atoms farthest from its middle have pristine graphene's on-site energy."""
    crystal = hamiltonian.crystal
    onsite = np.zeros(crystal.n_atoms)
    is_own = (hamiltonian.rows == hamiltonian.columns) & ~hamiltonian.cells.any(axis=1)
    onsite[hamiltonian.rows[is_own]] = hamiltonian.values[is_own]
    flat = pristine.values[(pristine.rows == pristine.columns) & ~pristine.cells.any(axis=1)].mean()
    sheet = make_sheet("pristine", cells_along(crystal))
    strangeness = [np.linalg.norm(nearest_shift(crystal, sheet, atom)) for atom in range(crystal.n_atoms)]
    calm = np.argsort(strangeness, kind="stable")[: max(4, crystal.n_atoms // 8)]
    values = np.array(hamiltonian.values)
    values[is_own] += flat - onsite[calm].mean()
    return Hamiltonian(
        crystal, hamiltonian.atoms, hamiltonian.labels, hamiltonian.rows, hamiltonian.columns, hamiltonian.cells, values
    )


def nearest_shift(crystal: Crystal, sheet: Crystal, atom: int) -> np.ndarray:
    """Return how far an atom is from the nearest site of a pristine sheet, (3,) [Angstrom]."""
    scaled = (sheet.positions - crystal.positions[atom]) @ np.linalg.inv(crystal.cell)
    vectors = (scaled - np.rint(scaled) * crystal.periodic) @ crystal.cell
    shortest: np.ndarray = vectors[np.linalg.norm(vectors[:, :2], axis=1).argmin()]
    return shortest


def joint_hoppings(crystal: Crystal, sheet: Crystal, pristine: Hamiltonian) -> tuple[np.ndarray, ...]:
    """Return hoppings from a defect's cell to pristine cells beside it: rows, columns, sideways cells, cells onwards, values."""
    by_shell = parametrise(pristine.crystal, MAX_SHELL, basis="pz").parameters_of(pristine)  # one parameter a shell
    n_shells = int(np.flatnonzero(np.abs(by_shell) > 0).max())
    radii = shell_distances(sheet, n_shells)
    edges = (radii[1:] + radii[:-1]) / 2
    found = []
    for onwards in (-1, 1):
        for sideways in (-1, 0, 1):
            offset = np.array([sideways, onwards, 0]) @ crystal.cell
            distances = np.linalg.norm(sheet.positions[None] + offset - crystal.positions[:, None], axis=-1)
            rows, columns = np.nonzero(distances < edges[-1])
            shells = 1 + np.searchsorted(edges, distances[rows, columns])
            places = [np.full(len(rows), place) for place in (sideways, onwards)]
            found.append(np.stack([rows, columns, *places, by_shell[shells]]))
    return tuple(np.concatenate(found, axis=1))


def device_matrix(
    lead: tuple[np.ndarray, np.ndarray], middle: np.ndarray, joints: tuple[np.ndarray, ...], sideways: float
) -> np.ndarray:
    """Return a pristine cell, the defect's and a pristine one as one matrix, at a k sideways."""
    inner, n, m = lead[0], len(lead[0]), len(middle)
    device = np.zeros((2 * n + m, 2 * n + m), complex)
    device[:n, :n] = device[-n:, -n:] = inner
    device[n : n + m, n : n + m] = middle
    rows, columns, cells, onwards, values = joints
    terms = values * np.exp(2j * np.pi * cells * sideways)
    places = np.where(onwards < 0, columns, columns + n + m).astype(int)
    np.add.at(device, (n + rows.astype(int), places), terms)
    device[:n, n : n + m] = device[n : n + m, :n].conj().T
    device[-n:, n : n + m] = device[n : n + m, -n:].conj().T
    return device
