"""How one target is compared with many candidates: the metrics by name, on a window, in arrays."""

from dataclasses import dataclass

import numpy as np

from core.errors import EigenscopeError
from core.quantities import QUANTITIES, Quantity
from core.spectrum.broaden import GRID_EV, STEP_EV
from core.spectrum.metrics import cosine_similarity, level_rmse_ev, pearson_correlation, rse, wasserstein_ev
from core.spectrum.target import Target

MIN_STATES = 1e-3  # a candidate with less intensity than this in the window has no shape to compare
MIN_POINTS = 5  # of the 0.1 eV grid
BACKGROUND_PERCENT = 2.0  # of a measured curve: enough that noise does not make the background


@dataclass(frozen=True)
class Metric:
    """A way to rank: its key, what its score is, and what it does not punish, in one line."""

    key: str
    quantity: Quantity
    forgives: str

    @property
    def lower_is_better(self) -> bool:
        """Whether the best score is the lowest."""
        return self.quantity.better == "lower"


METRICS = {
    m.key: m
    for m in (
        Metric(
            "rse",
            QUANTITIES["rse"],
            "Forgives nothing: heights, positions and number of states all count (a measured curve is scaled to the "
            "candidate's states in the window).",
        ),
        Metric("cosine", QUANTITIES["cosine"], "Forgives overall height; a constant background still counts."),
        Metric("pearson", QUANTITIES["pearson"], "Forgives overall height and a constant background."),
        Metric(
            "wasserstein",
            QUANTITIES["wasserstein_ev"],
            "Forgives overall height, and small displacements cost little: the mean distance states must move.",
        ),
        Metric(
            "levels",
            QUANTITIES["level_rmse_ev"],
            "Forgives line shape and broadening: compares sorted levels one by one, counted from the HOMO.",
        ),
    )
}


def check_window(window_ev: tuple[float, float] | None, target: Target) -> tuple[float, float]:
    """Return the window that is compared: the one asked for, cropped to the grid and to where the target is known.

    Raises
    ------
    EigenscopeError
        If it is not an ascending pair of numbers, or too little of it is left.
    """
    low, high = (-np.inf, np.inf) if window_ev is None else (float(window_ev[0]), float(window_ev[1]))
    if not low < high:
        raise EigenscopeError(f"window_ev must be two energies, the lower first, got {window_ev}")
    low, high = max(low, target.range_ev[0], float(GRID_EV[0])), min(high, target.range_ev[1], float(GRID_EV[-1]))
    if high - low < (MIN_POINTS - 1) * STEP_EV - 1e-9:
        raise EigenscopeError(
            f"the window must hold at least {(MIN_POINTS - 1) * STEP_EV:g} eV of the target between {GRID_EV[0]:g} and "
            f"{GRID_EV[-1]:.1f} eV, got {window_ev}"
        )
    return low, high


def without_background(density: np.ndarray) -> np.ndarray:
    """Return a measured curve above its constant background, the lowest BACKGROUND_PERCENT of its points in the window."""
    above: np.ndarray = density - np.percentile(density, BACKGROUND_PERCENT)
    return above


class SpectralComparison:
    """A target's density in a window, and the scores of candidates' densities on the same points.

    For an absolute target RSE compares states/eV; for a curve in arbitrary units both sides are first scaled to unit
    area in the window, which is the same as scaling the curve to each candidate's number of states there.

    Attributes
    ----------
    points : slice of GRID_EV that lies in the window
    grid_ev, target : (n_points,) [eV], float32 density (unit area if arbitrary)
    """

    def __init__(
        self, metric: str, target: Target, *, window_ev: tuple[float, float], sigma_ev: float, shape: str = "gaussian"
    ) -> None:
        self.metric = metric
        inside = np.flatnonzero((window_ev[0] <= GRID_EV + 1e-9) & (window_ev[1] >= GRID_EV - 1e-9))
        self.points = slice(int(inside[0]), int(inside[-1]) + 1)
        self.grid_ev = GRID_EV[self.points]
        density = target.density_on(self.grid_ev, sigma_ev=sigma_ev, shape=shape)
        if target.has_background:
            density = without_background(density)
        area = STEP_EV * density.sum()
        if not area > (MIN_STATES if target.is_absolute else 0):
            raise EigenscopeError(
                "the target must have intensity in the window, got none between "
                f"{window_ev[0]:g} and {window_ev[1]:.1f} eV"
            )
        self.by_area = metric == "rse" and not target.is_absolute
        self.target = (density if target.is_absolute else density / area).astype(np.float32)

    def score(self, spectra: np.ndarray) -> np.ndarray:
        """Return (...) scores of (..., n_points) float32 densities on the window's points; nan without states there."""
        if self.metric == "rse" and not self.by_area:
            return rse(spectra, self.target, step_ev=STEP_EV)
        area = STEP_EV * spectra.sum(axis=-1)
        if self.metric == "cosine":
            scores = cosine_similarity(spectra, self.target)
        elif self.metric == "pearson":
            scores = pearson_correlation(spectra, self.target)
        elif self.metric == "wasserstein":
            scores = wasserstein_ev(spectra, self.target, step_ev=STEP_EV)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = rse(spectra / area[..., None], self.target, step_ev=STEP_EV)
        return np.where(area > MIN_STATES, scores, np.nan)


class LevelComparison:
    """A target's levels in a window, and the scores of candidates' levels of the same places below the HOMO."""

    def __init__(self, target: Target, *, window_ev: tuple[float, float] | None) -> None:
        if target.levels_ev is None:
            raise EigenscopeError(
                "the level-wise metric needs a target with levels, got a spectrum only: choose another metric, "
                "or give the target as a list of levels or a molecule"
            )
        levels = np.asarray(target.levels_ev, dtype=np.float64)
        low, high = window_ev if window_ev is not None else (-np.inf, np.inf)
        if not low < high:
            raise EigenscopeError(f"window_ev must be two energies, the lower first, got {window_ev}")
        inside = np.flatnonzero((levels >= low) & (levels <= high))
        if not len(inside):
            raise EigenscopeError(f"the window must hold a level of the target, got {low:g} to {high:g} eV without any")
        self.n_levels = len(levels)
        self.places = inside
        self.target = levels[inside]

    def fit_shift(self, levels_ev: np.ndarray, *, max_shift_ev: float) -> np.ndarray:
        """Return the best shift (n_rows,) [eV] of (n_rows, n_levels) candidates: the mean difference, clipped."""
        shifts: np.ndarray = np.clip(
            (self.target - levels_ev[:, self.places]).mean(axis=-1), -max_shift_ev, max_shift_ev
        )
        return shifts

    def score(self, levels_ev: np.ndarray) -> np.ndarray:
        """Return (...) level-wise RMSE [eV] of (..., n_levels) sorted levels."""
        return level_rmse_ev(levels_ev[..., self.places], self.target)
