"""Levels of several conformers, averaged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.spectrum.levels import N_BAND, Levels


def average_levels(conformers: Sequence[Levels], weights: np.ndarray) -> Levels:
    """Return the weighted mean of the levels of one molecule's conformers, rank by rank.

    Parameters
    ----------
    conformers : n Levels
        All of as many levels.
    weights : (n,)
        Sum to 1.

    Returns
    -------
    Levels
        `expected_rmse_ev` is the root mean square of the conformers'; atoms' weights are averaged where all have them.
    """
    (first, *others) = conformers
    if not others:
        return first
    rows = np.asarray(weights, dtype=np.float64)
    valence = rows @ np.array([c.valence_ev for c in conformers])
    lumo = float(rows @ [c.lumo_ev for c in conformers])
    expected = float(np.sqrt(rows @ np.square([c.expected_rmse_ev for c in conformers])))
    shares = []
    for name in ("atom_weights", "s_weights"):
        values = [getattr(c, name) for c in conformers]
        shares.append(None if any(v is None for v in values) else np.tensordot(rows, np.array(values), axes=1))
    return Levels(valence, lumo, expected, *shares)


def level_spread_ev(levels_ev: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Return (n_levels,) the standard deviation [eV] over conformers of their levels, (n_conformers, n_levels) [eV]."""
    stacked = np.asarray(levels_ev, dtype=np.float64)
    mean = weights @ stacked
    spread: np.ndarray = np.sqrt(np.maximum(weights @ np.square(stacked - mean), 0.0))
    return spread


def band_spread_ev(levels_ev: ArrayLike, weights: np.ndarray) -> float:
    """Return the root mean square over the band, or over all levels where they are fewer, of `level_spread_ev` [eV]."""
    return float(np.sqrt(np.mean(np.square(level_spread_ev(levels_ev, weights)[-N_BAND:]))))
