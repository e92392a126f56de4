"""How a target is compared: what is proposed for it by its kind, and in words what was assumed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.errors import EigenscopeError
from core.screening.comparison import without_background
from core.screening.ranking import AVERAGE, BEST, MAX_SHIFT_EV
from core.spectrum.broaden import GRID_EV, SIGMA_EV, check_resolved
from core.spectrum.cross_sections import ALIKE, PHOTON_RANGE_EV, photons_of
from core.spectrum.ionisation import OUTER_VALENCE, IonisationLine
from core.spectrum.target import Target

NEXT_TO_NOTHING_EV = 1e-6  # a line of no width falls between the points of a grid too
PROPOSED: Literal["proposed"] = "proposed"
WHOLE_WINDOW_EV = (-30.0, 0.0)
MAX_OFFSET_EV = 0.3  # what calibration and a molecule's own distance from the line may come to
CALIBRATION_OFFSET_EV = (
    0.15  # the same of predicted ionisation energies: calibration, and what a whole molecule is off by
)
MEASURED_SIGMA_EV = 0.3  # a band of a molecule in the gas phase, and the error of a level
SIGNAL_SHARE = 0.05  # of the highest point: what counts as signal
ONSET_ROOM_EV = 1.0  # kept below the first band: that a candidate has states there must count


@dataclass(frozen=True)
class RankOptions:
    """How candidates are compared with a target.

    Attributes
    ----------
    metric : key of METRICS
    window_ev : (low, high) or None [eV]
        On the axis of orbital energies; of a measured target minus ionisation energies.
    max_shift_ev : float [eV]
        How far each candidate may be moved as a whole; 0 = not at all.
    sigma_ev : float [eV]
    line : IonisationLine or None
        Brings levels onto the scale of ionisation energies.
    intensities : key of `core.spectrum.cross_sections.INTENSITIES`, or of a photon energy
        How much each level counts.
    conformers : "best" | "average"
        What stands for a candidate of several: see `core.screening.ranking.rank_candidates`.
    shape : one of `core.spectrum.broaden.LINE_SHAPES`
        Of the candidates' lines.
    is_folded : bool
        The best stereoisomer of each constitution alone.
    """

    metric: str = "rse"
    window_ev: tuple[float, float] | None = WHOLE_WINDOW_EV
    max_shift_ev: float = 0.0
    sigma_ev: float = SIGMA_EV
    line: IonisationLine | None = None
    intensities: str = ALIKE
    conformers: str = BEST
    shape: str = "gaussian"
    is_folded: bool = False


def propose_options(target: Target, *, of_ionisation: bool = False) -> RankOptions:
    """Return how a target is best compared where nobody says otherwise.

    Kohn-Sham levels and densities stand on the candidates' own scale: RSE over the whole grid, nothing moved. A measured
    curve is compared with estimated ionisation energies and intensities at its photon energy (He I where none is known), by
    Pearson correlation where it has signal; a measured list with as many of a candidate's, one by one. What is measured is of
    all conformers: their average is compared; levels and densities are mostly of one geometry, and the conformer that fits best
    is.

    Where the candidates' levels are ionisation energies (`of_ionisation`), they need no line, less room to be moved, and the
    conformer that fits best stands for each: or the average where that fits better. Of 26 spectra made as if measured of one
    conformer each, whose molecules were learnt from, 77 % came first so, 65 % by averages.
    """
    if not target.is_measured:
        return RankOptions()
    metric, intensities = ("levels", ALIKE) if target.levels_ev is not None else ("pearson", photons_of_target(target))
    window, line = propose_window(target, of_ionisation=of_ionisation), None if of_ionisation else OUTER_VALENCE
    offset_ev, conformers = (CALIBRATION_OFFSET_EV, BEST) if of_ionisation else (MAX_OFFSET_EV, AVERAGE)
    return RankOptions(metric, window, offset_ev, MEASURED_SIGMA_EV, line, intensities, conformers)


def choose_options(  # noqa: PLR0913 - each option by keyword
    target: Target,
    *,
    metric: str | None = None,
    window_ev: tuple[float, float] | Literal["proposed"] | None = PROPOSED,
    shift: bool | None = None,
    max_shift_ev: float | None = None,
    sigma_ev: float | None = None,
    intensities: str | None = None,
    conformers: str | None = None,
    is_folded: bool = False,
    of_ionisation: bool = False,
) -> RankOptions:
    """Return what is proposed for a target, with what the user chose in its place.

    Parameters
    ----------
    window_ev : (low, high), None or PROPOSED [eV]
        None is all of the grid. Two positive energies are binding energies: 8, 18 is -18, -8.
    shift, max_shift_ev : bool, float [eV] or None
        Whether candidates are moved, and how far at most; a measured target's are, unless `shift` is False.
    of_ionisation : bool
        Whether the candidates' levels are ionisation energies: see `holds_ionisation_energies`.

    Raises
    ------
    EigenscopeError
        If levels should count by cross-sections where the target's do not, or are compared one by one; if lines are too narrow
        for the grid that spectra are compared on; or if a number or the window is none.
    """
    for name, value in (("sigma_ev", sigma_ev), ("max_shift_ev", max_shift_ev)):
        if value is not None and not (isinstance(value, int | float | np.number) and value >= 0):
            raise EigenscopeError(f"{name} must be a number [eV], not below 0, got {value!r:.60}")
    chosen = propose_options(target, of_ionisation=of_ionisation)
    moved = chosen.max_shift_ev > 0 if shift is None else shift
    if not moved:
        chosen = replace(chosen, max_shift_ev=0.0)
    elif max_shift_ev is not None:
        chosen = replace(chosen, max_shift_ev=max_shift_ev)
    elif not chosen.max_shift_ev:
        chosen = replace(chosen, max_shift_ev=MAX_SHIFT_EV)
    if window_ev != PROPOSED:
        chosen = replace(chosen, window_ev=as_orbital_window(window_ev))
    if sigma_ev is not None:
        check_resolved(GRID_EV, max(sigma_ev, NEXT_TO_NOTHING_EV))
    metric, intensities = metric or chosen.metric, intensities or chosen.intensities
    if intensities != ALIKE and not target.is_measured:
        raise EigenscopeError(
            f"cross-sections are of measured spectra: in {target.label} every level counts alike, so it must in the candidates"
        )
    if intensities != ALIKE and metric == "levels":
        raise EigenscopeError("levels are compared one by one, however strongly they show: choose no cross-sections")
    return replace(
        chosen,
        metric=metric,
        sigma_ev=chosen.sigma_ev if sigma_ev is None else sigma_ev,
        intensities=intensities,
        conformers=conformers or chosen.conformers,
        is_folded=is_folded,
    )


def as_orbital_window(window_ev: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return a window on the axis of orbital energies; one of energies above 0, or from 0 on, is of binding energies.

    Raises
    ------
    EigenscopeError
        If it is no pair of numbers.
    """
    if window_ev is None:
        return None
    is_pair = isinstance(window_ev, Sequence | np.ndarray) and len(window_ev) == 2
    if not (is_pair and all(isinstance(x, int | float | np.number) for x in window_ev)):
        raise EigenscopeError(f"a window must be two energies [eV], low and high, got {window_ev!r:.60}")
    if min(window_ev) >= 0:
        return -window_ev[1], -window_ev[0]
    return window_ev


