"""The paper's way: a network trained on randomly varied Hamiltonians maps bands to parameters.

Schattauer, Todorovic, Ghosh, Rinke, Libisch, npj Comput. Mater. 8, 116 (2022), doi 10.1038/s41524-022-00791-x.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from core.hamiltonian.fit import HamiltonianFit, HamiltonianOptions, fit_hamiltonian, start_parameters
from core.hamiltonian.measure import Agreement, measure
from core.hamiltonian.parameters import Parametrisation, parametrise
from core.hamiltonian.reference import FITTED, BandReference
from core.hamiltonian.tight_binding import Hamiltonian
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing

MAX_KPTS, BATCH, RATE = 24, 256, 2e-3
SHARE, FLOOR_EV = 0.15, 0.05  # by how much parameters vary: of their size, and at least
SAMPLES_AT_ONCE = 250  # Hamiltonians diagonalised between two looks at the clock


@dataclass(frozen=True)
class NetworkOptions:
    """How the network is trained.

    Attributes
    ----------
    n_samples : int
        Random Hamiltonians.
    n_epochs, width, seed : int
    """

    n_samples: int = 20_000
    n_epochs: int = 40
    width: int = 256
    seed: int = 0


@dataclass(frozen=True, eq=False)
class NetworkResult:
    """What the network found, alone and refined.

    Attributes
    ----------
    alone : Agreement
        Of the network's own parameters.
    refined : HamiltonianFit
        Of the fit that goes on from them.
    hamiltonian : Hamiltonian
        The network's own.
    seconds : float
        Of sampling and training.
    """

    alone: Agreement
    refined: HamiltonianFit
    hamiltonian: Hamiltonian
    seconds: float


def invert_bands(
    reference: BandReference,
    options: HamiltonianOptions,
    network_options: NetworkOptions | None = None,
    *,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> NetworkResult:
    """Return the Hamiltonian that a network makes of a reference's bands, and what refinement makes of that.

    Parameters
    ----------
    options : HamiltonianOptions
        Parameters vary about its start; refinement goes by it.
    """
    began, chosen = time.perf_counter(), network_options or NetworkOptions()
    parametrisation = parametrise(reference.crystal, options.n_shells, basis=reference.basis)
    prior = start_parameters(parametrisation, reference, options.start)
    points, bands = seen_bands(reference)
    rng = np.random.default_rng(chosen.seed)
    samples = prior + rng.normal(size=(chosen.n_samples, len(prior))) * variations(prior)
    energies = bands_of_samples(
        parametrisation, samples, reference.kpts[points], bands, progress=progress, should_cancel=should_cancel
    )
    wanted = reference.energies[points][:, bands - reference.first_band].ravel()
    found = train_and_ask(energies, samples[: len(energies)], wanted, chosen)
    hamiltonian = parametrisation.hamiltonian(found)
    seconds = time.perf_counter() - began
    refined = fit_hamiltonian(reference, replace(options, start="given"), warm=hamiltonian, should_cancel=should_cancel)
    return NetworkResult(measure(hamiltonian, reference, window_ev=options.window_ev), refined, hamiltonian, seconds)


def variations(prior: np.ndarray) -> np.ndarray:
    """Return by how much each parameter varies, a standard deviation, (n_parameters,) [eV]."""
    varied: np.ndarray = np.maximum(SHARE * np.abs(prior), FLOOR_EV)
    return varied


def seen_bands(reference: BandReference) -> tuple[np.ndarray, np.ndarray]:
    """Return the fitted k-points and the model's bands that the network sees: those that come into the window anywhere."""
    fitted = reference.points(FITTED)
    counted = reference.counted()
    inside = fitted[counted[fitted].any(axis=1)]
    points = inside[np.linspace(0, len(inside) - 1, min(MAX_KPTS, len(inside))).astype(int)]
    complete = np.isfinite(reference.energies[points]).all(axis=0)
    bands = np.flatnonzero(counted[points].any(axis=0) & complete)
    return points, bands + reference.first_band


def bands_of_samples(
    parametrisation: Parametrisation,
    samples: np.ndarray,
    kpts: np.ndarray,
    bands: np.ndarray,
    *,
    progress: Progress,
    should_cancel: ShouldCancel,
) -> np.ndarray:
    """Return the energies of random Hamiltonians, (n_done, n_k n_bands) [eV]; fewer than all where it was cancelled."""
    n = len(set(parametrisation.rows.tolist()))
    place = parametrisation.rows * n + parametrisation.columns
    phases = np.exp(2j * np.pi * kpts @ parametrisation.cells.T)
    maps = []
    for phase in phases:  # H(k) of any parameters is linear in them
        full = np.zeros((n * n, parametrisation.n_parameters), complex)
        weighted = parametrisation.spread.multiply(phase[:, None]).tocoo()
        np.add.at(full, (place[weighted.row], weighted.col), weighted.data)
        maps.append(full)
    found = []
    for start in range(0, len(samples), SAMPLES_AT_ONCE):
        if should_cancel() and start:
            break
        piece = samples[start : start + SAMPLES_AT_ONCE]
        solved = [np.linalg.eigvalsh((piece @ full.T).reshape(-1, n, n))[:, bands] for full in maps]
        found.append(np.stack(solved, axis=1).reshape(len(piece), -1))
        progress(min(start + SAMPLES_AT_ONCE, len(samples)), len(samples))
    return np.concatenate(found)


def train_and_ask(
    energies: np.ndarray, parameters: np.ndarray, wanted: np.ndarray, options: NetworkOptions
) -> np.ndarray:
    """Return the parameters that a network, trained on pairs of energies and parameters, gives for the wanted energies."""
    generator = torch.Generator().manual_seed(options.seed)
    scales = [(a.mean(axis=0), a.std(axis=0) + 1e-9) for a in (energies, parameters)]
    inputs, targets = (
        torch.tensor((a - mean) / scale, dtype=torch.float32)
        for a, (mean, scale) in zip((energies, parameters), scales, strict=True)
    )
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        network = nn.Sequential(
            nn.Linear(inputs.shape[1], options.width),
            nn.SiLU(),
            nn.Linear(options.width, options.width),
            nn.SiLU(),
            nn.Linear(options.width, targets.shape[1]),
        )
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    steps = options.n_epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE * 2, total_steps=steps)
    for _ in range(options.n_epochs):
        for rows in torch.randperm(len(inputs), generator=generator).split(BATCH):
            loss = nn.functional.mse_loss(network(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        asked = torch.tensor((wanted - scales[0][0]) / scales[0][1], dtype=torch.float32)
        answer = network(asked[None])[0].numpy().astype(float)
    found: np.ndarray = scales[1][0] + answer * scales[1][1]
    return found
