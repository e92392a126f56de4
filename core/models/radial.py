"""Distances as numbers that a network can use: Gaussians side by side, and a smooth end at the cutoff."""

import torch
from torch import Tensor

FIRST_CENTRE = 0.5  # Angstrom: below every bond


def radial_centres(cutoff: float, n_radial: int) -> Tensor:
    """Return the centres (n_radial,) [Angstrom] of Gaussians up to the cutoff."""
    return torch.linspace(FIRST_CENTRE, cutoff, n_radial)


def radial_spacing(cutoff: float, n_radial: int) -> float:
    """Return the distance of two centres [Angstrom], which is the Gaussians' width, too."""
    return (cutoff - FIRST_CENTRE) / (n_radial - 1)


def spread_gaussians(distance: Tensor, centres: Tensor, spacing: float) -> Tensor:
    """Return the Gaussians (..., n_radial) of distances (...) [Angstrom].

    Far from its centre one is exp(-30) and not less: products of denormal numbers are a hundred times as slow.
    """
    return torch.exp((-0.5 * ((distance[..., None] - centres) / spacing).square()).clamp_min(-30.0))


def cosine_envelope(distance: Tensor, cutoff: float) -> Tensor:
    """Return 1 at contact, smoothly 0 at the cutoff and beyond, of distances [Angstrom] of any shape."""
    return 0.5 * (torch.cos(torch.pi * (distance / cutoff).clamp_max(1.0)) + 1.0)
