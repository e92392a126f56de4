"""Entries in, one answered row each out: geometry, levels, expected error, or the reason why not."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from core.errors import DomainError, EigenscopeError
from core.machine.progress import Progress, ShouldCancel
from core.models.protocol import LevelModel
from core.models.registry import DEFAULT, load_model, model_keys
from core.spectrum.levels import Levels
from core.structure.entry import OK, REFUSED, Entry
from core.structure.geometry import Geometry, check_geometry
from core.structure.place import GEOMETRY_MODES, GeometryMode, place_entries
from core.table import COLUMNS, prediction_table

__all__ = ["COLUMNS", "DEFAULT", "GEOMETRY_MODES", "load_model", "model_keys", "predict_entries", "predict_levels"]


def predict_levels(geometries: Sequence[Geometry], model: LevelModel, *, weights: bool = False) -> list[Levels]:
    """Return the levels of geometries, in order; with `weights`, each atom's share in each level.

    Raises
    ------
    GeometryError, DomainError
        If the models cannot be asked about one of them.
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
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return the prediction table: one row per entry, in order, whatever became of it.

    Parameters
    ----------
    geometry : "xtb" | "fast" | "as-is"
        How 2-D entries get a geometry: ETKDGv3 + MMFF94 + GFN2-xTB, without the xTB, or not at all (they are refused).
        3-D entries are used as they are.
    progress, should_cancel
        Called after each molecule: `progress(done, total)`; a cancelled run answers the rest as failed, "cancelled".

    Raises
    ------
    EigenscopeError
        If `geometry` is none of the three.
    """
    if geometry not in GEOMETRY_MODES:
        raise EigenscopeError(f"geometry must be one of {', '.join(GEOMETRY_MODES)}, got {geometry!r}")
    placed = []
    for entry in place_entries(entries, mode=geometry, should_cancel=should_cancel):
        placed.append(ask_model(entry, model))
        if progress:
            progress(len(placed), len(entries))
    geometries = [e.geometry for e in placed if e.status == OK and e.geometry is not None]
    answers = iter(model.predict_levels(geometries)) if geometries else iter(())
    return prediction_table(placed, [next(answers) if e.status == OK else None for e in placed], model=model.key)


def ask_model(entry: Entry, model: LevelModel) -> Entry:
    """Return the entry, refused if it is outside this learner's domain."""
    if entry.status != OK or entry.geometry is None:
        return entry
    try:
        model.check(entry.geometry)
    except DomainError as error:
        return replace(entry, status=REFUSED, reason=str(error))
    return entry
