"""Deep tensor network: elements and distances in, the band or the spectrum out.

Each atom's features are refined by messages from its neighbours, a product of the neighbour's features and of the
distance in Gaussians (Schuett et al., Nat. Commun. 2017, doi 10.1038/ncomms13890, equations 3 to 6), as Ghosh et al.
(Adv. Sci. 2019, doi 10.1002/advs.201801367) used it for spectra. Two things differ from theirs, so that the output does
not grow with the molecule: messages end smoothly at a cutoff, and atoms are pooled by a weighted mean, not a sum.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core.elements import QM9_NUMBERS
from core.models.batch import Batch
from core.models.card import Form
from core.models.direct.head import OutputHead
from core.models.radial import cosine_envelope, radial_centres, radial_spacing, spread_gaussians


@dataclass(frozen=True)
class DeepTensorConfig:
    """Sizes of the network; lengths in Angstrom; atomic numbers that it can be given; any number of heavy atoms."""

    form: Form = "levels"
    n_heavy: None = None
    elements: tuple[int, ...] = QM9_NUMBERS
    n_features: int = 64
    n_factors: int = 32
    n_passes: int = 3
    n_radial: int = 24
    n_heads: int = 8
    n_hidden: int = 256
    cutoff: float = 6.5
    dropout: float = 0.0


class InteractionPass(nn.Module):
    """One refinement of the atoms' features by their neighbours."""

    def __init__(self, config: DeepTensorConfig) -> None:
        super().__init__()
        self.source = nn.Linear(config.n_features, config.n_factors)
        self.filter = nn.Linear(config.n_radial + 1, config.n_factors, bias=False)
        self.combine = nn.Linear(config.n_factors, config.n_features, bias=False)

    def forward(self, atoms: Tensor, radial: Tensor) -> Tensor:
        """Atoms (b, n, n_features), radial (b, n, n, n_radial + 1) -> (b, n, n_features).

        Where `radial` is zero, so is the message: there is no bias behind it.
        """
        factors = self.source(atoms)[:, None] * self.filter(radial)  # (b, n, n, n_factors): to each atom, from each
        return atoms + torch.tanh(self.combine(factors)).sum(2)


class Pooling(nn.Module):
    """Atoms to one molecule: in each head a mean whose weights, a softmax over the atoms, are learnt."""

    def __init__(self, config: DeepTensorConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.weigh = nn.Linear(config.n_features, config.n_heads)
        self.value = nn.Linear(config.n_features, config.n_hidden)

    def forward(self, atoms: Tensor, real: Tensor) -> Tensor:
        """Atoms (b, n, n_features), real (b, n) bool -> (b, n_hidden)."""
        weights = self.weigh(atoms).masked_fill(~real[..., None], -torch.inf).softmax(1)  # (b, n, n_heads)
        values = nn.functional.silu(self.value(atoms)).unflatten(2, (self.n_heads, -1))
        return torch.einsum("bnh,bnhk->bhk", weights, values).flatten(1)


class DeepTensorNetwork(nn.Module):
    """Atomic numbers and positions in, levels or densities out."""

    config_class: ClassVar = DeepTensorConfig
    title: ClassVar = "deep tensor network"
    centres: Tensor

    def __init__(self, config: DeepTensorConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(max(config.elements) + 1, config.n_features, padding_idx=0)
        self.passes = nn.ModuleList(InteractionPass(config) for _ in range(config.n_passes))
        self.pooling = Pooling(config)
        self.hidden = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(config.n_hidden, config.n_hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
        )
        self.answer = OutputHead(config.n_hidden, config.form)
        self.register_buffer("centres", radial_centres(config.cutoff, config.n_radial), persistent=False)

    def standardise(self, inputs: Batch, target: Tensor) -> None:
        """Take means and scales from the training molecules."""
        self.answer.standardise(target)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the outputs (b, 16 or 300) and the molecules' pooled features (b, n_hidden)."""
        real = batch.numbers > 0
        radial = self.radial_basis(batch.positions, real)
        atoms = self.embedding(batch.numbers)
        for interaction in self.passes:
            atoms = interaction(atoms, radial)
        pooled = self.pooling(atoms, real)
        return self.answer(self.hidden(pooled)), pooled

    def radial_basis(self, positions: Tensor, real: Tensor) -> Tensor:
        """Return Gaussians of all distances, and a one, times the cutoff's envelope: (b, n, n, n_radial + 1).

        Zero for an atom with itself, for padding and beyond the cutoff.
        """
        cutoff = self.config.cutoff
        difference = positions[:, :, None] - positions[:, None]
        distance = difference.square().sum(-1, keepdim=True).clamp_min(1e-6).sqrt()
        others = ~torch.eye(real.shape[1], dtype=torch.bool, device=real.device)
        pair = (real[:, :, None] & real[:, None] & others)[..., None]
        envelope = cosine_envelope(distance, cutoff) * pair
        spacing = radial_spacing(cutoff, self.config.n_radial)
        gaussians = spread_gaussians(distance.squeeze(-1), self.centres, spacing)
        return torch.cat([gaussians, torch.ones_like(envelope)], -1) * envelope
