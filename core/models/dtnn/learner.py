"""The deep tensor network as a learner."""

from pathlib import Path

from core.models.batch import collate
from core.models.direct.learner import Architecture, DirectSpectra, load_direct_network
from core.models.dtnn.network import DeepTensorNetwork

ARCHITECTURE = Architecture(DeepTensorNetwork, collate)


def load(folder: Path, *, device: str | None = None) -> DirectSpectra:
    """Return the learner of a folder; see `core.models`."""
    return load_direct_network(folder, ARCHITECTURE, device=device)
