"""Kernel ridge regression: a molecule's band as a weighted sum over its likeness to every training molecule.

As in Stuke et al. 2019 (doi 10.1063/1.5086105), there for the HOMO: Gaussian or Laplacian kernel on the Coulomb matrix or on
the many-body tensor representation. One kernel serves the 16 levels; the HOMO alone has a second fit of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy.linalg import cho_factor, cho_solve

from core.errors import ModelError
from core.features.coulomb_matrix import SortedCoulombMatrix
from core.features.mbtr import ManyBodyTensor
from core.features.protocol import Featurizer
from core.files import whole_file
from core.structure.geometry import Geometry

KERNEL_FILE = "kernel_ridge.safetensors"
GAUSSIAN, LAPLACIAN = "gaussian", "laplacian"
COULOMB_MATRIX, MBTR = "coulomb_matrix", "mbtr"
STEPS = 65535  # of the 16-bit integers in which training vectors are kept


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Geometries to the vectors whose distances count.

    Attributes
    ----------
    representation : str
        COULOMB_MATRIX or MBTR.
    settings : dict
        n_atoms of the Coulomb matrix, elements of the tensor.
    mean, axes : (n_features,), (n_features, n_components) float32, or None
        Principal components of the training molecules, onto which long vectors are projected.
    """

    representation: str
    settings: dict[str, Any]
    mean: np.ndarray | None = None
    axes: np.ndarray | None = None

    @cached_property
    def featurizer(self) -> Featurizer:
        """What makes features of geometries, with the settings it was fitted with."""
        if self.representation == COULOMB_MATRIX:
            return SortedCoulombMatrix(**self.settings)
        return ManyBodyTensor(**self.settings)

    def __call__(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return (n_molecules, n_components) float64."""
        return self.project(self.featurizer(geometries))

    def project(self, features: np.ndarray) -> np.ndarray:
        """Return the vectors of features that are there already."""
        if self.mean is None or self.axes is None:
            return features.astype(np.float64)
        projected: np.ndarray = ((features - self.mean) @ self.axes).astype(np.float64)
        return projected


@dataclass(frozen=True, eq=False)
class KernelFit:
    """A fitted sum over the training molecules.

    Attributes
    ----------
    kernel : str
        GAUSSIAN, exp(-d^2 / 2 width^2) of the Euclidean distance d, or LAPLACIAN, exp(-d / width) of the Manhattan distance.
    width : float
        In the unit of the features.
    alpha : float
        Regularisation, added to the kernel's diagonal.
    dual : (n_training, n_outputs) float32 [eV]
    offset : (n_outputs,) float32 [eV]
        Mean over the training molecules, to which the sum is added.
    """

    kernel: str
    width: float
    alpha: float
    dual: np.ndarray
    offset: np.ndarray

    def __call__(self, vectors: np.ndarray, training: np.ndarray) -> np.ndarray:
        """Return (n_molecules, n_outputs) float64 [eV]."""
        return self.at_distances(pair_distances(self.kernel, vectors, training))

    def at_distances(self, distances: np.ndarray) -> np.ndarray:
        """Return the same from the distances (n_molecules, n_training) to the training molecules.

        In double precision, as large terms of either sign cancel.
        """
        predicted: np.ndarray = (
            kernel_of(self.kernel, distances, self.width) @ self.dual.astype(np.float64) + self.offset
        )
        return predicted

    @cached_property
    def residuals(self) -> np.ndarray:
        """Return what is left of each training molecule (n_training,) [eV], the mean over the outputs: alpha times dual."""
        residuals: np.ndarray = self.alpha * np.abs(self.dual.astype(np.float64)).mean(axis=1)
        return residuals

    def of_output(self, k: int) -> "KernelFit":
        """Return the fit of one output alone."""
        return replace(self, dual=self.dual[:, [k]], offset=self.offset[[k]])


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """All that a trained learner is.

    Attributes
    ----------
    training : (n_training, n_components) float64
        Vectors of the training molecules, as `round_vectors` leaves them.
    band, homo : KernelFit
        Of the 16 levels, and of the HOMO alone.
    elements : tuple of str
        What the training molecules consist of.
    n_heavy : int or None
        Heavy atoms of the largest training molecule, where larger ones are outside the domain.
    """

    space: FeatureSpace
    training: np.ndarray
    band: KernelFit
    homo: KernelFit
    elements: tuple[str, ...]
    n_heavy: int | None

    def save(self, path: Path) -> None:
        """Write a safetensors file: vectors as 16-bit integers, kernels and settings as JSON in its header."""
        steps, low, step = to_steps(self.training)
        tensors = {"training": steps, "range": np.array([low, step])}
        for name, fit in self.fits.items():
            tensors |= {f"{name}_dual": fit.dual, f"{name}_offset": fit.offset}
        if self.space.mean is not None and self.space.axes is not None:
            tensors |= {"mean": self.space.mean, "axes": self.space.axes.astype(np.float16)}
        header = {
            "representation": self.space.representation,
            "settings": self.space.settings,
            "elements": self.elements,
            "n_heavy": self.n_heavy,
            "fits": {n: {"kernel": f.kernel, "width": f.width, "alpha": f.alpha} for n, f in self.fits.items()},
        }
        with whole_file(path) as draft:
            save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, draft, {"config": json.dumps(header)})

    @property
    def fits(self) -> dict[str, KernelFit]:
        """The fits, by what they predict."""
        return {"band": self.band, "homo": self.homo}

    @classmethod
    def load(cls, path: Path) -> "KernelRidge":
        """Return what `save` wrote, to the last bit.

        Raises
        ------
        ModelError
            If the file is missing or is something else.
        """
        try:
            with safe_open(path, framework="np") as stored:
                header = json.loads(stored.metadata()["config"])
                tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 - not a dict
            axes = tensors["axes"].astype(np.float32) if "axes" in tensors else None
            space = FeatureSpace(header["representation"], header["settings"], tensors.get("mean"), axes)
            fits = {
                name: KernelFit(**kernel, dual=tensors[f"{name}_dual"], offset=tensors[f"{name}_offset"])
                for name, kernel in header["fits"].items()
            }
            training = from_steps(tensors["training"], *tensors["range"])
            return cls(space, training, **fits, elements=tuple(header["elements"]), n_heavy=header["n_heavy"])
        except (OSError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"{path} is no kernel ridge regression: {error}") from error


def pair_distances(kernel: str, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (n_first, n_second) float64 distances: Euclidean for the Gaussian kernel, Manhattan for the Laplacian."""
    if kernel == GAUSSIAN:
        from sklearn.metrics.pairwise import euclidean_distances

        distances: np.ndarray = euclidean_distances(first, second)
        return distances
    import torch  # twice as fast as SciPy's cdist

    return torch.cdist(torch.from_numpy(first), torch.from_numpy(second), p=1).numpy()


def kernel_of(kernel: str, distances: np.ndarray, width: float) -> np.ndarray:
    """Return the kernel of distances."""
    scaled = distances / width
    if kernel == GAUSSIAN:
        np.square(scaled, out=scaled)
        scaled *= 0.5
    return np.exp(-scaled, out=scaled)


def solve_dual(likeness: np.ndarray, targets: np.ndarray, *, alpha: float) -> np.ndarray:
    """Return (n_training, n_outputs): the solution of (kernel + alpha 1) dual = targets. The kernel is overwritten."""
    likeness.flat[:: len(likeness) + 1] += alpha
    # the transpose of a symmetric matrix is itself, in the order of memory that LAPACK overwrites
    dual: np.ndarray = cho_solve(cho_factor(likeness.T, lower=True, overwrite_a=True, check_finite=False), targets)
    return dual


def to_steps(vectors: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return vectors as 16-bit integers, with the value of 0 and of one step: half of float32's size, evenly fine."""
    low = float(vectors.min())
    step = (float(vectors.max()) - low) / STEPS or 1.0
    return np.rint((vectors - low) / step).astype(np.uint16), low, step


def from_steps(steps: np.ndarray, low: float, step: float) -> np.ndarray:
    """Return the float64 vectors of 16-bit integers."""
    return low + step * steps.astype(np.float64)


def round_vectors(vectors: np.ndarray) -> np.ndarray:
    """Return the vectors as a file would give them back: what is fitted to these is what is loaded."""
    return from_steps(*to_steps(vectors))
