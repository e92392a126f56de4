"""A network that moves atoms from where a cheaper method puts them to where a better one would.

What it adds to the positions turns with the molecule and does not depend on the order of its atoms: pairs are pushed along their
line, and atoms along the vectors that their surroundings give them.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core.elements import QM9_NUMBERS
from core.models.batch import Batch
from core.models.messages import Interaction, PairReadout, make_pairs
from core.models.radial import radial_centres, radial_spacing, spread_gaussians

STEP_ANGSTROM = 0.1  # moves are of this order


@dataclass(frozen=True)
class GeometryConfig:
    """Sizes; lengths in Angstrom.

    Attributes
    ----------
    elements : tuple of int
        Atomic numbers that it can be given.
    """

    n_features: int = 96
    n_layers: int = 3
    n_radial: int = 32
    n_vectors: int = 32
    cutoff: float = 6.5
    elements: tuple[int, ...] = QM9_NUMBERS

    @property
    def n_embedded(self) -> int:
        """Rows of what is learnt by atomic number; 0 is no atom."""
        return max(self.elements) + 1


class GeometryNetwork(nn.Module):
    """Positions of one method in, those of another out."""

    config_class: ClassVar = GeometryConfig
    title: ClassVar = "network of geometries"

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.n_embedded, config.n_features, padding_idx=0)
        self.interactions = nn.ModuleList(Interaction(config) for _ in range(config.n_layers))
        self.pushes = PairReadout(config, n_symmetric=1, n_directed=1)
        self.along = nn.Linear(config.n_features, config.n_vectors)
        for layer in (self.pushes.last, self.along):  # an untrained network moves nothing
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.centres: Tensor
        self.register_buffer("centres", radial_centres(config.cutoff, config.n_radial), persistent=False)

    def forward(self, batch: Batch) -> Batch:
        """Return the molecules with their atoms moved."""
        pairs = make_pairs(batch, self.config.cutoff)
        spacing = radial_spacing(self.config.cutoff, self.config.n_radial)
        radial = spread_gaussians(pairs.distance, self.centres, spacing)
        numbers = batch.numbers.flatten()
        scalars = self.embedding(numbers)
        filtered = torch.cat([radial, torch.ones_like(pairs.envelope)], -1) * pairs.envelope
        vectors = scalars.new_zeros(len(numbers), 3, self.config.n_vectors)
        for interaction in self.interactions:
            scalars, vectors = interaction(scalars, vectors, filtered, pairs)
        symmetric, forward, backward = self.pushes(scalars, vectors, radial, pairs)
        pushed = pairs.collect_arrows(forward + symmetric, backward + symmetric)[..., 0]  # (n_places, 3)
        moved = pushed + (vectors * self.along(scalars)[:, None]).sum(-1)
        moved = STEP_ANGSTROM * moved * (numbers > 0)[:, None]
        return Batch(batch.numbers, batch.positions + moved.unflatten(0, batch.numbers.shape))
