"""Raw measures of uncertainty: how far a molecule lies from all that a learner was trained on.

In the learner's own space: a network's features, of the molecule or of each atom, as in Janet et al., Chem. Sci. 2019
(doi 10.1039/C9SC02298H), or a kernel's distances.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

N_WHITENED = 16  # principal components of a network's features that distances between molecules are measured in
N_WHITENED_ATOMS = 48  # and between atoms: half of the tight-binding network's features
N_NEAREST_FEATURES = 5
N_NEAREST_KERNEL = 20
DISTANCES_AT_ONCE = 1024  # molecules whose distances to all training molecules are in memory: 90 MB
N_CENTRES, POINTS_A_CENTRE, MOST_CLUSTERED = 1500, 3, 20_000  # of the atoms of one element
KMEANS_SEED = 1
FEWEST_HEAVY = 5  # heavy atoms: smaller molecules err as much as these at the same distance


class Estimator(Protocol):
    """A learner's raw measure of uncertainty, made of what the learner has of each molecule while it predicts."""

    def __call__(self, inputs: Any) -> np.ndarray:  # noqa: ANN401 - what its own learner has
        """Return the measure, in any unit, larger where the learner is likelier to be wrong.

        Parameters
        ----------
        inputs : (n_molecules, n_inputs), or AtomFeatures
            The learner's features of each molecule or atom, or its distances to the training molecules.

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
    mean, projection = whiten(training, N_WHITENED)
    return FeatureDistance(mean, projection, (training - mean) @ projection)


@dataclass(frozen=True, eq=False)
class AtomFeatures:
    """What a network knows of each atom of some molecules, one molecule after another.

    Attributes
    ----------
    numbers : (n_atoms,) int
        Atomic numbers.
    features : (n_atoms, n_features) float32
    sizes : (n_molecules,) int
        Atoms of each molecule.
    """

    numbers: np.ndarray
    features: np.ndarray
    sizes: np.ndarray

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def molecule(self) -> np.ndarray:
        """(n_atoms,) the place of the molecule that each atom is of."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def n_heavy(self) -> np.ndarray:
        """(n_molecules,) heavy atoms of each."""
        return np.bincount(self.molecule, self.numbers > 1, minlength=len(self.sizes))

    @cached_property
    def is_counted(self) -> np.ndarray:
        """(n_atoms,) bool: a molecule is judged by its heavy atoms, or by all where it has none."""
        counted: np.ndarray = (self.numbers > 1) | (self.n_heavy[self.molecule] == 0)
        return counted

    @property
    def counted(self) -> "AtomFeatures":
        """The atoms that count alone: the others need no distance."""
        some = self.is_counted
        sizes = np.bincount(self.molecule[some], minlength=len(self))
        return AtomFeatures(self.numbers[some], self.features[some], sizes)


def join_atoms(parts: list[AtomFeatures]) -> AtomFeatures:
    """Return the atoms of several lots of molecules as one."""
    return AtomFeatures(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("numbers", "features", "sizes"))
    )


