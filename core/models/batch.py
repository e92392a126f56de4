"""Molecules side by side as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.structure.geometry import Geometry

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
