"""Spectra of a whole scan at once, kept so that the next ranking need not broaden again."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
import pandas as pd

from core.spectrum.broaden import GRID_EV, SIGMA_EV, STEP_EV, line_shape
from core.spectrum.levels import N_BAND
from core.structure.entry import OK

MARGIN_EV = 3.0  # kept on both sides of GRID_EV at least, so that candidates can be shifted without broadening anew
# Molecules broadened at a time: 64 x 16 x 364 float32 stay in the cache of a core (measured: 8 to 256)
BROADENED_AT_ONCE = 64
FAR_EV = 1e6  # where a missing level is put: its line is zero on every grid in float32
KEPT_SPECTRA_BYTES = 256 * 2**20
_kept: OrderedDict[bytes, np.ndarray] = OrderedDict()
_lock = Lock()


def stack_levels(scan: pd.DataFrame, n_levels: int | None) -> np.ndarray:
    """Return the levels of all rows as (n_rows, n_levels) float32 [eV], ascending.

    Rows without a prediction, or with fewer levels than asked for, are nan throughout. With None, all valence levels
    are taken: rows shorter than the longest are nan at the front.
    """
    is_ok = (scan["status"] == OK).to_numpy()
    rows = [x if ok and hasattr(x, "__len__") else _NOTHING for ok, x in zip(is_ok, scan["levels_ev"], strict=True)]
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    width = n_levels if n_levels is not None else int(lengths.max(initial=0))
    if not lengths.any() or not width:
        return np.full((len(rows), width), np.nan, dtype=np.float32)
    flat = np.concatenate(rows).astype(np.float32, copy=False)
    stacked = highest_levels(flat, np.cumsum(lengths), lengths, width, is_whole=n_levels is not None)
    stacked[np.isfinite(stacked).sum(axis=1) < np.minimum(lengths, width)] = np.nan  # a level that is no number
    return stacked


def highest_levels(
    flat: np.ndarray, ends: np.ndarray, lengths: np.ndarray, width: int, *, is_whole: bool
) -> np.ndarray:
    """Return the highest levels of each run of a flat array, (n_runs, width) float32 [eV]: nan where there are fewer.

    Parameters
    ----------
    flat : (n,) float32 [eV]
    ends, lengths : (n_runs,) int
        Place behind each run's last level, and how many levels it has.
    is_whole : bool
        Runs with fewer levels are nan throughout, rather than at the front.
    """
    stacked = np.full((len(ends), width), np.nan, dtype=np.float32)
    places = ends[:, None] - width + np.arange(width)
    present = np.arange(width) >= width - lengths[:, None]
    if is_whole:
        present &= present[:, :1]
    stacked[present] = flat[places[present]]
    return stacked


_NOTHING = np.empty(0, dtype=np.float32)


def stack_at_homo(values: Sequence[np.ndarray | None], levels_ev: np.ndarray) -> np.ndarray:
    """Return (n_rows, n_levels) float32, one value a level, beside stacked levels of that shape: 0 where there is none."""
    stacked = np.zeros_like(levels_ev)
    for k, own in enumerate(values):
        if own is not None:
            n = min(len(own), levels_ev.shape[1])
            stacked[k, levels_ev.shape[1] - n :] = own[len(own) - n :]
    return stacked


def broaden_all(
    levels_ev: np.ndarray, *, grid_ev: np.ndarray, sigma_ev: float, shape: str, intensities: np.ndarray | None = None
) -> np.ndarray:
    """Return (n_rows, n_points) float32 [states/eV] of (n_rows, n_levels) levels; rows without any level are nan.

    With `intensities` (n_rows, n_levels), each level's line has that area instead of 1.

    What `core.spectrum.broaden.broaden` does, in single precision and in pieces that fit the processor's cache: equal within
    1e-5 states/eV, ten times as fast.
    """
    grid = grid_ev.astype(np.float32)
    levels = np.where(np.isnan(levels_ev), np.float32(FAR_EV), levels_ev).astype(np.float32)
    spectra = np.empty((len(levels), len(grid)), dtype=np.float32)
    for start in range(0, len(levels), BROADENED_AT_ONCE):
        offsets = grid - levels[start : start + BROADENED_AT_ONCE, :, None]  # (BROADENED_AT_ONCE, n_levels, n_points)
        lines = line_shape(offsets, sigma_ev=float(sigma_ev), shape=shape)
        if intensities is not None:
            lines *= intensities[start : start + BROADENED_AT_ONCE, :, None]
        spectra[start : start + BROADENED_AT_ONCE] = lines.sum(axis=1)
    spectra[np.isnan(levels_ev).all(axis=1)] = np.nan
    return spectra


def wide_grid(margin_ev: float = MARGIN_EV) -> tuple[np.ndarray, int]:
    """Return GRID_EV continued on both sides for shifts of up to `margin_ev`, and where in it GRID_EV starts."""
    n_extra = int(np.ceil(max(margin_ev, MARGIN_EV) / STEP_EV - 1e-9)) + 3  # 3: the reach of cubic interpolation
    n_points = len(GRID_EV) + 2 * n_extra
    return GRID_EV[0] + STEP_EV * (np.arange(n_points) - n_extra), n_extra


def spectra_of_levels(
    levels_ev: np.ndarray, *, grid_ev: np.ndarray, sigma_ev: float, shape: str, intensities: np.ndarray | None = None
) -> np.ndarray:
    """Return `broaden_all`'s array (read-only), from memory where the same was asked for lately.

    Keyed by the levels and intensities themselves, so a changed or filtered scan can never get another one's spectra.
    """
    digest = hashlib.blake2b(np.ascontiguousarray(levels_ev).tobytes(), digest_size=16)
    digest.update(grid_ev.tobytes() + repr((levels_ev.shape, float(sigma_ev), shape)).encode())
    if intensities is not None:
        digest.update(np.ascontiguousarray(intensities).tobytes())
    key = digest.digest()
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    spectra = broaden_all(levels_ev, grid_ev=grid_ev, sigma_ev=sigma_ev, shape=shape, intensities=intensities)
    spectra.flags.writeable = False
    with _lock:
        _kept[key] = spectra
        while len(_kept) > 1 and sum(a.nbytes for a in _kept.values()) > KEPT_SPECTRA_BYTES:
            _kept.popitem(last=False)
    return spectra


def forget_spectra() -> None:
    """Drop all spectra that are kept, as a benchmark of making them must."""
    with _lock:
        _kept.clear()


def spectra_of(
    scan: pd.DataFrame,
    *,
    sigma_ev: float = SIGMA_EV,
    shape: str = "gaussian",
    grid_ev: np.ndarray = GRID_EV,
    n_levels: int | None = N_BAND,
) -> np.ndarray:
    """Return the spectra of a prediction table.

    Parameters
    ----------
    scan : prediction table, n_rows
    sigma_ev, shape, grid_ev : as in `core.spectrum.broaden.broaden`
    n_levels : int or None
        How many of the highest levels: N_BAND is the headline spectrum, None all valence levels.

    Returns
    -------
    (n_rows, n_points) float32 [states/eV], read-only; nan rows where there is no prediction or too few levels.
    """
    levels = stack_levels(scan, n_levels)
    if grid_ev is not GRID_EV:
        return spectra_of_levels(levels, grid_ev=np.asarray(grid_ev), sigma_ev=sigma_ev, shape=shape)
    wide, first = wide_grid()  # the grid that rankings need
    spectra = spectra_of_levels(levels, grid_ev=wide, sigma_ev=sigma_ev, shape=shape)
    return spectra[:, first : first + len(GRID_EV)]
