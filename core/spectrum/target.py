"""Target: the curve or the levels that candidates are ranked against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.errors import EigenscopeError
from core.spectrum.broaden import GRID_EV, SIGMA_EV, Spectrum, broaden, resample
from core.spectrum.levels import N_BAND
from core.structure.entry import OK

MIN_OVERLAP_EV = 1.0  # a curve needs at least this much of the grid, or there is nothing to compare


@dataclass(frozen=True, eq=False)
class Target:
    """What candidates are ranked against.

    Attributes
    ----------
    spectrum : Spectrum
        The curve as shown. With levels it is their density of states [states/eV]; without, it is a measured or
        imported curve in arbitrary units, on its own grid.
    levels_ev : (n_levels,) float64 [eV], ascending, or None
        Where known, ranking broadens these as it broadens the candidates, whatever sigma is asked for.
    label : name for legends
    origin : where the curve came from, in words for the page
    n_levels : int or None
        How many of a candidate's highest levels are compared with it: N_BAND, or fewer when the target has fewer;
        None = all valence levels, as in a measurement.
    is_measured : bool
        Whether a curve or a list holds ionisation energies, as measured: its energies are minus those. Candidates' levels
        are no such energies: they are brought onto that scale before they are compared.
    of_ionisation : bool
        Whether levels that are not measured are minus ionisation energies, predicted, and no Kohn-Sham levels.
    conformers_ev, conformer_weights : (n_conformers, n_levels) [eV] and (n_conformers,), or None
        Of a predicted molecule of several conformers: the density is then the mean of theirs, `levels_ev` that of their levels.
    has_baseline : bool
        Whether something constant may lie under a curve as measured: see `core.spectrum.treatment`.
    photon_energy_ev : float [eV] or None
        That a curve was measured with, where its file or its reader says so.
    """

    spectrum: Spectrum
    levels_ev: np.ndarray | None
    label: str
    origin: str
    n_levels: int | None = N_BAND
    is_measured: bool = False
    of_ionisation: bool = False
    conformers_ev: np.ndarray | None = None
    conformer_weights: np.ndarray | None = None
    has_baseline: bool = True
    photon_energy_ev: float | None = None

    @property
    def kind(self) -> Literal["levels", "density", "measured"]:
        """What it is: Kohn-Sham levels, a curve of such levels, or ionisation energies as measured, a curve or a list."""
        if self.is_measured:
            return "measured"
        return "density" if self.levels_ev is None else "levels"

    @property
    def is_curve_as_measured(self) -> bool:
        """Whether it is a curve of ionisation energies, and no list of them."""
        return self.is_measured and self.levels_ev is None

    @property
    def has_background(self) -> bool:
        """Whether something constant may lie under it: a curve as measured whose baseline was not taken off."""
        return self.is_curve_as_measured and self.has_baseline

    @property
    def is_absolute(self) -> bool:
        """Whether the height means states/eV; a curve without levels has arbitrary units."""
        return self.levels_ev is not None

    @property
    def range_ev(self) -> tuple[float, float]:
        """The energies at which something is known of the target: everywhere with levels, else where the curve is."""
        if self.levels_ev is not None:
            return -np.inf, np.inf
        return float(self.spectrum.energies_ev[0]), float(self.spectrum.energies_ev[-1])

    def density_on(self, grid_ev: np.ndarray, *, sigma_ev: float, shape: str = "gaussian") -> np.ndarray:
        """Return (n_points,) density on an even grid: broadened levels, or the curve brought onto the grid's points."""
        if self.conformers_ev is not None and self.conformer_weights is not None:
            of_each = broaden(self.conformers_ev, grid_ev=grid_ev, sigma_ev=sigma_ev, shape=shape)
            mean: np.ndarray = self.conformer_weights @ of_each
            return mean
        if self.levels_ev is not None:
            return broaden(self.levels_ev, grid_ev=grid_ev, sigma_ev=sigma_ev, shape=shape)
        return bin_curve(self.spectrum, grid_ev)


def target_from_row(row: Mapping[str, Any] | pd.Series) -> Target:
    """Return a row of a prediction table as the target: its highest N_BAND levels, or all where it has fewer.

    Raises
    ------
    EigenscopeError
        If the row has no prediction.
    """
    if row["status"] != OK:
        raise EigenscopeError(f"target {row['id']} has no predicted levels: {row.get('reason') or row['status']}")
    target = target_from_levels(row["levels_ev"], str(row["id"]))
    origin = f"predicted by {row['model']}" if row.get("model") else "predicted"
    return Target(target.spectrum, target.levels_ev, target.label, origin, target.n_levels)


