"""Raw measures of uncertainty: how far a molecule lies from all that a learner was trained on.

In the learner's own space: a network's features, as in Janet et al., Chem. Sci. 2019 (doi 10.1039/C9SC02298H), or a
kernel's distances.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

N_WHITENED = 16  # principal components of a network's features that distances are measured in
N_NEAREST_FEATURES = 5
N_NEAREST_KERNEL = 20
DISTANCES_AT_ONCE = 1024  # molecules whose distances to all training molecules are in memory: 90 MB


class Estimator(Protocol):
    """A learner's raw measure of uncertainty, made of what the learner has of each molecule while it predicts."""

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the measure, in any unit, larger where the learner is likelier to be wrong.

        Parameters
        ----------
        inputs : (n_molecules, n_inputs)
            The learner's features of each molecule, or its distances to the training molecules.

        Returns
        -------
        (n_molecules,)
        """
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what must be kept of it on disk, by name: nothing where it follows from the learner's weights."""
        ...


@dataclass(frozen=True, eq=False)
class FeatureDistance:
    """Distance to the nearest training molecules in a network's whitened features.

    Attributes
    ----------
    mean, projection : (n_features,), (n_features, N_WHITENED)
        Whitening by the training set's principal components.
    training : (n_training, N_WHITENED) float32
        Whitened training molecules.
    """

    mean: np.ndarray
    projection: np.ndarray
    training: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the mean distance of features (n_molecules, n_features) to the N_NEAREST_FEATURES nearest."""
        import torch

        points = torch.from_numpy((inputs - self.mean) @ self.projection)
        training = torch.from_numpy(self.training).to(points.dtype)
        # all against all: some ten thousand points in 16 dimensions are searched faster so than by a tree
        chunks = points.split(DISTANCES_AT_ONCE)
        nearest = [torch.cdist(chunk, training).topk(N_NEAREST_FEATURES, largest=False).values for chunk in chunks]
        return torch.cat(nearest).mean(1).numpy()

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Estimator.arrays`."""
        return {"mean": self.mean, "projection": self.projection, "training": self.training}


def fit_feature_distance(training: np.ndarray) -> FeatureDistance:
    """Return the measure of distance from training molecules of these features, (n_training, n_features)."""
    mean = training.mean(0)
    _, scale, axes = np.linalg.svd(training - mean, full_matrices=False)
    n = min(N_WHITENED, int((scale > 1e-6 * scale[0]).sum()))
    projection = axes[:n].T / (scale[:n] / np.sqrt(len(training)))
    return FeatureDistance(mean, projection, (training - mean) @ projection)


@dataclass(frozen=True, eq=False)
class NeighbourResidual:
    """How far the nearest training molecules are, times what the fit leaves of them.

    Attributes
    ----------
    residuals : (n_training,) [eV]
        What is left of each training molecule.
    """

    residuals: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the product of the means over the N_NEAREST_KERNEL nearest, of distances (n_molecules, n_training)."""
        n = min(N_NEAREST_KERNEL, inputs.shape[1])
        nearest = np.argpartition(inputs, n - 1, axis=1)[:, :n]
        measure: np.ndarray = np.take_along_axis(inputs, nearest, axis=1).mean(axis=1) * self.residuals[nearest].mean(
            axis=1
        )
        return measure

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Estimator.arrays`."""
        return {}
