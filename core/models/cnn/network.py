"""Convolutional network: the sorted Coulomb matrix as an image in, the band or the spectrum out.

As in Ghosh et al., Adv. Sci. 2019 (doi 10.1002/advs.201801367): convolutions over the row-norm sorted matrix, then dense
layers. The filters are those that Kawahara et al., NeuroImage 2017 (doi 10.1016/j.neuroimage.2016.09.046) made for
matrices whose rows stand for nodes: crosses of a whole row and a whole column, since neighbours in such an image are no
neighbours in space. Small square filters with pooling did worse.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core.elements import QM9_NUMBERS
from core.features.coulomb_matrix import QM9_ATOMS, QM9_HEAVY_ATOMS
from core.models.card import Form
from core.models.direct.head import OutputHead
from core.models.direct.matrices import SMALLEST_SCALE


@dataclass(frozen=True)
class ConvolutionalConfig:
    """Sizes of the network; `n_atoms` is the matrix's, `n_heavy` the heavy atoms among them (None: any); atomic numbers."""

    form: Form = "levels"
    n_atoms: int = QM9_ATOMS
    n_heavy: int | None = QM9_HEAVY_ATOMS
    elements: tuple[int, ...] = QM9_NUMBERS
    n_channels: int = 16
    n_features: int = 64
    n_hidden: int = 512
    dropout: float = 0.1


class RowFilters(nn.Module):
    """Convolution by filters as wide as the image: each row of all channels to `n_out` features."""

    def __init__(self, n_in: int, n_out: int, n_atoms: int) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in * n_atoms, n_out)

    def forward(self, image: Tensor) -> Tensor:
        """(b, n_atoms, n_atoms, n_in) -> (b, n_atoms, n_out)."""
        vectors: Tensor = self.linear(image.flatten(2).flatten(0, 1)).unflatten(0, image.shape[:2])
        return vectors


class CrossFilters(nn.Module):
    """Convolution by crosses: at each point a row filter, a column filter, and the point itself."""

    def __init__(self, n_in: int, n_out: int, n_atoms: int) -> None:
        super().__init__()
        self.row, self.column = RowFilters(n_in, n_out, n_atoms), RowFilters(n_in, n_out, n_atoms)
        self.point = nn.Linear(n_in, n_out, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        """(b, n_atoms, n_atoms, n_in) -> (b, n_atoms, n_atoms, n_out)."""
        point = self.point(image.flatten(0, 2)).unflatten(0, image.shape[:3])
        mixed: Tensor = point + self.row(image)[:, :, None] + self.column(image.transpose(1, 2))[:, None]
        return mixed


class ConvolutionalNetwork(nn.Module):
    """Coulomb matrices in, levels or densities out."""

    config_class: ClassVar = ConvolutionalConfig
    title: ClassVar = "convolutional network"
    mean: Tensor
    scale: Tensor

    def __init__(self, config: ConvolutionalConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.n_atoms, config.n_atoms))
        self.register_buffer("scale", torch.ones(config.n_atoms, config.n_atoms))
        n_atoms, few, many = config.n_atoms, config.n_channels, config.n_hidden
        self.image = nn.Sequential(
            CrossFilters(1, few, n_atoms), nn.SiLU(),
            CrossFilters(few, few, n_atoms), nn.SiLU(),
            RowFilters(few, config.n_features, n_atoms), nn.SiLU(), nn.Flatten(),
        )  # fmt: skip
        self.hidden = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(n_atoms * config.n_features, many), nn.SiLU(),
            nn.Dropout(config.dropout), nn.Linear(many, many), nn.SiLU(), nn.Dropout(config.dropout),
        )  # fmt: skip
        self.answer = OutputHead(many, config.form)

    def standardise(self, matrices: Tensor, target: Tensor) -> None:
        """Take means and scales from the training molecules."""
        self.mean.copy_(matrices.mean(0))
        self.scale.copy_(matrices.std(0, correction=0).clamp_min(SMALLEST_SCALE))
        self.answer.standardise(target)

    def forward(self, matrices: Tensor) -> tuple[Tensor, Tensor]:
        """(b, n_atoms, n_atoms) [Hartree] -> the outputs (b, 16 or 300) and the last hidden features (b, n_hidden)."""
        features = self.hidden(self.image(((matrices - self.mean) / self.scale)[..., None]))
        return self.answer(features), features