def target_from_levels(levels_ev: ArrayLike, label: str, *, is_measured: bool = False) -> Target:
    """Return a list of levels [eV], in any order, as the target: its highest N_BAND, or all where there are fewer.

    Parameters
    ----------
    levels_ev : (n_levels,) [eV]
        Negative = bound.
    label : str
    is_measured : bool
        Whether they are minus ionisation energies: see `Target`.

    Raises
    ------
    EigenscopeError
        If there are none, one is not a finite number, or all lie off the grid.

    Examples
    --------
    >>> target_from_levels([-12.0, -6.0], "two levels").n_levels
    2
    """
    levels = np.sort(np.asarray(levels_ev, dtype=np.float64).ravel())
    if not len(levels):
        raise EigenscopeError("a target needs at least one level, got none")
    if not np.isfinite(levels).all():
        raise EigenscopeError(f"levels must be finite numbers, got {levels.tolist()}")
    low, high = float(GRID_EV[0]), float(GRID_EV[-1])
    if levels[0] > high or levels[-1] < low:
        raise EigenscopeError(
            f"levels must lie between {low:g} and {high:.1f} eV (bound orbitals are negative), "
            f"got {levels[0]:g} to {levels[-1]:g} eV"
        )
    levels = levels[-N_BAND:]
    curve = Spectrum(GRID_EV, broaden(levels, sigma_ev=SIGMA_EV), label)
    origin = "ionisation energies" if is_measured else "levels"
    return Target(curve, levels, label, origin, len(levels), is_measured)


def target_from_spectrum(spectrum: Spectrum, *, n_levels: int | None = None, is_measured: bool = False) -> Target:
    """Return a curve, as read by `core.readers.spectra`, as the target.

    Parameters
    ----------
    spectrum : Spectrum
        Orbital energies [eV], negative = bound; intensity in any unit.
    n_levels : int or None
        How many of a candidate's highest levels it stands for: N_BAND for a headline spectrum, None (all) for a
        measured one.
    is_measured : bool
        See `Target`.

    Raises
    ------
    EigenscopeError
        If there are fewer than two points, one is not finite, nothing is positive, or it hardly overlaps GRID_EV.
    """
    energies, density = spectrum.energies_ev, spectrum.density
    if len(energies) < 2:
        raise EigenscopeError(f"a spectrum needs two or more points, got {len(energies)}")
    if not (np.isfinite(energies).all() and np.isfinite(density).all()):
        raise EigenscopeError("a spectrum's energies and intensities must be finite numbers")
    low, high = float(GRID_EV[0]), float(GRID_EV[-1])
    if min(energies[-1], high) - max(energies[0], low) < MIN_OVERLAP_EV:
        raise EigenscopeError(
            f"a spectrum must cover at least {MIN_OVERLAP_EV:g} eV between {low:g} and {high:.1f} eV (orbital "
            f"energies; binding energies have the opposite sign), got {energies[0]:g} to {energies[-1]:g} eV"
        )
    if not (density > 0).any():
        raise EigenscopeError("a spectrum needs some positive intensity, got none")
    label = spectrum.label or "uploaded spectrum"
    origin = "uploaded spectrum, arbitrary units"
    return Target(Spectrum(energies, density, label), None, label, origin, n_levels, is_measured)


def bin_curve(spectrum: Spectrum, grid_ev: np.ndarray) -> np.ndarray:
    """Return (n_points,) values of a curve on an even grid, zero outside the curve.

    A curve finer than the grid is averaged over each grid cell (over the part of it that the curve covers), so that
    noise averages out and no narrow line falls between points; a coarser one is interpolated linearly.
    """
    step = float(grid_ev[1] - grid_ev[0])
    energies, density = spectrum.energies_ev, spectrum.density
    if np.median(np.diff(energies)) > 0.75 * step:
        return resample(spectrum, grid_ev).density
    area = np.concatenate([[0.0], np.cumsum(np.diff(energies) * 0.5 * (density[1:] + density[:-1]))])
    edges = np.append(grid_ev - 0.5 * step, grid_ev[-1] + 0.5 * step)
    covered = np.diff(np.clip(edges, energies[0], energies[-1]))
    means: np.ndarray = np.diff(np.interp(edges, energies, area)) / np.where(covered > 1e-9 * step, covered, np.inf)
    return means
