"""Ask a network that answers with a band or a spectrum directly: perceptron, convolutional or deep tensor network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.elements import COVERED_SYMBOLS
from core.features.coulomb_matrix import SortedCoulombMatrix
from core.models.batch import Batch, collate
from core.models.card import LEVELS, ModelCard, load_card
from core.models.direct.cnn import ConvolutionalNetwork
from core.models.direct.dtnn import DeepTensorNetwork
from core.models.direct.mlp import PerceptronNetwork
from core.models.protocol import check_band, spectra_of_levels
from core.models.store import ERRORS, WEIGHTS, load_network
from core.models.uncertainty.expected_error import ExpectedError, fit_expected_error
from core.spectrum.levels import Levels
from core.structure.domain import check_elements, check_heavy_atoms
from core.structure.geometry import Geometry

CPU_BATCH, GPU_BATCH = 64, 1024
Inputs = Tensor | Batch  # Coulomb matrices (n, 29, 29) [Hartree], or atoms


def encode_matrices(geometries: Sequence[Geometry]) -> Tensor:
    """Return the sorted Coulomb matrices (n_molecules, 29, 29) float32 [Hartree]."""
    return torch.from_numpy(SortedCoulombMatrix().matrices(geometries))


@dataclass(frozen=True)
class Kind:
    """An architecture, what it sees of a geometry, and how many atoms it has room for."""

    network: type[nn.Module]
    encode: Callable[[Sequence[Geometry]], Inputs]
    check_size: Callable[[Geometry], None] = lambda geometry: None

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if the molecule has other elements, no band, or too many atoms."""
        check_elements(geometry, COVERED_SYMBOLS)
        check_band(geometry)
        self.check_size(geometry)


KINDS = {
    "mlp": Kind(PerceptronNetwork, encode_matrices, SortedCoulombMatrix().check),
    "cnn": Kind(ConvolutionalNetwork, encode_matrices, SortedCoulombMatrix().check),
    "dtnn": Kind(DeepTensorNetwork, collate),
}


class DirectSpectra:
    """Headline spectra of geometries by one network."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        self.folder = folder
        self.card: ModelCard = load_card(folder)
        self.kind = KINDS[self.card.kind]
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network: Any = load_network(folder / WEIGHTS, self.kind.network, device=self.device)

    @property
    def key(self) -> str:
        return self.card.key

    def check(self, geometry: Geometry) -> None:
        """See `Learner.check`."""
        self.kind.check(geometry)
        check_heavy_atoms(geometry, self.network.config.n_heavy)

    def features(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.features`: the network's last features before its answer."""
        return self.ask(geometries)[1]

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return self.ask(geometries)[0].astype(np.float64)

    @torch.inference_mode()
    def ask(self, geometries: Sequence[Geometry]) -> tuple[np.ndarray, np.ndarray]:
        """Return the network's answers and features, (n_molecules, 16 or 300) and (n_molecules, n_features) float32."""
        order = np.argsort([g.n_atoms for g in geometries], kind="stable")
        size = CPU_BATCH if self.device.type == "cpu" else GPU_BATCH
        chunks = [order[k : k + size] for k in range(0, len(order), size)]
        parts = [self.network(self.kind.encode([geometries[k] for k in chunk]).to(self.device)) for chunk in chunks]
        back = np.argsort(order)
        answers, features = (torch.cat(part).cpu().numpy()[back] for part in zip(*parts, strict=True))
        return answers, features


class DirectLevels(DirectSpectra):
    """Bands of geometries by one network, with the error to expect of each."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        super().__init__(folder, device=device)
        self.expected_error = ExpectedError.load_if_there(folder / ERRORS)

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return spectra_of_levels(self.predict_levels(geometries))

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """See `LevelModel.predict_levels`: the band only, no LUMO and no weights."""
        bands, features = self.ask(geometries)
        expected = self.expected_error(features) if self.expected_error else np.full(len(geometries), np.nan)
        return [
            Levels(band, float("nan"), float(error))
            for band, error in zip(bands.astype(np.float64), expected, strict=True)
        ]

    def calibrate(self, training: Sequence[Geometry], validation: Sequence[Geometry], rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`."""
        fit_expected_error(self.features(training), self.features(validation), rmse_ev).save(self.folder / ERRORS)


def load_direct_network(folder: Path, *, device: str | None = None) -> DirectSpectra:
    """Return the learner of a folder, by the form that its card tells."""
    return (DirectLevels if load_card(folder).form == LEVELS else DirectSpectra)(folder, device=device)
