"""The last layer of a network that predicts a band or a spectrum directly."""

import torch
from torch import Tensor, nn

from core.models.card import LEVELS, Form
from core.spectrum.broaden import GRID_EV
from core.spectrum.levels import N_BAND


def n_outputs(form: Form) -> int:
    """Return how many numbers are predicted of a molecule: 16 levels, or 300 points."""
    return N_BAND if form == LEVELS else len(GRID_EV)


class OutputHead(nn.Module):
    """Features of a molecule to its band [eV], ascending, or its headline spectrum [states/eV], never negative.

    The layer itself sees numbers of mean 0 and deviation 1 over the training molecules: `mean` and `scale`, one each
    a level or point, are kept with the weights. Networks hold it as `answer`: so the files of weights call it.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_features: int, form: Form) -> None:
        super().__init__()
        self.form = form
        self.linear = nn.Linear(n_features, n_outputs(form))
        self.register_buffer("mean", torch.zeros(n_outputs(form)))
        self.register_buffer("scale", torch.ones(n_outputs(form)))

    def standardise(self, target: Tensor) -> None:
        """Take mean and scale from the training targets (n_molecules, n_outputs)."""
        self.mean.copy_(target.mean(0))
        self.scale.copy_(target.std(0, correction=0).clamp_min(1e-3))

    def forward(self, features: Tensor) -> Tensor:
        """Features (n_molecules, n_features) -> (n_molecules, n_outputs)."""
        output: Tensor = self.mean + self.scale * self.linear(features)
        if self.form == LEVELS:
            ascending: Tensor = output.sort(dim=1).values
            return ascending
        return output if self.training else output.relu()  # a point cut off at zero would no longer learn
