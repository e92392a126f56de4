"""Predict with a network that has a band or a spectrum as its output: perceptron, convolutional or deep tensor network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from core.elements import BY_NUMBER
from core.models.batch import GPU_BATCH, Batch
from core.models.card import LEVELS, load_card
from core.models.folder import FolderLearner
from core.models.protocol import check_band, headline_spectra
from core.models.store import NETWORK_FILE, load_network
from core.models.uncertainty.calibrator import (
    calibrate_uncertainty,
    expected_rmse_ev,
    level_errors_ev,
    load_uncertainty,
)
from core.models.uncertainty.estimator import FeatureDistance, fit_feature_distance
from core.spectrum.levels import Levels
from core.structure.domain import check_elements, check_heavy_atoms
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from core.labels.label_set import LabelSet

DIRECT_CPU_BATCH = 64  # molecules predicted at a time
Inputs = Tensor | Batch  # Coulomb matrices (n, 29, 29) [Hartree], or atoms


@dataclass(frozen=True)
class Architecture:
    """A network, what it sees of a geometry, and how many atoms it has room for.

    Attributes
    ----------
    network : type
        Its config has `form` and `n_heavy`; called with inputs it returns outputs (n_molecules, 16 or 300) and features
        (n_molecules, n_features).
    """

    network: type[Any]
    encode: Callable[[Sequence[Geometry]], Inputs]
    check_size: Callable[[Geometry], None] = lambda geometry: None

    def check(self, geometry: Geometry, elements: Sequence[int]) -> None:
        """Raise DomainError if the molecule has other elements, no band, or too many atoms."""
        check_elements(geometry, [BY_NUMBER[number].symbol for number in elements])
        check_band(geometry)
        self.check_size(geometry)


class DirectSpectra(FolderLearner):
    """Headline spectra of geometries by one network."""

    def __init__(self, folder: Path, architecture: Architecture, *, device: str | None = None) -> None:
        super().__init__(folder)
        self.architecture = architecture
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network: Any = load_network(folder / NETWORK_FILE, architecture.network, device=self.device)

    def check(self, geometry: Geometry) -> None:
        """See `Learner.check`."""
        self.architecture.check(geometry, self.network.config.elements)
        check_heavy_atoms(geometry, self.network.config.n_heavy)

    def features(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.features`: the network's last features before its output."""
        return self.run_network(geometries)[1]

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return self.run_network(geometries)[0].astype(np.float64)

    @torch.inference_mode()
    def run_network(self, geometries: Sequence[Geometry]) -> tuple[np.ndarray, np.ndarray]:
        """Return the network's outputs and features, (n_molecules, 16 or 300) and (n_molecules, n_features) float32."""
        order = np.argsort([g.n_atoms for g in geometries], kind="stable")
        size = DIRECT_CPU_BATCH if self.device.type == "cpu" else GPU_BATCH
        chunks = [order[k : k + size] for k in range(0, len(order), size)]
        encode = self.architecture.encode
        parts = [self.network(encode([geometries[k] for k in chunk]).to(self.device)) for chunk in chunks]
        back = np.argsort(order)
        outputs, features = (torch.cat(part).cpu().numpy()[back] for part in zip(*parts, strict=True))
        return outputs, features


class DirectLevels(DirectSpectra):
    """Bands of geometries by one network, with the error to expect of each."""

    def __init__(self, folder: Path, architecture: Architecture, *, device: str | None = None) -> None:
        super().__init__(folder, architecture, device=device)
        self.uncertainty = load_uncertainty(folder, FeatureDistance)

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return headline_spectra(self.predict_levels(geometries))

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """See `LevelModel.predict_levels`: the band only, no LUMO and no weights."""
        bands, features = self.run_network(geometries)
        expected = expected_rmse_ev(self.uncertainty, features)
        return [
            Levels(
                band, float("nan"), float(error), level_errors_ev=level_errors_ev(self.uncertainty, band, float(error))
            )
            for band, error in zip(bands.astype(np.float64), expected, strict=True)
        ]

    def calibrate(self, training: "LabelSet", validation: "LabelSet", rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`."""
        estimator = fit_feature_distance(self.features(training.geometries()))
        calibrate_uncertainty(estimator, self.features(validation.geometries()), rmse_ev).save(self.folder)


def load_direct_network(folder: Path, architecture: Architecture, *, device: str | None = None) -> DirectSpectra:
    """Return the learner of a folder, by the form that its card tells."""
    return (DirectLevels if load_card(folder).form == LEVELS else DirectSpectra)(folder, architecture, device=device)
