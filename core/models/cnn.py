"""Convolutional network: the sorted Coulomb matrix as an image in, the band or the spectrum out.

As in Ghosh et al., Adv. Sci. 2019 (doi 10.1002/advs.201801367): convolutions and pooling over the row-norm sorted matrix,
then dense layers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.models.answer import Answer
from core.models.mlp import SMALLEST_SCALE
from core.models.protocol import Form


@dataclass(frozen=True)
class ConvolutionalConfig:
    """Sizes of the network; `n_atoms` is the matrix's."""

    form: Form = "levels"
    n_atoms: int = 29
    n_channels: int = 16
    n_hidden: int = 256
    dropout: float = 0.1


class ConvolutionalNetwork(nn.Module):
    """Coulomb matrices in, levels or densities out."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: ConvolutionalConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.n_atoms, config.n_atoms))
        self.register_buffer("scale", torch.ones(config.n_atoms, config.n_atoms))
        few = config.n_channels
        self.image = nn.Sequential(
            nn.Conv2d(1, few, 3, padding=1), nn.SiLU(),
            nn.Conv2d(few, 2 * few, 3, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(2 * few, 4 * few, 3, padding=1), nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(),
        )  # fmt: skip
        n_pixels = ((config.n_atoms + 1) // 2 // 2) ** 2  # halved by the stride, then by the pooling
        self.hidden = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(4 * few * n_pixels, config.n_hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
        )
        self.answer = Answer(config.n_hidden, config.form)

    def standardise(self, matrices: Tensor, target: Tensor) -> None:
        """Take means and scales from the training molecules."""
        self.mean.copy_(matrices.mean(0))
        self.scale.copy_(matrices.std(0, correction=0).clamp_min(SMALLEST_SCALE))
        self.answer.standardise(target)

    def forward(self, matrices: Tensor) -> tuple[Tensor, Tensor]:
        """(b, n_atoms, n_atoms) [Hartree] -> the answers (b, 16 or 300) and the last hidden features (b, n_hidden)."""
        features = self.hidden(self.image(((matrices - self.mean) / self.scale)[:, None]))
        return self.answer(features), features
