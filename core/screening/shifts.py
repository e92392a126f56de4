"""Rigid shifts: how far each candidate's spectrum must be moved in energy to match the target best."""

import numpy as np

from core.screening.comparison import MIN_STATES, SpectralComparison
from core.spectrum.broaden import STEP_EV

ROWS = 1000  # candidates at a time in the search for the Wasserstein shift: 1000 x 100 float32 stay in the cache
STRIDE = 3  # cumulative distributions are smooth: every third point is enough to find the shift


def fit_shifts(wide: np.ndarray, first: int, comparison: SpectralComparison, *, max_shift_ev: float) -> np.ndarray:
    """Return the shift of each candidate that gives the best score in the window.

    All whole steps of the grid up to `max_shift_ev`, and the next one, are tried: sums over the window of p, p^2 and p t for
    every shift are three matrix products, from which RSE, cosine and Pearson follow. The best is refined between the steps (the
    vertex of the parabola through three points; for Wasserstein, whose valley is V-shaped, the crossing of two lines).
    A fitted shift never costs more than none: to 1e-3, for Wasserstein, whose valley may be uneven, to 0.005 eV.

    Parameters
    ----------
    wide : (n_rows, n_wide) float32 [states/eV]
        Candidates on `core.screening.spectra.wide_grid`, reaching `max_shift_ev` beyond the window on both sides.
    first : int
        Place in it of the window's first point.
    comparison : SpectralComparison
    max_shift_ev : float

    Returns
    -------
    (n_rows,) float64 [eV]; positive = the candidate is moved up in energy. nan rows come back as 0.
    """
    n_steps = int(np.ceil(max_shift_ev / STEP_EV - 1e-9))  # the last may lie beyond, and is cut back
    steps = np.arange(-n_steps, n_steps + 1)
    if comparison.metric == "wasserstein":
        cost = wasserstein_costs(wide, first, comparison.target, steps)
    else:
        cost = moment_costs(wide, first, comparison, steps)
    cost[~np.isfinite(cost)] = np.inf
    best = cost.argmin(axis=1)
    inner = np.clip(best, 1, max(len(steps) - 2, 1))
    shifts = steps[best].astype(np.float64)
    if len(steps) >= 3:
        rows = np.arange(len(cost))
        left, middle, right = (cost[rows, inner + k].astype(np.float64) for k in (-1, 0, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            if comparison.metric == "wasserstein":
                vertex = 0.5 * (left - right) / (np.maximum(left, right) - middle)
            else:
                vertex = 0.5 * (left - right) / (left - 2 * middle + right)
        refined = (best == inner) & np.isfinite(vertex) & (np.abs(vertex) <= 0.5)
        shifts[refined] += vertex[refined]
    shifts[~np.isfinite(cost).any(axis=1)] = 0.0
    shifts_ev: np.ndarray = np.clip(shifts * STEP_EV, -max_shift_ev, max_shift_ev)
    return shifts_ev


def moment_costs(wide: np.ndarray, first: int, comparison: SpectralComparison, steps: np.ndarray) -> np.ndarray:
    """Return (n_rows, n_steps): what falls as the metric at each shift improves (RSE squared, or minus cosine)."""
    target = comparison.target
    n_points = len(target)
    weights = np.zeros((wide.shape[1], len(steps)), dtype=np.float32)
    window = np.zeros_like(weights)
    for k, step in enumerate(
        steps
    ):  # a candidate moved up by `step` shows its point first - step at the window's first
        weights[first - step : first - step + n_points, k] = target
        window[first - step : first - step + n_points, k] = 1.0
    overlap, square = wide @ weights, np.square(wide) @ window  # (n_rows, n_steps)
    if comparison.metric == "rse" and not comparison.by_area:
        distances: np.ndarray = square - 2 * overlap
        return distances
    area = wide @ window
    with np.errstate(divide="ignore", invalid="ignore"):
        if comparison.by_area:
            cost = square / (area * STEP_EV) ** 2 - 2 * overlap / (area * STEP_EV)
        elif comparison.metric == "pearson":
            cost = -(overlap - target.mean() * area) / np.sqrt(np.maximum(square - area**2 / n_points, 0))
        else:
            cost = -overlap / np.sqrt(square)
    return np.where(area * STEP_EV > MIN_STATES, cost, np.inf)


def wasserstein_costs(wide: np.ndarray, first: int, target: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return (n_rows, n_steps): the Wasserstein distance at each shift, up to a factor, on every STRIDE-th point."""
    goal = np.cumsum(np.maximum(target, 0), dtype=np.float64)
    goal = (goal / goal[-1])[STRIDE - 1 :: STRIDE].astype(np.float32)
    costs = np.empty((len(wide), len(steps)), dtype=np.float32)
    for start in range(0, len(wide), ROWS):
        cumulative = np.cumsum(wide[start : start + ROWS], axis=1)
        for k, step in enumerate(steps):
            low = first - step
            base = cumulative[:, low - 1, None]
            total = cumulative[:, low + len(target) - 1, None] - base
            inside = cumulative[:, low + STRIDE - 1 : low + len(target) : STRIDE] - base
            with np.errstate(divide="ignore", invalid="ignore"):
                inside /= total
            inside -= goal
            costs[start : start + ROWS, k] = np.abs(inside, out=inside).sum(axis=1)
            costs[start : start + ROWS, k][total[:, 0] * STEP_EV <= MIN_STATES] = np.inf
    return costs


def shift_spectra(wide: np.ndarray, first: int, n_points: int, shifts_ev: np.ndarray) -> np.ndarray:
    """Return each candidate moved by its own shift: (n_rows, n_points) on the window's points.

    Cubic (four-point Lagrange) interpolation between the grid's points, whose error is below 1e-4 of a line's height at
    sigma 0.5 eV and grows as sigma^-4.
    """
    offsets = -shifts_ev / STEP_EV
    whole = np.floor(offsets).astype(int)
    f = (offsets - whole).astype(np.float32)[:, None]
    taps = (
        -f * (f - 1) * (f - 2) / 6,
        (f + 1) * (f - 1) * (f - 2) / 2,
        -(f + 1) * f * (f - 2) / 2,
        (f + 1) * f * (f - 1) / 6,
    )
    moved = np.empty((len(wide), n_points), dtype=np.float32)
    for step in np.unique(whole):
        rows = np.flatnonzero(whole == step)
        start = first + step - 1
        near = wide[rows, start : start + n_points + 3]
        moved[rows] = sum(tap[rows] * near[:, k : k + n_points] for k, tap in enumerate(taps))
    return moved
