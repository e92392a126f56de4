"""How a target is compared: what is proposed for it by its kind, and in words what was assumed."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from core.errors import EigenscopeError, ModelError
from core.machine.progress import Progress, ShouldCancel
from core.models.card import IONISATION_ENERGIES, ModelCard, load_card
from core.models.protocol import LevelModel
from core.models.registry import model_folder
from core.screening.comparison import METRICS, without_background
from core.screening.intensities import intensities_of
from core.screening.probability import FIRST_TEN, fold_stereoisomers, with_probability
from core.screening.ranking import AVERAGE, BEST, MAX_SHIFT_EV, check_top, rank_candidates
from core.spectrum.broaden import GRID_EV, SIGMA_EV
from core.spectrum.cross_sections import ALIKE, LINE_WIDTH_EV, PHOTON_RANGE_EV, intensities_in_words, photons_of
from core.spectrum.ionisation import OUTER_VALENCE, IonisationLine
from core.spectrum.target import Target
from core.structure.entry import OK
from core.theory import QUASIPARTICLE_THEORY, REFERENCE_THEORY

PROPOSED: Literal["proposed"] = "proposed"
WHOLE_WINDOW_EV = (-30.0, 0.0)
MAX_OFFSET_EV = 0.3  # what calibration and a molecule's own distance from the line may come to
CALIBRATION_OFFSET_EV = (
    0.15  # the same of predicted ionisation energies: calibration, and what a whole molecule is off by
)
MEASURED_SIGMA_EV = 0.3  # a band of a molecule in the gas phase, and the error of a level
SIGNAL_SHARE = 0.05  # of the highest point: what counts as signal
N_NOTED_HITS = 50  # hits of which the notes speak
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
    window, line = propose_window(target), None if of_ionisation else OUTER_VALENCE
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
        If levels should count by cross-sections where the target's do not, or are compared one by one.
    """
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
    """Return a window on the axis of orbital energies; one of energies above 0, or from 0 on, is of binding energies."""
    if window_ev is not None and min(window_ev) >= 0:
        return -window_ev[1], -window_ev[0]
    return window_ev


def photons_of_target(target: Target) -> str:
    """Return the key of intensities at the photon energy of a measured curve: He I's where none is known or tabulated."""
    low, high = PHOTON_RANGE_EV
    photon_ev = target.photon_energy_ev
    return "he1" if photon_ev is None or not low <= photon_ev <= high + LINE_WIDTH_EV else photons_of(photon_ev)


def propose_window(target: Target) -> tuple[float, float]:
    """Return the window (low, high) [eV, minus ionisation energies] in which a measured target is compared.

    The line's range, of a curve cropped to the curve and to ONSET_ROOM_EV below its first signal; all of the curve where it
    has no signal, and all of a list where it has nothing, in the line's range.
    """
    low, high = (-x for x in reversed(OUTER_VALENCE.range_ev))
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


