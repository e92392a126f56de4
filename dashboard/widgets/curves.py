"""Predicted rows as the curves that the controls ask for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from core.models.uncertainty.made_geometry import total_errors_ev
from core.quantities import QUANTITIES, Quantity
from core.spectrum.broaden import broaden
from core.spectrum.error_band import density_error
from core.spectrum.levels import N_BAND
from core.spectrum.photoelectrons import Photoelectrons
from core.table_conformers import WeighedLevels, weighed_levels
from dashboard.figures.spectra import Curve
from dashboard.state import AREA_ONE, BAND, PEAK_ONE, PER_EV, session
from dashboard.widgets.photoelectrons import row_intensities

HEIGHT_UNITS = {PEAK_ONE: "peak = 1", AREA_ONE: "1/eV, area = 1"}
GRID_STEP_EV = 0.05


def chosen_levels(levels_ev: np.ndarray) -> np.ndarray:
    """Return the levels, (..., n_levels), that the controls ask for."""
    return levels_ev[..., -N_BAND:] if session().settings["n_levels"] == BAND else levels_ev


def display_grid(window_ev: tuple[float, float]) -> np.ndarray:
    """Return the energies [eV] that a window is drawn on."""
    return np.arange(window_ev[0], window_ev[1] + GRID_STEP_EV / 2, GRID_STEP_EV)


def make_curve(
    label: str,
    levels_ev: np.ndarray,
    *,
    errors_ev: np.ndarray,
    order: int,
    conformers: WeighedLevels | None = None,
    look: Photoelectrons | None = None,
    intensities: np.ndarray | None = None,
) -> Curve:
    """Return a molecule's spectrum as the controls ask for it: of several conformers the average of theirs.

    Parameters
    ----------
    levels_ev, errors_ev : (n_levels,) [eV]
        And what each is expected to be off; nan where that is not known.
    conformers : (levels (n_conformers, n_levels) [eV], weights (n_conformers,)) or None
    look, intensities : Photoelectrons or None, (n_levels,) or None
        How a photoelectron spectrum is drawn, and of which intensities, where one is.
    """
    settings = session().settings
    levels = chosen_levels(np.asarray(levels_ev, dtype=float))
    grid = display_grid(settings["window_ev"])
    lines: dict[str, Any] = {"grid_ev": grid, "sigma_ev": settings["sigma_ev"], "shape": settings["shape"]}
    if look is not None:
        lines |= look.lines(levels, None if intensities is None else chosen_levels(intensities))

    def draw(some_ev: np.ndarray) -> np.ndarray:
        found = broaden(some_ev, **lines)
        return found if look is None else look.over_background(found, grid)

    density, spread = draw(levels), None
    if conformers is not None:
        of_each, weights = draw(chosen_levels(conformers[0])), conformers[1]
        density = weights @ of_each
        spread = np.sqrt(weights @ np.square(of_each - density)) if settings["show_spread"] else None
    spreads = chosen_levels(np.asarray(errors_ev, dtype=float))
    is_drawn = settings["show_error"] and np.isfinite(spreads).all()
    error = density_error(levels, spreads, **lines) if is_drawn else None
    scale = scale_of(density, settings["normalise"])
    error, spread = (None if band is None else band * scale for band in (error, spread))
    return Curve(label, grid, density * scale, error, spread, levels, order)


def make_curves(table: pd.DataFrame, drawn: Sequence[Any], *, look: Photoelectrons | None = None) -> list[Curve]:
    """Return the spectra of some rows of a prediction table, by their labels in its index; with `look` by photoelectrons."""
    rows = table.loc[list(drawn)]
    curves = []
    details = zip(rows.iterrows(), total_errors_ev(rows), row_intensities(rows, look), strict=True)
    for order, ((_, row), errors, intensities) in enumerate(details):
        several = weighed_levels(row)
        curves.append(
            make_curve(
                str(row["id"]), row["levels_ev"], errors_ev=errors, order=order, conformers=several, look=look,
                intensities=intensities,
            )
        )  # fmt: skip
    return curves


def scale_of(density: np.ndarray, normalise: str) -> float:
    """Return the factor that brings a density to the scale asked for."""
    height = {PER_EV: 1.0, PEAK_ONE: density.max(), AREA_ONE: density.sum() * GRID_STEP_EV}[normalise]
    return 1.0 / height if height > 0 else 1.0


def height_drawn(*, of_electrons: bool = False) -> Quantity:
    """Return what the height of spectra is, in the unit asked for: the density of states, or the intensity of electrons."""
    scale = session().settings["normalise"]
    height = QUANTITIES["intensity" if of_electrons else "density"]
    return height if scale == PER_EV else replace(height, unit=HEIGHT_UNITS[scale])
