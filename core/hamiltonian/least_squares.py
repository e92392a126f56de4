"""Damped Gauss-Newton steps over the parameters of one or several crystals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from core.hamiltonian.residuals import Observed, band_residuals, density_residuals
from core.machine.progress import ShouldCancel, never_cancel

MAX_STEPS, CONVERGED = 25, 3e-3  # steps; relative fall of the loss below which it is done
LEAST_GAIN = 4e-9  # eV^2: errors that fall by so little are of no interest
MAX_REFUSED = 5  # steps in a row that make the loss no smaller
DAMPING, LEAST_DAMPING = 1e-2, 1e-7


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a fit ended.

    Attributes
    ----------
    parameters : (n_parameters,) float64
    losses : tuple of float [eV^2]
        After each step, the start first.
    curvature : (n_parameters, n_parameters) float64
        J^T J of the data at the end, without the pull to the prior.
    """

    parameters: np.ndarray
    losses: tuple[float, ...]
    curvature: np.ndarray


def loss_of(parts: Sequence[Observed], parameters: np.ndarray, prior: np.ndarray, pull: np.ndarray) -> float:
    """Return the sum of squares: bands, local densities, pull to the prior."""
    total = float(pull @ (parameters - prior) ** 2)
    for part in parts:
        for residuals in (band_residuals, density_residuals):
            errors, _ = residuals(part, parameters, jacobian=False)
            total += float(errors @ errors) / len(parts)
    return total


def normal_equations(parts: Sequence[Observed], parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return J^T J, J^T r and r^T r of the data."""
    matrix, vector, total = np.zeros((len(parameters),) * 2), np.zeros(len(parameters)), 0.0
    for part in parts:
        for residuals in (band_residuals, density_residuals):
            errors, jacobian = residuals(part, parameters)
            if jacobian is None or not len(errors):
                continue
            matrix += jacobian.T @ jacobian / len(parts)
            vector += jacobian.T @ errors / len(parts)
            total += float(errors @ errors) / len(parts)
    return matrix, vector, total


def minimise(
    parts: Sequence[Observed],
    start: np.ndarray,
    *,
    prior: np.ndarray,
    pull: np.ndarray,
    max_steps: int = MAX_STEPS,
    should_cancel: ShouldCancel = never_cancel,
) -> Solution:
    """Return the parameters that make the sum of squares small (Levenberg and Marquardt).

    Parameters
    ----------
    prior, pull : (n_parameters,)
        Adds sum of pull (parameters - prior)^2 to the loss; what the data do not determine stays at the prior.
    """
    parameters, damping = np.array(start, float), DAMPING
    matrix, vector, total = normal_equations(parts, parameters)
    losses = [total + float(pull @ (parameters - prior) ** 2)]
    for _ in range(max_steps):
        slope = vector + pull * (parameters - prior)
        is_better, n_refused = False, 0
        while not is_better and n_refused < MAX_REFUSED and not should_cancel():
            damped = matrix + np.diag(pull + damping * (np.diag(matrix) + 1e-6 * np.trace(matrix) / len(matrix)))
            proposed = parameters - cho_solve(cho_factor(damped), slope)
            loss = loss_of(parts, proposed, prior, pull)
            is_better = loss < losses[-1]
            damping = max(LEAST_DAMPING, damping / 5) if is_better else damping * 8
            n_refused += not is_better
        if not is_better:
            break
        parameters = proposed
        losses.append(loss)
        matrix, vector, _ = normal_equations(parts, parameters)
        if losses[-2] - losses[-1] < max(CONVERGED * losses[-2], LEAST_GAIN):
            break
    return Solution(parameters, tuple(losses), matrix)
