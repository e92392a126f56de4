"""Choose the kernel, its width and its regularisation by cross-validation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold

from core.json_lines import Record
from core.models.kernel_ridge.kernel import GAUSSIAN, LAPLACIAN, KernelFit, kernel_of, pair_distances, solve_dual

N_SEARCH = 1500  # training molecules at most for choosing the kernel, so that it takes a minute
N_REFINE = 6000  # for its width and alpha, which go down as molecules are added: five minutes
N_FOLDS = 5
WIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0)  # in median distances between training molecules
ALPHAS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
N_TRIALS = len(WIDTHS) * len(ALPHAS)  # of a kernel

ReportTrial = Callable[[str, int, int, Record], None]  # (stage, number of the trial, of all trials, the trial)


@dataclass(frozen=True)
class Trial:
    """One choice of hyperparameters, and its errors on left-out ones of so many training molecules."""

    n_molecules: int
    kernel: str
    width: float
    alpha: float
    rmse_ev: float
    homo_mae_ev: float


def choose(
    vectors: np.ndarray,
    bands: np.ndarray,
    molecules: np.ndarray,
    *,
    seed: int,
    report_trial: ReportTrial,
) -> tuple[Trial, Trial]:
    """Return the best trial for the band and for the HOMO: the kernel on N_SEARCH rows, then the others on N_REFINE.

    Parameters as `cross_validate`; `report_trial` gets the stage, the number of the trial and of all, and the trial.
    """
    order = np.random.default_rng(seed).permutation(len(vectors))
    kernels: Sequence[str] = (GAUSSIAN, LAPLACIAN)
    stages = {"search": order[:N_SEARCH]} | ({"refine": order[:N_REFINE]} if len(order) > N_SEARCH else {})
    for stage, some in stages.items():
        trials: list[Trial] = []
        for trial in cross_validate(vectors[some], bands[some], molecules[some], kernels=kernels):
            trials.append(trial)
            report_trial(stage, len(trials), len(kernels) * N_TRIALS, vars(trial))
        best, best_homo = min(trials, key=lambda t: t.rmse_ev), min(trials, key=lambda t: t.homo_mae_ev)
        kernels = list(dict.fromkeys([best.kernel, best_homo.kernel]))
    return best, best_homo


def cross_validate(
    vectors: np.ndarray, bands: np.ndarray, molecules: np.ndarray, *, kernels: Sequence[str]
) -> Iterator[Trial]:
    """Try every width and alpha of some kernels.

    Parameters
    ----------
    vectors : (n_training, n_components)
    bands : (n_training, 16) [eV]
    molecules : (n_training,) int
        Which molecule a row is of: all its conformers are left out together.

    Yields
    ------
    Trial
        Errors over all rows, each predicted by the fit that it was left out of.
    """
    folds = list(GroupKFold(N_FOLDS).split(vectors, groups=molecules))
    truth = np.concatenate([bands[left_out] for _, left_out in folds])
    for kernel in kernels:
        distances = pair_distances(kernel, vectors, vectors)
        median = float(np.median(distances))
        for factor in WIDTHS:
            likeness = kernel_of(kernel, distances, factor * median)
            for alpha in ALPHAS:
                errors = (
                    np.concatenate([predict_left_out(likeness, bands, fold, alpha=alpha) for fold in folds]) - truth
                )
                yield Trial(
                    len(vectors),
                    kernel,
                    factor * median,
                    alpha,
                    rmse_ev=float(np.sqrt(np.mean(errors**2))),
                    homo_mae_ev=float(np.abs(errors[:, -1]).mean()),
                )


def predict_left_out(
    likeness: np.ndarray, targets: np.ndarray, fold: tuple[np.ndarray, np.ndarray], *, alpha: float
) -> np.ndarray:
    """Return the predictions (n_left_out, n_outputs) of a fit to the others."""
    kept, left_out = fold
    offset = targets[kept].mean(0)
    dual = solve_dual(likeness[np.ix_(kept, kept)], targets[kept] - offset, alpha=alpha)
    predicted: np.ndarray = likeness[np.ix_(left_out, kept)] @ dual + offset
    return predicted


def fit_trial(trial: Trial, distances: np.ndarray, targets: np.ndarray) -> KernelFit:
    """Return the fit to all training molecules with a trial's hyperparameters.

    Parameters
    ----------
    distances : (n_training, n_training)
        By the trial's kernel.
    targets : (n_training, n_outputs) [eV]
    """
    offset = targets.mean(0).astype(np.float32)
    likeness = kernel_of(trial.kernel, distances, trial.width)
    dual = solve_dual(likeness, targets - offset, alpha=trial.alpha).astype(np.float32)
    return KernelFit(trial.kernel, trial.width, trial.alpha, dual, offset)


def trained_rmse(fit: KernelFit, targets: np.ndarray) -> float:
    """Return the RMSE on the training molecules themselves [eV]: alpha times the dual coefficients is what is left."""
    return float(np.sqrt(np.mean((fit.alpha * fit.dual.astype(np.float64)) ** 2)))


def describe_trial(trial: Trial) -> str:
    """Return a trial's hyperparameters in words."""
    return f"{trial.kernel} kernel of width {trial.width:.3g} and alpha {trial.alpha:g}"
