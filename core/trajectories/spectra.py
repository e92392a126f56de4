"""Spectra of frames: averaged over time, against time, and how many frames an average needs."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from core.spectrum.broaden import GRID_EV, SIGMA_EV, broaden
from core.spectrum.metrics import rse

FEWEST_BLOCKS = 8  # fewer tell no standard error
MOST_COLUMNS = 400  # of a spectrogram
LOWEST_PEAK = 0.02  # of the highest one


@dataclass(frozen=True, eq=False)
class AverageSpectrum:
    """The spectrum of a trajectory beside that of the molecule at rest; all (n_points,).

    Attributes
    ----------
    energies_ev : [eV]
    mean, static : [states/eV]
        Averaged over the frames, and at rest.
    spread : [states/eV]
        Standard deviation over the frames: how far one of them lies from the mean.
    error : [states/eV]
        Standard error of the mean, by blocks; see `block_error`. nan where there are too few frames.
    """

    energies_ev: np.ndarray
    mean: np.ndarray
    static: np.ndarray
    spread: np.ndarray
    error: np.ndarray


def average_spectrum(
    levels_ev: np.ndarray,
    static_ev: np.ndarray,
    *,
    grid_ev: np.ndarray = GRID_EV,
    sigma_ev: float = SIGMA_EV,
    shape: str = "gaussian",
) -> AverageSpectrum:
    """Return the average over frames. Invariants: frames that are all alike give the static spectrum; each level has unit area.

    Parameters
    ----------
    levels_ev : (n_frames, n_levels) [eV]
    static_ev : (n_levels,) [eV]

    Examples
    --------
    >>> rest = np.array([-12.0, -6.0])
    >>> found = average_spectrum(np.tile(rest, (20, 1)), rest)
    >>> bool(np.allclose(found.mean, found.static)), float(found.spread.max())
    (True, 0.0)
    """
    lines = {"grid_ev": grid_ev, "sigma_ev": sigma_ev, "shape": shape}
    of_each = broaden(levels_ev, **lines)  # type: ignore[arg-type]
    static = broaden(static_ev, **lines)  # type: ignore[arg-type]
    mean = of_each.mean(axis=0)
    spread = np.sqrt(np.mean(np.square(of_each - mean), axis=0))
    spread[spread < 1e-12] = 0.0  # rounding
    return AverageSpectrum(grid_ev, mean, static, spread, block_error(of_each))


def block_error(series: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean of correlated values: (n_frames, ...) -> (...).

    Neighbours are averaged in pairs again and again, and the largest error of those with at least FEWEST_BLOCKS blocks is taken
    (Flyvbjerg and Petersen, J. Chem. Phys. 1989, doi 10.1063/1.457480): it grows until blocks no longer know of one another. nan
    where there are fewer values. Invariant: of independent values it is about their standard deviation over sqrt(n).
    """
    blocks = np.asarray(series, dtype=np.float64)
    found = np.full(blocks.shape[1:], np.nan)
    while len(blocks) >= FEWEST_BLOCKS:
        found = np.fmax(found, blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks)))
        half = len(blocks) // 2
        blocks = 0.5 * (blocks[: 2 * half : 2] + blocks[1 : 2 * half : 2])
    return found


@dataclass(frozen=True, eq=False)
class Convergence:
    """How an average settles with the number of frames.

    Attributes
    ----------
    n_frames : (n,) int
    rse : (n,)
        Of the average over the first so many frames, against that over all: it ends at 0 by construction.
    rse_error : (n,)
        What their own scatter lets expect of it, by blocks: it does not.
    """

    n_frames: np.ndarray
    rse: np.ndarray
    rse_error: np.ndarray


def convergence_of(levels_ev: np.ndarray, *, sigma_ev: float = SIGMA_EV, shape: str = "gaussian") -> Convergence:
    """Return how the averaged spectrum on GRID_EV settles: (n_frames, n_levels) [eV], frames in their order.

    `rse` is `core.spectrum.metrics.rse`, as a fraction; the expected one is that of a curve off by the standard errors.
    """
    of_each = broaden(levels_ev, sigma_ev=sigma_ev, shape=shape)
    total = len(of_each)
    counts = np.unique(np.geomspace(1, total, 40).round().astype(int))
    sums = np.cumsum(of_each, axis=0)
    running = sums[counts - 1] / counts[:, None]
    whole = running[-1]
    expected = np.array([float(rse(whole + block_error(of_each[:n]), whole)) for n in counts.tolist()])
    return Convergence(counts, rse(running, whole[None]), expected)


def spectrogram(
    levels_ev: np.ndarray,
    times_ps: np.ndarray,
    *,
    grid_ev: np.ndarray = GRID_EV,
    sigma_ev: float = SIGMA_EV,
    shape: str = "gaussian",
) -> tuple[np.ndarray, np.ndarray]:
    """Return (n_columns,) times [ps] and (n_columns, n_points) densities [states/eV]: neighbours averaged to MOST_COLUMNS."""
    groups = np.array_split(np.arange(len(levels_ev)), min(len(levels_ev), MOST_COLUMNS))
    of_each = broaden(levels_ev, grid_ev=grid_ev, sigma_ev=sigma_ev, shape=shape)
    times = np.array([times_ps[g].mean() for g in groups])
    return times, np.array([of_each[g].mean(axis=0) for g in groups])


def peak_windows(energies_ev: np.ndarray, density: np.ndarray) -> list[tuple[float, float, float]]:
    """Return (low, top, high) [eV] of each peak, the highest energy first: from the valley below it to that above.

    Examples
    --------
    >>> grid = np.arange(-15.0, 0.0, 0.1)
    >>> [round(top, 1) for _, top, _ in peak_windows(grid, broaden([-12.0, -6.0], grid_ev=grid))]
    [-6.0, -12.0]
    """
    tops, _ = find_peaks(density, height=LOWEST_PEAK * density.max(initial=0.0))
    windows = []
    for k, top in enumerate(tops):
        low = 0 if k == 0 else tops[k - 1] + int(np.argmin(density[tops[k - 1] : top]))
        high = len(density) - 1 if k == len(tops) - 1 else top + int(np.argmin(density[top : tops[k + 1]]))
        windows.append((float(energies_ev[low]), float(energies_ev[top]), float(energies_ev[high])))
    return windows[::-1]


def peak_positions(
    levels_ev: np.ndarray, window_ev: tuple[float, float], *, sigma_ev: float = SIGMA_EV, shape: str = "gaussian"
) -> np.ndarray:
    """Return (n_frames,) the centre of mass of each frame's spectrum within a window [eV]; nan where it is empty there."""
    grid = np.linspace(*window_ev, 121)
    density = broaden(levels_ev, grid_ev=grid, sigma_ev=sigma_ev, shape=shape)
    area = density.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centres: np.ndarray = np.where(area > 0, density @ grid / area, np.nan)
    return centres
