"""A Gaussian process over levels: the correction of each, and its uncertainty, from some tens to some ten thousand labels."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from sklearn.cluster import MiniBatchKMeans
from sklearn.model_selection import GroupKFold

from core.machine.cores import count_cores
from core.models.delta.inputs import LevelInputs

N_FEATURE_COMPONENTS = 16  # principal components of the atoms' features that count
MOST_SEARCHED = 1500  # levels that the kernel is chosen on
MOST_CENTRES = 600  # points that the process is carried by: of fewer levels, all of them
KERNEL_LENGTHS, KERNEL_SLOPES, KERNEL_NOISES = (3.0, 6.0, 12.0, 24.0), (0.003, 0.03, 0.3), (0.003, 0.01, 0.03, 0.1, 0.3)
N_LEFT_OUT_FOLDS = 5
NEVER_MET = 0.1  # what an element that no label holds is scaled by: a level on it lies far from all others
JITTER = 1e-8
PREDICTED_AT_ONCE = 256  # levels: their kernel, 1.2 MB, stays in the cache; with 4096 it takes eight times as long
PROCESS_SEED = 1


@dataclass(frozen=True)
class Kernel:
    """Covariance of two corrections: height (exp(-d^2 / (2 length^2)) + slope (1 + x . y)), and noise of each.

    Attributes
    ----------
    height : float [eV^2]
    length, slope : float
    noise : float [eV^2]
    """

    height: float
    length: float
    slope: float
    noise: float

    def __call__(self, points: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the covariance (n, m) [eV^2] between points (n, k) and (m, k), without noise."""
        products = points @ others.T
        squares = np.square(points).sum(1)[:, None] + np.square(others).sum(1) - 2 * products
        near = np.exp(-0.5 * np.maximum(squares, 0.0) / self.length**2)
        covariance: np.ndarray = self.height * (near + self.slope * (1 + products))
        return covariance

    def variance(self, points: np.ndarray) -> np.ndarray:
        """Return the variance (n,) [eV^2] at points (n, k) before anything is known, without noise."""
        variance: np.ndarray = self.height * (1 + self.slope * (1 + np.square(points).sum(1)))
        return variance


@dataclass(frozen=True, eq=False)
class LevelProcess:
    """Corrections of levels: a line, and beyond it a Gaussian process carried by some centres (projected process, Seeger 2003).

    Attributes
    ----------
    line : (2,) slope and intercept [eV] of the corrected level against the level
    mean, scale : (n_described,) by which what is described is brought to zero mean and unit variance
    feature_mean, components : (n_features,), (n_features, N_FEATURE_COMPONENTS)
        Principal components of the atoms' features, of unit variance.
    centres : (n_centres, n_inputs)
    dual : (n_centres,) [eV]
    spread : (n_centres, n_centres)
        What a centre's kernel takes off the variance, two at a time.
    kernel : (4,) height [eV^2], length, slope, noise [eV^2]: see `Kernel`
    """

    line: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    feature_mean: np.ndarray
    components: np.ndarray
    centres: np.ndarray
    dual: np.ndarray
    spread: np.ndarray
    kernel: np.ndarray

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted."""
        return self.dual.size + len(self.kernel) + len(self.line)

    def __call__(self, inputs: LevelInputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the corrected levels (n_levels,) [eV] and the standard deviation (n_levels,) [eV] of each, noise included."""
        points, kernel = self.project(inputs), Kernel(*self.kernel)
        levels, errors = np.polyval(self.line, inputs.energies_ev), np.empty(len(inputs))

        def predict(start: int) -> None:
            some = slice(start, start + PREDICTED_AT_ONCE)
            near = kernel(points[some], self.centres)
            levels[some] += near @ self.dual
            explained = ((near @ self.spread) * near).sum(1)
            errors[some] = np.sqrt(np.maximum(kernel.variance(points[some]) - explained, 0.0) + kernel.noise)

        with ThreadPoolExecutor(count_cores()) as pool:
            list(pool.map(predict, range(0, len(inputs), PREDICTED_AT_ONCE)))
        return levels, errors

    def project(self, inputs: LevelInputs) -> np.ndarray:
        """Return inputs as points (n_levels, n_inputs) that the kernel measures distances between."""
        return np.column_stack(
            [(inputs.described - self.mean) / self.scale, (inputs.features - self.feature_mean) @ self.components]
        )


