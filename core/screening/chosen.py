"""Rank by the options that were chosen, by the learner that made the scan."""

from dataclasses import replace

import pandas as pd

from core.errors import EigenscopeError, ModelError
from core.machine.progress import Progress, ShouldCancel
from core.models.card import IONISATION_ENERGIES, ModelCard, load_card
from core.models.protocol import LevelModel
from core.models.registry import model_folder
from core.screening.intensities import intensities_of
from core.screening.notes import describe_options, notes_of, unknown_learner_notes
from core.screening.options import RankOptions, propose_options
from core.screening.probability import fold_stereoisomers, with_probability
from core.screening.ranking import MAX_SHIFT_EV, check_top, rank_candidates
from core.spectrum.cross_sections import ALIKE
from core.spectrum.target import Target
from core.structure.entry import OK
from core.theory import QUASIPARTICLE_THEORY


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
    """Return `core.screening.ranking.rank_candidates` by the options; attrs "compared" says how, "notes" what it rests on.

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
        is_folded=options.is_folded,
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
    table.attrs["compared"] = describe_options(target, options)
    table.attrs["notes"] = unknown_learner_notes(scan, target, card)
    table.attrs["notes"] += notes_of(target, options, table, has_intensities=weights is not None, card=card)
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
