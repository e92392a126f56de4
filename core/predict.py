"""Molecules in, predictions out, in one loop: conformers averaged; one that fails fails alone; progress, cancel."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.errors import DomainError, EigenscopeError
from core.familiarity import note_unfamiliar
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.models.geometry.correction import correct_ensembles
from core.models.protocol import LevelModel, is_of_reference
from core.spectrum.average import average_levels, band_spread_ev
from core.spectrum.levels import Levels
from core.structure.domain import IMPOSSIBLE, MODEL_DOMAIN, check_geometry, geometry_violations
from core.structure.duplicates import as_first, first_places
from core.structure.ensemble import ROOM_K, Ensemble
from core.structure.entry import CANCELLED, FAILED, OK, REFUSED, Entry
from core.structure.geometry import Geometry
from core.structure.kept import place_and_keep
from core.structure.place import AUTO_CONFORMERS, ConformerOptions, GeometryMode, Placement, place_entries, placement_of
from core.table import COLUMNS, Prediction, table_of_entries, with_predictions

SMALLEST_PIECE, LARGEST_PIECE = 100, 1000  # molecules between two looks at Cancel; fewer do not fill two cores
SECONDS_PER_PIECE = 1.0  # what their number is fitted to: learners differ by a factor of a hundred in speed


def predict_levels(geometries: Sequence[Geometry], model: LevelModel, *, weights: bool = False) -> list[Levels]:
    """Return the levels of geometries, in order; with `weights`, each atom's share in each level.

    Raises
    ------
    GeometryError, DomainError
        If one of them is no molecule, or outside the models' or this learner's domain.
    """
    for geometry in geometries:
        check_geometry(geometry)
        model.check(geometry)
    return model.predict_levels(geometries, weights=weights)


def predict_entries(
    entries: Sequence[Entry],
    model: LevelModel,
    *,
    geometry: GeometryMode | str = "xtb",
    conformers: ConformerOptions = AUTO_CONFORMERS,
    known: pd.DataFrame | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
    kept: Path | None = None,
) -> pd.DataFrame:
    """Return the prediction table: one row per entry, in order, whatever became of it. Equal molecules are computed once.

    Notes name what is outside the training molecules' chemistry: see `core.familiarity.note_unfamiliar`.

    Parameters
    ----------
    geometry : "xtb" | "fast" | "as-is"
        How 2-D entries get a geometry: ETKDGv3 + MMFF94 + GFN2-xTB, without the xTB, or not at all (they are refused).
        3-D entries are used as they are.
    conformers : ConformerOptions
        Whether 2-D entries that get GFN2-xTB geometries are averaged over their conformers, and at which temperature.
    known : prediction table, optional
        What a cancelled run over the same entries returned: its rows are kept, and those it did not reach are predicted.
    progress, should_cancel
        Called after each molecule, and the rows that are the same, have their geometry: `progress(done, total)`; a
        cancelled run predicts what has one, and the rest is CANCELLED.
    kept : Path or None
        File of finished geometries: stopped in any way, the same call goes on from there (`core.structure.kept`).

    Raises
    ------
    EigenscopeError
        If `geometry` is none of the three, `kept` is of another run, or `known` of other entries or another model.
    """
    placement = placement_of(geometry, conformers.mode)
    open_rows = range(len(entries)) if known is None else rows_not_reached(known, n_rows=len(entries), model=model)
    todo = [entries[k] for k in open_rows]
    ahead = continued(progress, len(entries) - len(todo), len(entries))
    file = kept if known is None else None  # of finished geometries: it counts all rows
    placed = correct_entries(place_once(todo, placement, file, progress=ahead, should_cancel=should_cancel), given=todo)
    table = predict_placed_entries(placed, model, temperature_k=conformers.temperature_k, should_cancel=should_cancel)
    return note_unfamiliar(table if known is None else put_rows(known, open_rows, table), model)


def correct_entries(placed: Sequence[Entry], *, given: Sequence[Entry]) -> list[Entry]:
    """Return entries whose geometries were made here with their atoms moved to where a better method would put them.

    See `core.models.geometry.correction`; the geometry's origin says which were moved.

    Parameters
    ----------
    given : sequence of Entry
        The same before: what came with a geometry keeps it.
    """
    made = {
        k: entry.conformers
        for k, (entry, before) in enumerate(zip(placed, given, strict=True))
        if entry.conformers is not None and before.geometry is None
    }
    result = list(placed)
    for k, moved in zip(made, correct_ensembles(list(made.values())), strict=True):
        first = moved.geometries[0]
        result[k] = replace(placed[k], geometry=first, ensemble=None if placed[k].ensemble is None else moved)
    return result


def predict_placed_entries(
    placed: Sequence[Entry], model: LevelModel, *, temperature_k: float, should_cancel: ShouldCancel | None = None
) -> pd.DataFrame:
    """Return the prediction table of entries that have geometries, or say why not; see `predict_entries`."""
    was_cancelled = any(e.status == CANCELLED for e in placed)
    todo = {k: e.conformers for k, e in enumerate(placed) if e.status == OK and e.conformers is not None}
    predictions = [Prediction(e.status, e.reason) for e in placed]
    found = predict_molecules(
        list(todo.values()), model, temperature_k=temperature_k, should_cancel=None if was_cancelled else should_cancel
    )
    for k, prediction in zip(todo, found, strict=True):
        predictions[k] = prediction
    return with_predictions(table_of_entries(placed), predictions, model=model.key, is_reference=is_of_reference(model))


def place_once(
    entries: Sequence[Entry],
    placement: Placement | None,
    kept: Path | None,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[Entry]:
    """Return the entries with their geometries, in order; rows that are the same molecule get one, made once.

    Parameters
    ----------
    placement, kept, progress, should_cancel
        See `predict_entries`.
    """
    report = progress or report_nothing
    first = first_places(entries)
    unique = [k for k, place in enumerate(first) if place == k]
    copies = Counter(first)
    todo = [entries[k] for k in unique]
    if kept is None:
        source = place_entries(todo, placement, should_cancel=should_cancel)
    else:
        source = place_and_keep(todo, placement, kept, should_cancel=should_cancel)
    made: dict[int, Entry] = {}
    done = 0
    for k, entry in zip(unique, source, strict=True):
        made[k] = entry
        done += copies[k]
        report(done, len(entries))
    return [
        made[k] if place == k else as_first(entries[k], made[place], entries[place]) for k, place in enumerate(first)
    ]


def predict_molecules(
    molecules: Sequence[Ensemble],
    model: LevelModel,
    *,
    temperature_k: float = ROOM_K,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[Prediction]:
    """Return what becomes of each molecule, in order. One that the model cannot predict says why; no other is lost.

    Parameters
    ----------
    molecules : sequence of Ensemble
        The conformers of each; many have one.
    temperature_k : float [K]
        At which several are averaged.
    progress : callable (done, total)
        Called after every piece of molecules, and once at the start.
    should_cancel : callable () -> bool
        Called before every piece. When cancelled, what is predicted so far stays, and the rest is CANCELLED.
    """
    report, cancelled = progress or report_nothing, should_cancel or never_cancel
    predictions = [Prediction(CANCELLED, CANCELLED)] * len(molecules)
    order = sorted(
        range(len(molecules)), key=lambda k: molecules[k].geometries[0].n_atoms
    )  # like sizes: little padding
    size, done = SMALLEST_PIECE, 0
    report(done, len(molecules))
    while done < len(order) and not cancelled():
        piece = take_piece(order[done:], molecules, size)
        begun = time.monotonic()
        geometries = [geometry for k in piece for geometry in molecules[k].geometries]
        found = iter(predict_piece(geometries, model))
        for k in piece:
            predictions[k] = average_predictions(list(islice(found, len(molecules[k]))), molecules[k], temperature_k)
        done += len(piece)
        report(done, len(molecules))
        pace = len(geometries) / max(time.monotonic() - begun, 1e-3)
        size = int(np.clip(pace * SECONDS_PER_PIECE, SMALLEST_PIECE, LARGEST_PIECE))
    return predictions


def take_piece(order: Sequence[int], molecules: Sequence[Ensemble], size: int) -> Sequence[int]:
    """Return the first of `order` that have together at least `size` conformers."""
    n_conformers = 0
    for taken, k in enumerate(order, start=1):
        n_conformers += len(molecules[k])
        if n_conformers >= size:
            return order[:taken]
    return order


def average_predictions(found: Sequence[Prediction], ensemble: Ensemble, temperature_k: float) -> Prediction:
    """Return the prediction of a molecule from those of its conformers: their average, or the first that went wrong."""
    (first, *others) = found
    wrong = [p for p in found if p.levels is None]
    if wrong or not others:
        return wrong[0] if wrong else first
    levels = [p.levels for p in found if p.levels is not None]
    weights = ensemble.weights(temperature_k)
    return Prediction(
        OK,
        "",
        average_levels(levels, weights),
        np.array([[*x.valence_ev, x.lumo_ev] for x in levels]),
        band_spread_ev([x.valence_ev for x in levels], weights),
        temperature_k,
    )


def rows_not_reached(known: pd.DataFrame, *, n_rows: int, model: LevelModel) -> list[int]:
    """Return the places of the rows that a cancelled run did not reach.

    Raises
    ------
    EigenscopeError
        If the table has another number of rows, or was predicted by another model.
    """
    if len(known) != n_rows:
        raise EigenscopeError(f"a run goes on with as many rows as it had, {len(known):,}; got {n_rows:,}")
    others = sorted(set(known["model"]) - {model.key})
    if others:
        raise EigenscopeError(f"a run goes on with the learner that began it, {others[0]}; got {model.key}")
    return np.flatnonzero(known["status"] == CANCELLED).tolist()


def put_rows(
    table: pd.DataFrame, places: Sequence[int], rows: pd.DataFrame, *, columns: Sequence[str] = COLUMNS
) -> pd.DataFrame:
    """Return a prediction table with the values of other rows at some places, in `columns`; the rest of it stays."""
    changed = {}
    for column in columns:
        values = table[column].to_list()
        for place, value in zip(places, rows[column], strict=True):
            values[place] = value
        changed[column] = pd.Series(values, index=table.index, dtype=table[column].dtype)
    return table.assign(**changed)


def continued(progress: Progress | None, n_before: int, total: int) -> Progress | None:
    """Return the progress of a part as that of the whole, of which `n_before` are done already."""
    return None if progress is None else lambda done, _: progress(n_before + done, total)


def predict_piece(geometries: Sequence[Geometry], model: LevelModel) -> list[Prediction]:
    """Return the predictions of some geometries: checked one by one, then predicted together."""
    predictions: list[Prediction] = []
    for geometry, violation in zip(geometries, geometry_violations(geometries, MODEL_DOMAIN), strict=True):
        if violation is not None:
            status = FAILED if violation.rule in IMPOSSIBLE else REFUSED
            predictions.append(Prediction(status, violation.sentence))
        else:
            predictions.append(check_learner(geometry, model))
    fit = [k for k, p in enumerate(predictions) if p.status == OK]
    for k, prediction in zip(fit, predict_checked([geometries[k] for k in fit], model), strict=True):
        predictions[k] = prediction
    return predictions


def check_learner(geometry: Geometry, model: LevelModel) -> Prediction:
    """Return what a learner says of a geometry before it is predicted: ok, or outside its domain."""
    try:
        model.check(geometry)
    except DomainError as error:
        return Prediction(REFUSED, str(error))
    except EigenscopeError as error:
        return Prediction(FAILED, str(error))
    return Prediction(OK)


def predict_checked(geometries: Sequence[Geometry], model: LevelModel) -> list[Prediction]:
    """Return the predictions of checked geometries; if one breaks the batch, each is tried alone."""
    if not geometries:
        return []
    try:
        predicted = model.predict_levels(geometries)
    except (EigenscopeError, torch.linalg.LinAlgError) as error:  # type: ignore[attr-defined]  # public, only not in __all__
        if len(geometries) == 1:
            return [Prediction(FAILED, f"the model could not predict it: {error}")]
        return [prediction for g in geometries for prediction in predict_checked([g], model)]
    return [
        Prediction(OK, "", levels)
        if np.isfinite(levels.valence_ev).all() and len(levels.valence_ev)
        else Prediction(FAILED, "the model's levels are not finite numbers")
        for levels in predicted
    ]