def rank_as_chosen(
    scan: pd.DataFrame,
    target: Target,
    options: RankOptions,
    *,
    top: int | None = 50,
    model: LevelModel | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return `core.screening.ranking.rank_candidates` by the options, with what was assumed as `attrs["notes"]`.

    Parameters
    ----------
    model : learner, optional
        That made the scan, for its levels' weights on atoms; loaded by its key when left out.
    progress, should_cancel
        Of finding the intensities, where they are not known yet.

    Raises
    ------
    EigenscopeError
        As `rank_candidates`; and if two learners predicted the candidates.
    """
    check_top(top)
    check_one_learner(scan)
    card = card_of_scan(scan, model)
    if card is not None and card.energies == IONISATION_ENERGIES:
        options = replace(options, line=None)
    weights = intensities_of(
        scan, kind=options.intensities, model=model, progress=progress, should_cancel=should_cancel
    )
    is_judged = judges_probability(target, options, scan, card)
    table = rank_candidates(
        scan,
        target,
        metric=options.metric,
        window_ev=options.window_ev,
        shift=options.max_shift_ev > 0,
        max_shift_ev=options.max_shift_ev or MAX_SHIFT_EV,
        top=None if options.is_folded or is_judged else top,
        sigma_ev=options.sigma_ev,
        line=options.line,
        intensities=weights,
        conformers=options.conformers,
        shape=options.shape,
    )
    if is_judged:
        table = with_probability(table)
    if options.is_folded:
        table = fold_stereoisomers(table)
    if top is not None:
        attrs = table.attrs
        table = table.head(min(top, table.attrs["n_ranked"]))
        table.attrs = attrs
    table.attrs["notes"] = notes_of(target, options, table, has_intensities=weights is not None, card=card)
    return table


def holds_ionisation_energies(scan: pd.DataFrame, model: LevelModel | None = None) -> bool:
    """Return whether a scan's levels are minus ionisation energies."""
    card = card_of_scan(scan, model)
    return card is not None and card.energies == IONISATION_ENERGIES


def judges_probability(target: Target, options: RankOptions, scan: pd.DataFrame, card: ModelCard | None) -> bool:
    """Return whether it is known how likely candidates are: ionisation energies against a measured curve, as is proposed.

    Any window and any photon energy will do; with other lines, conformers or room the probabilities were never held against
    known molecules.
    """
    is_known = (
        card is not None and card.energies == IONISATION_ENERGIES and card.level_of_theory == str(QUASIPARTICLE_THEORY)
    )
    if not (is_known and target.is_curve_as_measured and options.intensities != ALIKE and "inchikey" in scan):
        return False
    proposed = propose_options(target, of_ionisation=True)
    free = replace(
        options,
        window_ev=proposed.window_ev,
        intensities=proposed.intensities,
        is_folded=proposed.is_folded,
        line=proposed.line,
    )
    return free == proposed


def check_one_learner(scan: pd.DataFrame) -> None:
    """Raise EigenscopeError if candidates are predictions of more than one learner."""
    keys = scan.loc[scan["status"] == OK, "model"].dropna().unique() if {"model", "status"} <= set(scan) else []
    if len(keys) > 1:
        raise EigenscopeError(
            f"candidates must be predicted by one learner, found {' and '.join(map(str, keys))}: rank those of each by itself"
        )


def card_of_scan(scan: pd.DataFrame, model: LevelModel | None = None) -> ModelCard | None:
    """Return the card of the learner that made a scan; None where it is not there."""
    if model is not None:
        return model.card
    keys = scan["model"].unique() if "model" in scan else []
    try:
        return load_card(model_folder(str(keys[0]))) if len(keys) else None
    except ModelError:
        return None


def describe_options(target: Target, options: RankOptions) -> str:
    """Return in one line how a target is compared."""
    parts = [METRICS[options.metric].quantity.label]
    if options.window_ev is not None:
        low, high = options.window_ev
        shown = (-high, -low) if target.is_measured else (low, high)
        scale = "ionisation energy" if target.is_measured else "orbital energy"
        parts.append(f"{shown[0]:g} to {shown[1]:g} eV {scale}".replace("-", "\u2212"))
    if options.line is not None:
        parts.append(f"estimated ionisation energy = {options.line}")
    if options.max_shift_ev:
        parts.append(f"moved by up to \u00b1{options.max_shift_ev:g} eV")
    if options.metric != "levels":
        parts.append(f"Gaussian \u03c3 {options.sigma_ev:g} eV")
    if options.intensities != ALIKE:
        parts.append(intensities_in_words(options.intensities))
    if options.conformers == AVERAGE:
        parts.append("conformers averaged")
    return "; ".join(parts)


def notes_of(
    target: Target, options: RankOptions, ranking: pd.DataFrame, *, has_intensities: bool, card: ModelCard | None = None
) -> list[str]:
    """Return what a ranking rests on, as sentences; nothing where both sides are Kohn-Sham levels as they stand.

    Parameters
    ----------
    card : ModelCard or None
        Of the learner that predicted the candidates.
    """
    notes = []
    of_ionisation = card is not None and card.energies == IONISATION_ENERGIES
    if card is not None and of_ionisation and target.is_measured:
        notes.append(
            f"The target is compared with predicted ionisation energies, {card.level_of_theory} ({card.name})."
        )
    elif not target.is_measured and of_ionisation != target.of_ionisation:
        which = ("candidates", "target") if of_ionisation else ("target", "candidates")
        notes.append(
            f"Not like with like: the {which[0]} are ionisation energies, the {which[1]} Kohn-Sham levels, which lie 3 to 5 eV "
            "above minus those. Predict both with the same learner."
        )
    if options.line is not None:
        notes += line_notes(options.line, card)
    elif target.is_measured and not of_ionisation:
        notes.append(
            "The target is measured, and levels are compared as they stand: Kohn-Sham levels lie 3 to 5 eV above minus "
            "the ionisation energies."
        )
    if options.line is not None and options.max_shift_ev:
        notes.append(
            f"Each candidate is moved as a whole by up to \u00b1{options.max_shift_ev:g} eV, for the calibration of the target "
            "and a molecule's own distance from the line."
        )
    if options.intensities != ALIKE and has_intensities:
        notes.append(
            "Levels count by their s and p weights on each element and the elements' "
            f"{intensities_in_words(options.intensities)} (Yeh and Lindau 1985)."
        )
    elif options.intensities != ALIKE:
        notes.append(
            "Every level counts alike: the learner does not say on which atoms its levels lie, is not there, or has an element "
            "without cross-sections."
        )
    if target.has_background:
        notes.append("The target's constant background, the lowest 2 % of its points in the window, is taken off.")
    if "conformer" in ranking and ranking["conformer"].notna().any():
        notes.append(
            "For a candidate of several conformers stands the one that fits best, or their average where that fits better."
        )
    return notes + probability_notes(ranking) + bound_notes(ranking, options.max_shift_ev)


def line_notes(line: IonisationLine, card: ModelCard | None) -> list[str]:
    """Return what estimated ionisation energies are, and where the candidates' levels are not those of the line."""
    low, high = line.range_ev
    notes = [
        f"Levels are compared as estimated ionisation energies, {line} ({line.source}; {line.spread_ev:.2f} eV spread, "
        f"for {low:g} to {high:g} eV). They are no computed ionisation energies."
    ]
    if card is not None and card.level_of_theory != str(REFERENCE_THEORY):
        notes.append(
            f"That line is for levels of {REFERENCE_THEORY}, these are {card.level_of_theory}: they may be off by an eV or more."
        )
    return notes


def probability_notes(ranking: pd.DataFrame) -> list[str]:
    """Return what probabilities are, where there are any."""
    if "probability" not in ranking:
        return []
    said = "Probabilities are of constitutions, if one of the candidates is right: by spectra made of known molecules."
    if FIRST_TEN not in ranking.attrs:
        return [said]
    return [f"{said} The right one is among the first ten with {ranking.attrs[FIRST_TEN]:.0%}."]


def bound_notes(ranking: pd.DataFrame, max_shift_ev: float) -> list[str]:
    """Return a sentence where hits were moved as far as was allowed."""
    best = ranking[ranking["rank"].notna()].head(N_NOTED_HITS)
    n_bound = int(np.sum(best["shift_at_bound"].to_numpy(dtype=bool)))
    if not n_bound or not max_shift_ev:
        return []
    return [
        f"{n_bound} of the best {len(best)} are moved as far as is allowed, {max_shift_ev:g} eV: they may fit better farther off."
    ]
