"""Predicted rows as the curves that the controls ask for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.models.uncertainty.made_geometry import total_errors_ev
from core.quantities import QUANTITIES
from core.spectrum.broaden import broaden
from core.spectrum.error_band import density_error
from core.spectrum.levels import N_BAND
from core.table_conformers import WeighedLevels, weighed_levels
from dashboard.figures.spectra import Curve
from dashboard.state import AREA_ONE, BAND, PEAK_ONE, PER_EV, session

HEIGHT_UNITS = {PER_EV: QUANTITIES["density"].unit, PEAK_ONE: "peak = 1", AREA_ONE: "1/eV, area = 1"}
GRID_STEP_EV = 0.05


def chosen_levels(levels_ev: np.ndarray) -> np.ndarray:
    """Return the levels, (..., n_levels), that the controls ask for."""
    return levels_ev[..., -N_BAND:] if session().settings["n_levels"] == BAND else levels_ev


def display_grid(window_ev: tuple[float, float]) -> np.ndarray:
    """Return the energies [eV] that a window is drawn on."""
    return np.arange(window_ev[0], window_ev[1] + GRID_STEP_EV / 2, GRID_STEP_EV)


def make_curve(
    label: str, levels_ev: np.ndarray, *, errors_ev: np.ndarray, order: int, conformers: WeighedLevels | None = None
) -> Curve:
    """Return a molecule's spectrum as the controls ask for it: of several conformers the average of theirs.

    Parameters
    ----------
    levels_ev, errors_ev : (n_levels,) [eV]
        And what each is expected to be off; nan where that is not known.
    conformers : (levels (n_conformers, n_levels) [eV], weights (n_conformers,)) or None
    """
    settings = session().settings
    levels = chosen_levels(np.asarray(levels_ev, dtype=float))
    grid = display_grid(settings["window_ev"])
    lines = {"grid_ev": grid, "sigma_ev": settings["sigma_ev"], "shape": settings["shape"]}
    density, spread = broaden(levels, **lines), None
    if conformers is not None:
        of_each, weights = broaden(chosen_levels(conformers[0]), **lines), conformers[1]
        density = weights @ of_each
        spread = np.sqrt(weights @ np.square(of_each - density)) if settings["show_spread"] else None
    spreads = chosen_levels(np.asarray(errors_ev, dtype=float))
    is_drawn = settings["show_error"] and np.isfinite(spreads).all()
    error = density_error(levels, spreads, **lines) if is_drawn else None
    scale = scale_of(density, settings["normalise"])
    error, spread = (None if band is None else band * scale for band in (error, spread))
    return Curve(label, grid, density * scale, error, spread, levels, order)


def make_curves(table: pd.DataFrame, drawn: Sequence[Any]) -> list[Curve]:
    """Return the spectra of some rows of a prediction table, by their labels in its index."""
    rows = table.loc[list(drawn)]
    curves = []
    for order, ((_, row), errors) in enumerate(zip(rows.iterrows(), total_errors_ev(rows), strict=True)):
        several, levels = weighed_levels(row), row["levels_ev"]
        curves.append(make_curve(str(row["id"]), levels, errors_ev=errors, order=order, conformers=several))
    return curves


def scale_of(density: np.ndarray, normalise: str) -> float:
    """Return the factor that brings a density to the scale asked for."""
    height = {PER_EV: 1.0, PEAK_ONE: density.max(), AREA_ONE: density.sum() * GRID_STEP_EV}[normalise]
    return 1.0 / height if height > 0 else 1.0


def unit_label() -> str:
    """Return the unit of the density axis."""
    return HEIGHT_UNITS[session().settings["normalise"]]
