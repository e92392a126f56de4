"""The error to expect of a prediction: from how far a molecule lies from all that the model was trained on.

Distance to the nearest training molecules in the learner's own space (a network's features, a kernel's vectors), as in
Janet et al., Chem. Sci. 2019 (doi 10.1039/C9SC02298H), turned into an RMSE by a monotone fit on validation molecules.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.isotonic import IsotonicRegression

from core.errors import ModelError
from core.files import whole_file

N_COMPONENTS = 16
N_NEIGHBOURS = 5
N_KNOTS = 10
CHUNK = 1024  # molecules whose distances to all training molecules are in memory at a time: 90 MB


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """Distance from the training molecules, or another measure of doubt, to expected RMSE.

    Attributes
    ----------
    knots, rmse_ev : (n_knots,) distance and expected RMSE [eV], both ascending
    """

    knots: np.ndarray
    rmse_ev: np.ndarray

    def __call__(self, distance: np.ndarray) -> np.ndarray:
        """Return expected RMSE of the band [eV]: (n_molecules,) -> (n_molecules,).

        Beyond the last knot it grows in proportion to the distance: nothing was checked there.
        """
        inside = np.interp(distance, self.knots, self.rmse_ev)
        return inside * np.maximum(1.0, distance / self.knots[-1])

    def save(self, path: Path) -> None:
        save_arrays(self, path)

    @classmethod
    def load_if_there(cls, path: Path) -> "ErrorCurve | None":
        """Return None where there is no such file; raises ModelError if it is something else."""
        return load_arrays(cls, path) if path.exists() else None


@dataclass(frozen=True, eq=False)
class ExpectedError:
    """Pooled features to expected RMSE.

    Attributes
    ----------
    mean, projection : (n_features,), (n_features, N_COMPONENTS)
        Whitening by the training set's principal components.
    training : (n_training, N_COMPONENTS) float32
        Whitened training molecules.
    knots, rmse_ev
        See `ErrorCurve`.
    """

    mean: np.ndarray
    projection: np.ndarray
    training: np.ndarray
    knots: np.ndarray
    rmse_ev: np.ndarray

    def __call__(self, pooled: np.ndarray) -> np.ndarray:
        """Return expected RMSE of the band [eV]: (n_molecules, n_features) -> (n_molecules,)."""
        return ErrorCurve(self.knots, self.rmse_ev)(self.distance(pooled))

    def distance(self, pooled: np.ndarray) -> np.ndarray:
        """Return the mean distance to the N_NEIGHBOURS nearest training molecules."""
        points = torch.from_numpy((pooled - self.mean) @ self.projection)
        training = torch.from_numpy(self.training).to(points.dtype)
        # all against all: some ten thousand points in 16 dimensions are searched faster so than by a tree
        nearest = [torch.cdist(some, training).topk(N_NEIGHBOURS, largest=False).values for some in points.split(CHUNK)]
        return torch.cat(nearest).mean(1).numpy()

    def save(self, path: Path) -> None:
        save_arrays(self, path)

    @classmethod
    def load_if_there(cls, path: Path) -> "ExpectedError | None":
        """Return None where there is no such file: a model that is being made has none yet."""
        return load_arrays(cls, path) if path.exists() else None


Stored = TypeVar("Stored", ErrorCurve, ExpectedError)


def save_arrays(value: ErrorCurve | ExpectedError, path: Path) -> None:
    """Write all fields to a safetensors file."""
    arrays = {f.name: np.ascontiguousarray(getattr(value, f.name), np.float32) for f in fields(value)}
    with whole_file(path) as draft:
        save_file(arrays, draft)


def load_arrays(kind: type[Stored], path: Path) -> Stored:
    """Return what `save_arrays` wrote; raises ModelError if the file is something else."""
    try:
        return kind(**load_file(path))
    except (OSError, TypeError, SafetensorError) as error:
        raise ModelError(f"{path} holds no expected errors: {error}") from error


def fit_expected_error(training: np.ndarray, validation: np.ndarray, rmse_ev: np.ndarray) -> ExpectedError:
    """Calibrate on validation molecules.

    Parameters
    ----------
    training : (n_training, n_features) pooled features
    validation : (n_validation, n_features)
    rmse_ev : (n_validation,)
        Each validation molecule's RMSE over its band [eV].
    """
    mean = training.mean(0)
    _, scale, axes = np.linalg.svd(training - mean, full_matrices=False)
    n = min(N_COMPONENTS, int((scale > 1e-6 * scale[0]).sum()))
    projection = axes[:n].T / (scale[:n] / np.sqrt(len(training)))
    one = np.ones(1)
    bare = ExpectedError(mean, projection, (training - mean) @ projection, one, one)
    curve = fit_error_curve(bare.distance(validation), rmse_ev)
    return ExpectedError(mean, projection, bare.training, curve.knots, curve.rmse_ev)


def fit_error_curve(distance: np.ndarray, rmse_ev: np.ndarray) -> ErrorCurve:
    """Return the monotone curve through validation molecules' distances and RMSEs [eV], both (n_validation,)."""
    order = np.argsort(distance)
    bins = np.array_split(order, min(N_KNOTS, len(order)))  # the mean square, not the mean: an RMSE is promised
    knots = np.array([distance[b].mean() for b in bins])
    measured = np.array([np.sqrt(np.mean(rmse_ev[b] ** 2)) for b in bins])
    return ErrorCurve(knots, IsotonicRegression().fit(knots, measured).predict(knots))
