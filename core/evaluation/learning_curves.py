"""Learning curves: error against the number of training molecules, and where a curve crosses a given error."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

PUBLISHED_RMSE_EV, PUBLISHED_MOLECULES = 0.19, 120_000  # the DTNN of Ghosh et al. 2019, 90% of 132,531 molecules
N_FIT = 4  # last points that the power law is fitted to
MIN_FIT = 3
MAX_FACTOR = 100.0  # beyond so many times the largest training a power law says nothing


def summarise_curve(curves: pd.DataFrame, *, dataset: str, key: str, metric: str) -> pd.DataFrame:
    """Return one learner's curve on one set, seeds brought together.

    Parameters
    ----------
    curves : see `core.evaluation.files.load_learning_curves`
    metric : "rmse_ev" | "rse" | "homo_mae_ev"

    Returns
    -------
    DataFrame
        n_molecules ascending, mean, low, high over the seeds, n_seeds; empty where the learner has no such error.
    """
    rows = curves[(curves["set"] == dataset) & (curves["key"] == key) & np.isfinite(curves[metric].astype(float))]
    grouped = rows.groupby("n_molecules")[metric]
    table = grouped.agg(mean="mean", low="min", high="max", n_seeds="count").reset_index()
    return table.sort_values("n_molecules", ignore_index=True)


@dataclass(frozen=True)
class Crossing:
    """Where a learning curve reaches an error.

    Attributes
    ----------
    kind : str
        "measured": between two trainings; "below": at the smallest already; "extrapolated": by the power law of the last
        points; "not reached": neither.
    n_molecules : float
        Training molecules needed, at most this where "below"; nan where not reached.
    low, high : float
        The same when one of the fitted points is left out, whichever matters most; nan unless extrapolated. `high` is
        inf where the curve without that point does not come down.
    exponent : float
        Of the power law error ~ n^exponent; nan with fewer than MIN_FIT points.
    n_largest, error : int, float
        The largest training and the mean error there.
    """

    kind: Literal["measured", "below", "extrapolated", "not reached"]
    n_molecules: float
    low: float
    high: float
    exponent: float
    n_largest: int
    error: float


def find_crossing(curve: pd.DataFrame, threshold: float) -> Crossing | None:
    """Return where a curve crosses a threshold: measured, else extrapolated by a power law fitted to its last points.

    Invariant: on an exact power law the crossing is exact, whether inside the data or beyond.

    Parameters
    ----------
    curve : DataFrame
        See `summarise_curve`: n_molecules, mean.
    threshold : float
        In the unit of the curve's error, > 0.

    Returns
    -------
    Crossing, or None for an empty curve.
    """
    if curve.empty:
        return None
    sizes, errors = np.log(curve["n_molecules"].to_numpy(float)), np.log(curve["mean"].to_numpy(float))
    target, nan = float(np.log(threshold)), float("nan")
    end = (learning_exponent(curve), int(curve["n_molecules"].iloc[-1]), float(np.exp(errors[-1])))
    if (errors <= target).all():
        return Crossing("below", float(curve["n_molecules"].iloc[0]), nan, nan, *end)
    if errors[-1] <= target:
        return Crossing("measured", measured_crossing(sizes, errors, target), nan, nan, *end)
    found = solve_line(sizes[-N_FIT:], errors[-N_FIT:], target) if len(sizes) >= MIN_FIT else np.inf
    if not found <= sizes[-1] + np.log(MAX_FACTOR):
        return Crossing("not reached", nan, nan, nan, *end)
    low, high = leave_one_out(sizes[-N_FIT:], errors[-N_FIT:], target)
    return Crossing("extrapolated", float(np.exp(found)), float(np.exp(low)), float(np.exp(high)), *end)


def learning_exponent(curve: pd.DataFrame) -> float:
    """Return b of the power law error ~ n^b through a curve's last N_FIT points; nan with fewer than MIN_FIT."""
    last = np.log(curve[["n_molecules", "mean"]].to_numpy(float)[-N_FIT:])
    return fit_line(last[:, 0], last[:, 1])[0] if len(last) >= MIN_FIT else float("nan")


def measured_crossing(sizes: np.ndarray, errors: np.ndarray, target: float) -> float:
    """Return the number of molecules after which a curve stays at or below the target, linear between its points."""
    k = int(np.flatnonzero(errors > target)[-1])
    share = (errors[k] - target) / (errors[k] - errors[k + 1])
    return float(np.exp(sizes[k] + share * (sizes[k + 1] - sizes[k])))


def fit_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept by least squares."""
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept)


def solve_line(x: np.ndarray, y: np.ndarray, target: float) -> float:
    """Return where the fitted line comes down to the target; inf where it does not come down."""
    slope, intercept = fit_line(x, y)
    return (target - intercept) / slope if slope < 0 else np.inf


def leave_one_out(x: np.ndarray, y: np.ndarray, target: float) -> tuple[float, float]:
    """Return the lowest and highest crossing of lines fitted without one of the points."""
    found = [solve_line(np.delete(x, k), np.delete(y, k), target) for k in range(len(x))]
    return float(min(found)), float(max(found))
