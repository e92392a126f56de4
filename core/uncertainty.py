"""From the expected error of levels to the error band of a spectrum."""

import numpy as np
from numpy.typing import ArrayLike

from core.spectrum import GRID_EV, SIGMA_EV, line_shape

STEP_EV = 1e-3  # of the central difference; the narrowest line is ten times wider


def density_error(
    levels_ev: ArrayLike,
    spread_ev: float,
    *,
    grid_ev: np.ndarray = GRID_EV,
    sigma_ev: float = SIGMA_EV,
    shape: str = "gaussian",
) -> np.ndarray:
    """Return the standard error of a spectrum whose levels are each off by `spread_ev`, independently.

    First-order propagation: ``spread * sqrt(sum_k g'(E - e_k)^2)``. It grows linearly with the spread and is zero where
    a lone line is flat, at its top.

    Parameters
    ----------
    levels_ev : (n_levels,) [eV]
    spread_ev : float [eV]
        nan gives nan: not known.

    Returns
    -------
    (n_points,) [states/eV]
    """
    offsets = grid_ev[:, None] - np.asarray(levels_ev, dtype=np.float64)[None]
    above = line_shape(offsets + STEP_EV, sigma_ev=sigma_ev, shape=shape)
    below = line_shape(offsets - STEP_EV, sigma_ev=sigma_ev, shape=shape)
    return spread_ev * np.sqrt((((above - below) / (2 * STEP_EV)) ** 2).sum(axis=1))
