"""Multilayer perceptron: the sorted Coulomb matrix in, the band or the spectrum out.

As in Ghosh et al., Adv. Sci. 2019 (doi 10.1002/advs.201801367); the matrix row-norm sorted, as Montavon et al., New J.
Phys. 2013 (doi 10.1088/1367-2630/15/9/095003) use it.
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
class PerceptronConfig:
    """Sizes of the network; `n_atoms` is the matrix's, `n_heavy` the heavy atoms among them (None: any); atomic numbers."""

    form: Form = "levels"
    n_atoms: int = QM9_ATOMS
    n_heavy: int | None = QM9_HEAVY_ATOMS
    elements: tuple[int, ...] = QM9_NUMBERS
    n_hidden: int = 512
    n_layers: int = 3
    dropout: float = 0.1


class PerceptronNetwork(nn.Module):
    """Coulomb matrices in, levels or densities out."""

    config_class: ClassVar = PerceptronConfig
    title: ClassVar = "multilayer perceptron"
    mean: Tensor
    scale: Tensor

    def __init__(self, config: PerceptronConfig) -> None:
        super().__init__()
        self.config = config
        n_inputs = config.n_atoms * (config.n_atoms + 1) // 2
        self.register_buffer("mean", torch.zeros(n_inputs))
        self.register_buffer("scale", torch.ones(n_inputs))
        layers: list[nn.Module] = []
        for width in [n_inputs, *[config.n_hidden] * (config.n_layers - 1)]:
            layers += [nn.Linear(width, config.n_hidden), nn.SiLU(), nn.Dropout(config.dropout)]
        self.hidden = nn.Sequential(*layers)
        self.answer = OutputHead(config.n_hidden, config.form)

    def triangle(self, matrices: Tensor) -> Tensor:
        """Return the upper triangles: (b, n_atoms, n_atoms) -> (b, n_inputs)."""
        rows, columns = torch.triu_indices(self.config.n_atoms, self.config.n_atoms, device=matrices.device)
        return matrices[:, rows, columns]

    def standardise(self, matrices: Tensor, target: Tensor) -> None:
        """Take means and scales from the training molecules."""
        inputs = self.triangle(matrices)
        self.mean.copy_(inputs.mean(0))
        self.scale.copy_(inputs.std(0, correction=0).clamp_min(SMALLEST_SCALE))
        self.answer.standardise(target)

    def forward(self, matrices: Tensor) -> tuple[Tensor, Tensor]:
        """(b, n_atoms, n_atoms) [Hartree] -> the outputs (b, 16 or 300) and the last hidden features (b, n_hidden)."""
        features = self.hidden((self.triangle(matrices) - self.mean) / self.scale)
        return self.answer(features), features