def fit_process(inputs: LevelInputs, levels_ev: np.ndarray) -> LevelProcess:
    """Return the process that brings levels to others (n_levels,) [eV], fitted to pairs of them."""
    line = np.polyfit(inputs.energies_ev, levels_ev, 1)
    rest = levels_ev - np.polyval(line, inputs.energies_ev)
    mean, scale = inputs.described.mean(0), inputs.described.std(0)
    scale[scale < 1e-6] = NEVER_MET
    feature_mean, components = principal(inputs.features)
    nothing = np.zeros(0)
    draft = LevelProcess(line, mean, scale, feature_mean, components, nothing, nothing, nothing, nothing)
    points = draft.project(inputs)
    kernel = search_kernel(points, rest, inputs.molecules)
    centres = choose_centres(points)
    within, across = kernel(centres, centres), kernel(centres, points)
    within[np.diag_indices_from(within)] += JITTER * np.trace(within) / len(within)
    total = cho_factor(kernel.noise * within + across @ across.T)
    spread = cho_solve(cho_factor(within), np.eye(len(centres))) - kernel.noise * cho_solve(total, np.eye(len(centres)))
    return replace(
        draft,
        centres=centres,
        dual=cho_solve(total, across @ rest),
        spread=spread,
        kernel=np.array(list(vars(kernel).values())),
    )


def search_kernel(points: np.ndarray, rest_ev: np.ndarray, molecules: np.ndarray) -> Kernel:
    """Return the kernel under which molecules left out are likeliest, on about MOST_SEARCHED of the levels.

    The levels of one molecule err alike: a kernel chosen by the likelihood of all levels together reaches from one level of a
    molecule to the next, and no further. Its height is what makes the errors of those left out as large as expected.
    """
    order = np.random.default_rng(PROCESS_SEED).permutation(np.unique(molecules))
    wanted = max(N_LEFT_OUT_FOLDS, round(len(order) * MOST_SEARCHED / len(points)))
    some = np.isin(molecules, order[:wanted])
    points, rest_ev, molecules = points[some], rest_ev[some], molecules[some]
    folds = list(GroupKFold(min(N_LEFT_OUT_FOLDS, len(np.unique(molecules)))).split(points, groups=molecules))

    def best(lengths: Sequence[float], slopes: Sequence[float], noises: Sequence[float]) -> Kernel:
        found = []
        for length, slope, noise in product(lengths, slopes, noises):
            density, height = left_out_density(Kernel(1.0, length, slope, noise), points, rest_ev, folds)
            found.append((density, Kernel(height, length, slope, noise * height)))
        return max(found, key=lambda x: x[0])[1]

    first = best(KERNEL_LENGTHS, KERNEL_SLOPES[1:2], KERNEL_NOISES)  # the slope matters least
    return best([first.length], KERNEL_SLOPES, [first.noise / first.height])


def left_out_density(
    kernel: Kernel, points: np.ndarray, rest_ev: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, float]:
    """Return the mean log density of each fold's levels given the others, and the height [eV^2] at which it is largest."""
    errors, variances = [], []
    for known, left_out in folds:
        lower = cholesky(kernel(points[known], points[known]) + kernel.noise * np.eye(len(known)), lower=True)
        near = solve_triangular(lower, kernel(points[known], points[left_out]), lower=True)
        errors.append(rest_ev[left_out] - near.T @ solve_triangular(lower, rest_ev[known], lower=True))
        variances.append(kernel.variance(points[left_out]) - np.square(near).sum(0) + kernel.noise)
    error, variance = np.concatenate(errors), np.maximum(np.concatenate(variances), JITTER)
    height = float(np.mean(error**2 / variance))
    return float(-0.5 * (np.log(2 * np.pi * height) + np.mean(np.log(variance)) + 1)), height


def choose_centres(points: np.ndarray) -> np.ndarray:
    """Return the points themselves where they are few, else the centres of MOST_CENTRES clusters."""
    if len(points) <= MOST_CENTRES:
        return points
    clusters = MiniBatchKMeans(MOST_CENTRES, n_init=1, random_state=PROCESS_SEED, batch_size=4096).fit(points)
    centres: np.ndarray = clusters.cluster_centers_
    return centres


def principal(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (n_features,), and the first components (n_features, N_FEATURE_COMPONENTS) of unit variance, then zeros."""
    mean = features.mean(0)
    _, scale, axes = np.linalg.svd(features - mean, full_matrices=False)
    n = min(N_FEATURE_COMPONENTS, int((scale > 1e-6 * max(scale[0], 1e-12)).sum()))
    components = np.zeros((features.shape[1], N_FEATURE_COMPONENTS))
    components[:, :n] = axes[:n].T / (scale[:n] / np.sqrt(len(features)))
    return mean, components
