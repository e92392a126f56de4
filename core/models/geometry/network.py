"""A network that moves atoms from where a cheaper method puts them to where a better one would.

What it adds to the positions turns with the molecule and does not depend on the order of its atoms: pairs are pushed along their
line, and atoms along the vectors that their surroundings give them.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from core.models.batch import Batch
from core.models.messages import AtomConfig, AtomNetwork, PairReadout

STEP_ANGSTROM = 0.1  # moves are of this order


@dataclass(frozen=True)
class GeometryConfig(AtomConfig):
    """What the network is for, and its sizes."""

    n_features: int = 96
    n_vectors: int = 32


class GeometryNetwork(AtomNetwork):
    """Positions of one method in, those of another out."""

    config_class: ClassVar = GeometryConfig
    title: ClassVar = "network of geometries"

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__(config)
        self.pushes = PairReadout(config, n_symmetric=1, n_directed=1)
        self.along = nn.Linear(config.n_features, config.n_vectors)
        for layer in (self.pushes.last, self.along):  # an untrained network moves nothing
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, batch: Batch) -> Batch:
        """Return the molecules with their atoms moved."""
        scalars, vectors, radial, pairs = self.look_around(batch)
        symmetric, forward, backward = self.pushes(scalars, vectors, radial, pairs)
        pushed = pairs.collect_arrows(forward + symmetric, backward + symmetric)[..., 0]  # (n_places, 3)
        moved = pushed + (vectors * self.along(scalars)[:, None]).sum(-1)
        moved = STEP_ANGSTROM * moved * (batch.numbers.flatten() > 0)[:, None]
        return Batch(batch.numbers, batch.positions + moved.unflatten(0, batch.numbers.shape))