@dataclass(frozen=True, eq=False)
class AtomDistance:
    """How far a molecule's atoms lie from those of their element in the training molecules: a foreign group shows in its atoms.

    In a molecule's mean features, a foreign group in familiar company hardly shows: of 2,854 molecules with groups that QM9
    lacks, those with an error above 0.15 eV were told from the others with an AUROC of 0.83 by the mean, of 0.93 by atoms.

    Attributes
    ----------
    elements : (n_elements,) atomic numbers
    mean, projection : (n_elements, n_features), (n_elements, n_features, N_WHITENED_ATOMS)
        Whitening by the principal components of the element's training atoms.
    centres : (n_centres, N_WHITENED_ATOMS) float32
        Whitened centres of the training atoms, found by k-means.
    owner : (n_centres,)
        Which element each is of.
    size_power : (1,)
        At the same distance larger molecules err more: the measure grows with that power of the number of heavy atoms.
    """

    elements: np.ndarray
    mean: np.ndarray
    projection: np.ndarray
    centres: np.ndarray
    owner: np.ndarray
    size_power: np.ndarray = field(default_factory=lambda: np.zeros(1))

    def __call__(self, inputs: AtomFeatures) -> np.ndarray:
        """Return `of_molecules`, times the factor that their size brings."""
        measure: np.ndarray = self.of_molecules(inputs) * size_of(inputs) ** self.size_power[0]
        return measure

    def of_molecules(self, inputs: AtomFeatures) -> np.ndarray:
        """Return the root mean square of `of_atoms` over the atoms of each molecule that count."""
        counted = inputs.counted
        total = np.bincount(counted.molecule, self.of_atoms(counted) ** 2, minlength=len(inputs))
        n_counted = np.bincount(counted.molecule, minlength=len(inputs))
        distance: np.ndarray = np.sqrt(total / n_counted)
        return distance

    def whitened(self, element: int, features: np.ndarray) -> "Tensor":
        """Return features (..., n_features) of atoms of the element at a place in `elements` as (..., N_WHITENED_ATOMS).

        By torch, in the threads that it is left: NumPy's own would get in their way.
        """
        import torch

        projection = torch.from_numpy(self.projection[element])
        return torch.from_numpy(features - self.mean[element]).to(projection.dtype) @ projection

    @cached_property
    def centres_of_elements(self) -> "list[Tensor]":
        """The centres (n, N_WHITENED_ATOMS) of each element."""
        import torch

        return [torch.from_numpy(self.centres[self.owner == k]) for k in range(len(self.elements))]

    def of_atoms(self, inputs: AtomFeatures) -> np.ndarray:
        """Return (n_atoms,) the distance of each atom to the nearest centre of its element; infinite for another element."""
        import torch

        distances = np.full(len(inputs.numbers), np.inf)
        for k, (number, centres) in enumerate(zip(self.elements.astype(int), self.centres_of_elements, strict=True)):
            rows = np.flatnonzero(inputs.numbers == number)
            if len(rows):
                points = self.whitened(k, inputs.features[rows]).to(centres.dtype)
                nearest = [torch.cdist(chunk, centres).min(1).values for chunk in points.split(DISTANCES_AT_ONCE)]
                distances[rows] = torch.cat(nearest).numpy()
        return distances

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Estimator.arrays`; the centres, the most of it, in half precision, to which they were rounded when found."""
        names = ("elements", "mean", "projection", "owner", "size_power")
        return {name: getattr(self, name) for name in names} | {"centres": self.centres.astype(np.float16)}


def fit_atom_distance(training: AtomFeatures) -> AtomDistance:
    """Return the measure of distance from the atoms of training molecules."""
    from sklearn.cluster import MiniBatchKMeans  # a second to import, and only a training needs it

    rng = np.random.default_rng(KMEANS_SEED)
    elements = np.unique(training.numbers)
    fitted: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number in elements:
        rows = np.flatnonzero(training.numbers == number)
        some = training.features[rng.choice(rows, min(len(rows), MOST_CLUSTERED), replace=False)]
        mean, projection = whiten(some, N_WHITENED_ATOMS)
        points = (some - mean) @ projection
        n_centres = max(1, min(N_CENTRES, len(points) // POINTS_A_CENTRE))
        clusters = MiniBatchKMeans(n_centres, n_init=1, random_state=KMEANS_SEED, batch_size=4096).fit(points)
        fitted.append((mean, projection, clusters.cluster_centers_))
    means, projections, centres = zip(*fitted, strict=True)
    owner = np.repeat(np.arange(len(elements)), [len(c) for c in centres])
    rounded = np.concatenate(centres).astype(np.float16).astype(np.float32)
    return AtomDistance(elements, np.stack(means), np.stack(projections), rounded, owner)


def fit_size_power(estimator: AtomDistance, inputs: AtomFeatures, rmse_ev: np.ndarray) -> AtomDistance:
    """Return the estimator with the power of size that fits validation molecules' errors (n_validation,) [eV] best.

    Least squares of the logarithms of error, distance and size; molecules without an error or a distance are left out.
    """
    distances = estimator.of_molecules(inputs)
    some = (distances > 0) & np.isfinite(distances) & (rmse_ev > 0)
    logs = np.column_stack([np.log(distances[some]), np.log(size_of(inputs)[some]), np.ones(some.sum())])
    (by_distance, by_size, _), *_ = np.linalg.lstsq(logs, np.log(rmse_ev[some]))
    power = by_size / by_distance if by_distance > 0 else 0.0
    return replace(estimator, size_power=np.array([max(0.0, power)]))


def size_of(inputs: AtomFeatures) -> np.ndarray:
    """Return (n_molecules,) what stands for the size of each: its heavy atoms, no fewer than FEWEST_HEAVY."""
    size: np.ndarray = np.maximum(inputs.n_heavy, FEWEST_HEAVY)
    return size


def whiten(points: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (n_features,) and projection (n_features, n_components) to principal components, each of unit variance.

    Components that do not vary, as those of few points, are zeros.
    """
    mean = points.mean(0)
    _, scale, axes = np.linalg.svd(points - mean, full_matrices=False)
    n = min(n_components, int((scale > 1e-6 * scale[0]).sum()))
    projection = np.zeros((points.shape[1], n_components))
    projection[:, :n] = axes[:n].T / (scale[:n] / np.sqrt(len(points)))
    return mean, projection


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
