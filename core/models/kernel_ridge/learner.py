"""Kernel ridge regression as a learner: bands of geometries, with the error to expect of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.models.folder import FolderLearner
from core.models.kernel_ridge.kernel import KERNEL_FILE, KernelRidge, pair_distances
from core.models.protocol import check_band, headline_spectra
from core.models.uncertainty.calibrator import (
    CalibratedUncertainty,
    expected_rmse_ev,
    fit_error_curve,
    level_errors_ev,
    load_uncertainty,
)
from core.models.uncertainty.estimator import NeighbourResidual
from core.spectrum.levels import Levels
from core.structure.domain import check_elements, check_heavy_atoms
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from core.labels.label_set import LabelSet

KERNEL_BATCH = 256  # molecules predicted at a time: 50 MB of kernel at 25,000 training molecules


class KernelRidgeLevels(FolderLearner):
    """Bands of geometries by kernel ridge regression, with the error to expect of each."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        """`device` is there for the other learners' sake: this one runs on the CPU."""
        super().__init__(folder)
        self.ridge = KernelRidge.load(folder / KERNEL_FILE)
        self.estimator = NeighbourResidual(self.ridge.band.residuals)
        self.uncertainty: CalibratedUncertainty | None = load_uncertainty(folder, lambda: self.estimator)

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if the molecule has no band, or is of another kind or size than those trained on."""
        check_elements(geometry, self.ridge.elements)
        self.ridge.space.featurizer.check(geometry)
        check_heavy_atoms(geometry, self.ridge.n_heavy)
        check_band(geometry)

    def features(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.features`: the representation itself, projected where the kernel works on a projection."""
        return self.ridge.space(geometries)

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """See `LevelModel.predict_levels`: the band only, no LUMO and no weights."""
        predicted: list[Levels] = []
        for k in range(0, len(geometries), KERNEL_BATCH):
            distances = self.distances(geometries[k : k + KERNEL_BATCH])
            bands = np.sort(self.ridge.band.at_distances(distances), axis=1)
            expected = expected_rmse_ev(self.uncertainty, distances)
            predicted += [
                Levels(band, float("nan"), float(x), level_errors_ev=level_errors_ev(self.uncertainty, band, float(x)))
                for band, x in zip(bands, expected, strict=True)
            ]
        return predicted

    def distances(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the distances (n_molecules, n_training) that the band's kernel goes by."""
        return pair_distances(self.ridge.band.kernel, self.features(geometries), self.ridge.training)

    def calibrate(self, training: "LabelSet", validation: "LabelSet", rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`: by distance from the training molecules that the learner holds."""
        geometries = validation.geometries()
        chunks = [geometries[k : k + KERNEL_BATCH] for k in range(0, len(geometries), KERNEL_BATCH)]
        measure = np.concatenate([self.estimator(self.distances(chunk)) for chunk in chunks])
        CalibratedUncertainty(self.estimator, fit_error_curve(measure, rmse_ev)).save(self.folder)

    def predict_homo(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the HOMO by the fit to it alone: (n_molecules,) float64 [eV]. The levels' own HOMO is another number."""
        chunks = [geometries[k : k + KERNEL_BATCH] for k in range(0, len(geometries), KERNEL_BATCH)]
        return np.concatenate([self.ridge.homo(self.features(c), self.ridge.training)[:, 0] for c in chunks])

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return headline_spectra(self.predict_levels(geometries))


def load(folder: Path, *, device: str | None = None) -> KernelRidgeLevels:
    """Return the learner of a folder; see `core.models`."""
    return KernelRidgeLevels(folder, device=device)
