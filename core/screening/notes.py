"""What is said of a ranking: how the target was compared, and what the hits rest on."""

import numpy as np
import pandas as pd

from core.models.card import IONISATION_ENERGIES, ModelCard
from core.screening.comparison import METRICS
from core.screening.options import RankOptions, photons_of_target
from core.screening.probability import FIRST_TEN
from core.screening.ranking import AVERAGE
from core.spectrum.broaden import LINE_SHAPES
from core.spectrum.cross_sections import ALIKE, LINE_WIDTH_EV, PHOTON_RANGE_EV, intensities_in_words
from core.spectrum.ionisation import IonisationLine
from core.spectrum.target import Target
from core.theory import REFERENCE_THEORY

N_NOTED_HITS = 50  # hits of which the notes speak
# How notes begin that no ranking should be read without
UNLIKE, UNKNOWN_KIND = "Not like with like", "Levels of an unknown kind"


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
        parts.append(f"{LINE_SHAPES[options.shape]} \u03c3 {options.sigma_ev:g} eV")
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
            f"{UNLIKE}: the {which[0]} are ionisation energies, the {which[1]} Kohn-Sham levels, which lie 3 to 5 eV "
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
        notes += untabulated_notes(target, options.intensities)
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


def unknown_learner_notes(scan: pd.DataFrame, target: Target, card: ModelCard | None) -> list[str]:
    """Return that nobody knows whether the levels of a learner that is not here are ionisation energies, where that counts."""
    keys = [str(key) for key in scan["model"].dropna().unique() if key] if "model" in scan else []
    if not target.is_measured or card is not None or not keys:
        return []
    return [
        f"{UNKNOWN_KIND}: the candidates are predictions of {keys[0]!r}, which is not here. They are taken for Kohn-Sham levels; "
        "if they are ionisation energies, this ranking is worthless. Add the learner, or predict the candidates with another."
    ]


def untabulated_notes(target: Target, intensities: str) -> list[str]:
    """Return that the nearest tabulated photon energy stands for that of the target, where it does."""
    (low, high), photon_ev = PHOTON_RANGE_EV, target.photon_energy_ev
    if photon_ev is None or low <= photon_ev <= high + LINE_WIDTH_EV or intensities != photons_of_target(target):
        return []
    return [
        f"The target's photon energy, {photon_ev:g} eV, is beyond the tabulated cross-sections, {low:g} to {high:g} eV: the "
        "nearest stand for them."
    ]


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
