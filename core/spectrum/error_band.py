"""From the expected error of levels to the error band of a spectrum."""

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from core.spectrum.broaden import GRID_EV, SIGMA_EV, line_shape

REACH = 4.0  # the errors are integrated to so many spreads on both sides
MIN_NODES = 20  # on each side
NODES_PER_SIGMA = 3.0  # so that no line falls between two nodes


def density_error(
    levels_ev: ArrayLike,
    spread_ev: ArrayLike,
    *,
    grid_ev: np.ndarray = GRID_EV,
    sigma_ev: float | np.ndarray = SIGMA_EV,
    shape: str = "gaussian",
    intensities: float | np.ndarray = 1.0,
    tail_ev: float | np.ndarray | None = None,
) -> np.ndarray:
    """Return how far a spectrum is from the true one, root mean square, when each level has its own normal error.

    With levels off by independent d ~ N(0, spread^2), each by its own or all by one spread, the mean of
    (g(E - e - d) summed - drawn)^2 is the sum of the lines' variances plus the square of their summed mean change; both by
    quadrature over d, any line shape. Invariant: for a small spread it is ``spread * sqrt(sum_k g'(E - e_k)^2)``, and it never
    exceeds what lines at random places would do.

    Parameters
    ----------
    levels_ev : (n_levels,) [eV]
    spread_ev : float or (n_levels,) [eV]
        nan gives nan: not known.
    sigma_ev, intensities, tail_ev : as in `core.spectrum.broaden.broaden`

    Returns
    -------
    (n_points,) [states/eV]
    """
    offsets = grid_ev[:, None] - np.asarray(levels_ev, dtype=np.float64)[None]
    spreads = np.broadcast_to(np.asarray(spread_ev, dtype=np.float64), offsets.shape[1:])
    if not np.isfinite(spreads).all():
        return np.full(len(grid_ev), np.nan)
    n_side = int(np.ceil(max(MIN_NODES, REACH * spreads.max(initial=0.0) / np.min(sigma_ev) * NODES_PER_SIGMA)))
    shaped = partial(line_shape, sigma_ev=sigma_ev, shape=shape, tail_ev=tail_ev)
    nodes = np.linspace(-REACH, REACH, 2 * n_side + 1)
    weights = np.exp(-0.5 * nodes**2)
    weights /= weights.sum()
    mean, mean_square = np.zeros_like(offsets), np.zeros_like(offsets)
    for node, weight in zip(nodes, weights, strict=True):
        line = shaped(offsets - node * spreads)
        mean += weight * line
        mean_square += weight * line**2
    heights = np.broadcast_to(np.asarray(intensities, dtype=np.float64), spreads.shape)
    change = (mean - shaped(offsets)) @ heights
    variance = np.clip(mean_square - mean**2, 0, None) @ heights**2
    width: np.ndarray = np.sqrt(variance + change**2)
    return width
