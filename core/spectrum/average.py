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
        Expected errors are the root mean squares of the conformers'; atoms' weights are averaged where all have them.
    """
    (first, *others) = conformers
    if not others:
        return first
    rows = np.asarray(weights, dtype=np.float64)
    valence = rows @ np.array([c.valence_ev for c in conformers])
    lumo = float(rows @ [c.lumo_ev for c in conformers])
    expected = float(np.sqrt(rows @ np.square([c.expected_rmse_ev for c in conformers])))
    atoms, s_parts = (
        average_of(rows, [getattr(c, name) for c in conformers]) for name in ("atom_weights", "s_weights")
    )
    squares = average_of(rows, [None if c.level_errors_ev is None else c.level_errors_ev**2 for c in conformers])
    errors = None if squares is None else np.sqrt(squares)
    lumo_error = float(np.sqrt(rows @ np.square([c.lumo_error_ev for c in conformers])))
    return Levels(valence, lumo, expected, atoms, s_parts, errors, lumo_error)


def average_of(weights: np.ndarray, values: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Return the weighted mean of arrays of one shape; None where one is missing."""
    known = [v for v in values if v is not None]
    return np.tensordot(weights, np.array(known), axes=1) if len(known) == len(values) else None


def level_spread_ev(levels_ev: ArrayLike, weights: np.ndarray) -> np.ndarray:
    """Return (n_levels,) the standard deviation [eV] over conformers of their levels, (n_conformers, n_levels) [eV]."""
    stacked = np.asarray(levels_ev, dtype=np.float64)
    mean = weights @ stacked
    spread: np.ndarray = np.sqrt(np.maximum(weights @ np.square(stacked - mean), 0.0))
    return spread


def band_spread_ev(levels_ev: ArrayLike, weights: np.ndarray) -> float:
    """Return the root mean square over the band, or over all levels where they are fewer, of `level_spread_ev` [eV]."""
    return float(np.sqrt(np.mean(np.square(level_spread_ev(levels_ev, weights)[-N_BAND:]))))
