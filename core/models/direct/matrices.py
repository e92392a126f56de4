"""Coulomb matrices as the input of a network."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.features.coulomb_matrix import SortedCoulombMatrix
from core.structure.geometry import Geometry

SMALLEST_SCALE = 0.1  # Hartree; rows that few molecules reach would be blown up without it


def encode_matrices(geometries: Sequence[Geometry]) -> Tensor:
    """Return the sorted Coulomb matrices (n_molecules, 29, 29) float32 [Hartree]."""
    return torch.from_numpy(SortedCoulombMatrix().matrices(geometries))
