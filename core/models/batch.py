"""Molecules side by side as tensors."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from core.machine.cores import count_cores
from core.structure.geometry import Geometry

PerGeometry = TypeVar("PerGeometry")
GPU_BATCH = 256  # molecules predicted at a time on a GPU: few enough that all cores have some to diagonalise


@dataclass(frozen=True)
class Batch:
    """Molecules side by side, padded to the largest: atomic number 0 is no atom.

    numbers (n_molecules, n_atoms) int64; positions (n_molecules, n_atoms, 3) float32 [Angstrom].
    """

    numbers: Tensor
    positions: Tensor

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch on a device."""
        return Batch(self.numbers.to(device), self.positions.to(device))

    def select(self, rows: Tensor) -> "Batch":
        """Return some of the molecules, padded to the largest of these."""
        numbers = self.numbers[rows]
        n_atoms = int((numbers > 0).sum(1).max())
        return Batch(numbers[:, :n_atoms], self.positions[rows][:, :n_atoms])


def collate(geometries: Sequence[Geometry]) -> Batch:
    """Return the geometries as one padded batch."""
    n_atoms = max(g.n_atoms for g in geometries)
    numbers = np.zeros((len(geometries), n_atoms), np.int64)
    positions = np.zeros((len(geometries), n_atoms, 3), np.float32)
    for k, g in enumerate(geometries):
        numbers[k, : g.n_atoms] = g.numbers
        positions[k, : g.n_atoms] = g.positions - g.positions.mean(0)  # float32 far from the origin loses digits
    return Batch(torch.from_numpy(numbers), torch.from_numpy(positions))


def map_batches(
    work: Callable[[list[Geometry]], Sequence[PerGeometry]], geometries: Sequence[Geometry], *, size: int
) -> list[PerGeometry]:
    """Return what `work` makes of each geometry, in order; it is given `size` of like size at a time, in a thread a core.

    Small matrices keep no thread inside torch busy (LAPACK's eigenproblems run one after another), so cores are fed by ours.
    """
    order = sorted(range(len(geometries)), key=lambda k: geometries[k].n_atoms)
    chunks = [order[k : k + size] for k in range(0, len(order), size)]

    def run(chunk: list[int]) -> Sequence[PerGeometry]:
        return work([geometries[k] for k in chunk])

    if len(chunks) > 1:
        with ThreadPoolExecutor(count_cores(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            made = list(pool.map(run, chunks))
    else:
        made = [run(chunk) for chunk in chunks]
    found = {k: one for chunk, results in zip(chunks, made, strict=True) for k, one in zip(chunk, results, strict=True)}
    return [found[k] for k in range(len(geometries))]
