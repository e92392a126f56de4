"""A target drawn over candidates: on one grid, in one unit, with the residuals."""

from dataclasses import dataclass

import numpy as np

from core.screening.comparison import without_background
from core.spectrum.target import Target


@dataclass(frozen=True, eq=False)
class Overlay:
    """What an overlay figure shows.

    Attributes
    ----------
    energies_ev : (n_points,) [eV]
        Where both the candidates and the target are known.
    target : (n_points,)
        In the candidates' unit; a measured one above its constant background.
    residuals : (n_candidates, n_points)
        Candidate minus target.
    factor : float
        What the target's density was multiplied with; 1 where it means states/eV as it is.
    """

    energies_ev: np.ndarray
    target: np.ndarray
    residuals: np.ndarray
    factor: float


def overlay_target(
    target: Target,
    candidates: np.ndarray,
    *,
    grid_ev: np.ndarray,
    sigma_ev: float,
    shape: str = "gaussian",
    focus: int = 0,
    rescale: bool = False,
) -> Overlay:
    """Return the target on the candidates' grid.

    Parameters
    ----------
    target : Target
    candidates : (n_candidates, n_points)
        Densities on `grid_ev`, an even grid [eV].
    focus : int
        A target in arbitrary units is scaled to this candidate's area where both are known.
    rescale : bool
        Scale an absolute target in the same way, for candidates that are not in states/eV.
    """
    inside = (grid_ev >= target.range_ev[0]) & (grid_ev <= target.range_ev[1])
    density = target.density_on(grid_ev, sigma_ev=sigma_ev, shape=shape)[inside]
    if target.has_background and inside.any():
        density = without_background(density)
    area = density.sum()
    factor = 1.0
    if (rescale or not target.is_absolute) and area > 0:
        factor = float(candidates[focus][inside].sum() / area)
    scaled = density * factor
    return Overlay(grid_ev[inside], scaled, candidates[:, inside] - scaled, factor)
