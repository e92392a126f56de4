"""The perceptron as a learner."""

from pathlib import Path

from core.features.coulomb_matrix import SortedCoulombMatrix
from core.models.direct.learner import Architecture, DirectSpectra, load_direct_network
from core.models.direct.matrices import encode_matrices
from core.models.mlp.network import PerceptronNetwork

ARCHITECTURE = Architecture(PerceptronNetwork, encode_matrices, SortedCoulombMatrix().check)


def load(folder: Path, *, device: str | None = None) -> DirectSpectra:
    """Return the learner of a folder; see `core.models`."""
    return load_direct_network(folder, ARCHITECTURE, device=device)