def photons_of_target(target: Target) -> str:
    """Return the key of intensities at the photon energy of a measured curve: He I's where none is known, else the nearest."""
    photon_ev = target.photon_energy_ev
    return "he1" if photon_ev is None else photons_of(float(np.clip(photon_ev, *PHOTON_RANGE_EV)))


def propose_window(target: Target, *, of_ionisation: bool = False) -> tuple[float, float]:
    """Return the window (low, high) [eV, minus ionisation energies] in which a measured target is compared.

    The line's range, of a curve cropped to the curve and to ONSET_ROOM_EV below its first signal; all of the curve where it
    has no signal, and all of a list where it has nothing, in the line's range. Against predicted ionisation energies, which
    need no line, it begins with whatever comes first.
    """
    low, high = (-x for x in reversed(OUTER_VALENCE.range_ev))
    high = WHOLE_WINDOW_EV[1] if of_ionisation else high
    if target.levels_ev is not None:
        is_within = bool(((target.levels_ev >= low) & (target.levels_ev <= high)).any())
        return (low, high) if is_within else WHOLE_WINDOW_EV
    start, end = max(target.range_ev[0], float(GRID_EV[0])), min(target.range_ev[1], float(GRID_EV[-1]))
    inside = (start <= GRID_EV) & (end >= GRID_EV)
    grid = GRID_EV[inside]
    density = without_background(target.density_on(grid, sigma_ev=MEASURED_SIGMA_EV))
    signal = grid[density > SIGNAL_SHARE * density.max()]
    within = signal[(signal >= low) & (signal <= high)]
    if len(within) < 2:
        return round(start, 1), round(end, 1)
    return round(max(low, start), 1), round(min(high, end, float(within[-1]) + ONSET_ROOM_EV), 1)
