"""Kernel ridge regression as a learner: bands of geometries, with the error to expect of each."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from core.models.card import ModelCard, load_card
from core.models.kernel_ridge.kernel import WEIGHTS, KernelRidge, pair_distances
from core.models.protocol import check_band, spectra_of_levels
from core.models.store import ERRORS
from core.models.uncertainty.expected_error import ErrorCurve, fit_error_curve
from core.spectrum.levels import Levels
from core.structure.domain import check_elements, check_heavy_atoms
from core.structure.geometry import Geometry

CHUNK = 256  # molecules predicted at a time: 50 MB of kernel at 25,000 training molecules
N_NEIGHBOURS = 20  # whose distances and residuals tell the expected error


class KernelRidgeLevels:
    """Bands of geometries by kernel ridge regression, with the error to expect of each."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        """`device` is there for the other learners' sake: this one runs on the CPU."""
        self.folder = folder
        self.ridge = KernelRidge.load(folder / WEIGHTS)
        self.expected_error = ErrorCurve.load_if_there(folder / ERRORS)

    @property
    def key(self) -> str:
        return self.card.key

    @cached_property
    def card(self) -> ModelCard:
        return load_card(self.folder)

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
        answers: list[Levels] = []
        for k in range(0, len(geometries), CHUNK):
            distances = self.distances(geometries[k : k + CHUNK])
            bands = np.sort(self.ridge.band.at_distances(distances), axis=1)
            expected = np.full(len(bands), np.nan)
            if self.expected_error:
                expected = self.expected_error(doubt_of(distances, self.ridge.band.residuals))
            answers += [Levels(band, float("nan"), float(x)) for band, x in zip(bands, expected, strict=True)]
        return answers

    def distances(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the distances (n_molecules, n_training) that the band's kernel goes by."""
        return pair_distances(self.ridge.band.kernel, self.features(geometries), self.ridge.training)

    def calibrate(self, training: Sequence[Geometry], validation: Sequence[Geometry], rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`: by `doubt_of`, to the training molecules that the learner holds."""
        chunks = [validation[k : k + CHUNK] for k in range(0, len(validation), CHUNK)]
        doubt = np.concatenate([doubt_of(self.distances(chunk), self.ridge.band.residuals) for chunk in chunks])
        fit_error_curve(doubt, rmse_ev).save(self.folder / ERRORS)

    def predict_homo(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the HOMO by the fit to it alone: (n_molecules,) float64 [eV]. The levels' own HOMO is another number."""
        chunks = [geometries[k : k + CHUNK] for k in range(0, len(geometries), CHUNK)]
        return np.concatenate([self.ridge.homo(self.features(c), self.ridge.training)[:, 0] for c in chunks])

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return spectra_of_levels(self.predict_levels(geometries))


def doubt_of(distances: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """Return how doubtful an answer is: how far the nearest training molecules are, times what the fit leaves of them.

    Parameters
    ----------
    distances : (n_molecules, n_training)
    residuals : (n_training,) [eV]

    Returns
    -------
    (n_molecules,), to be made an error by `ErrorCurve`.
    """
    n = min(N_NEIGHBOURS, distances.shape[1])
    nearest = np.argpartition(distances, n - 1, axis=1)[:, :n]
    return np.take_along_axis(distances, nearest, axis=1).mean(axis=1) * residuals[nearest].mean(axis=1)
