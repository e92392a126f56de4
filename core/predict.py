"""Entries in, one answered row each out: geometry, levels, expected error, or the reason why not."""

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from core.entries import FAILED, OK, REFUSED, Entry
from core.errors import DomainError, EigenscopeError
from core.geometry import Geometry, check_geometry, relax_geometry
from core.models.inference import N_THREADS
from core.models.protocol import LevelModel
from core.models.registry import DEFAULT, load_model, model_keys
from core.molecule import check_domain
from core.rescue import embed_molecule
from core.spectrum import Levels
from core.stereochemistry import check_bonding, check_stereochemistry

GeometryMode = Literal["xtb", "fast", "as-is"]
GEOMETRY_MODES: tuple[GeometryMode, ...] = ("xtb", "fast", "as-is")
N_CONFORMERS = 5  # tried per 2-D molecule; the one of lowest MMFF94 energy is relaxed
IN_PROCESS = 4  # up to here starting worker processes takes longer than the molecules
ENTRY_COLUMNS = (
    "id", "row", "status", "reason", "smiles", "inchikey", "formula", "n_atoms", "geometry", "numbers", "positions",
)  # fmt: skip
COLUMNS = (*ENTRY_COLUMNS, "levels_ev", "homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev", "model")
Progress = Callable[[int, int], None]
ShouldCancel = Callable[[], bool]

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


def place_entries(
    entries: Sequence[Entry], *, mode: GeometryMode | str, should_cancel: ShouldCancel | None = None
) -> Iterator[Entry]:
    """Yield the entries in order, each with a geometry or with the reason why it has none."""
    to_embed = sum(e.status == OK and e.geometry is None for e in entries)
    results: Generator[Entry, None, None]
    if to_embed <= IN_PROCESS:
        results = (place_entry(e, mode) for e in entries)
    else:
        run = Parallel(n_jobs=N_THREADS, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs")
        results = run(delayed(place_entry)(e, mode) for e in entries)
    for k, result in enumerate(results):
        yield result
        if should_cancel and should_cancel():
            with warnings.catch_warnings(
                action="ignore"
            ):  # joblib warns of the work that is thrown away: that is wanted
                results.close()
            yield from (
                replace(e, status=FAILED, reason="cancelled") if e.status == OK else e for e in entries[k + 1 :]
            )
            return


def place_entry(entry: Entry, mode: GeometryMode | str) -> Entry:
    """Return one entry with a checked geometry, or refused or failed with the reason."""
    if entry.status != OK:
        return entry
    try:
        if entry.molecule is not None:
            check_domain(entry.molecule)
        if entry.geometry is not None:
            check_geometry(entry.geometry)
            return entry
        if entry.molecule is None:
            return replace(entry, status=FAILED, reason="neither a structure nor a geometry was found")
        if mode == "as-is":
            return replace(
                entry, status=REFUSED, reason="no 3-D geometry in the input, and geometry 'as-is' makes none"
            )
        made = embed_molecule(entry.molecule, n_conformers=N_CONFORMERS)
        if mode == "xtb":
            made, _ = relax_geometry(made)
        check_geometry(made)
        check_bonding(entry.molecule, made)
        check_stereochemistry(entry.molecule, made)
        return replace(entry, geometry=made)
    except DomainError as error:
        return replace(entry, status=REFUSED, reason=str(error))
    except EigenscopeError as error:
        return replace(entry, status=FAILED, reason=str(error))


def ask_model(entry: Entry, model: LevelModel) -> Entry:
    """Return the entry, refused if it is outside this learner's domain."""
    if entry.status != OK or entry.geometry is None:
        return entry
    try:
        model.check(entry.geometry)
    except DomainError as error:
        return replace(entry, status=REFUSED, reason=str(error))
    return entry


def prediction_table(entries: Sequence[Entry], levels: Sequence[Levels | None], *, model: str) -> pd.DataFrame:
    """Return the table of entries and their levels (None where not predicted), columns COLUMNS and `input_<name>`."""
    rows = [entry_row(e) for e in entries]
    columns = {name: [row[name] for row in rows] for name in ENTRY_COLUMNS}
    names = dict.fromkeys(name for e in entries for name in e.properties)
    table = pd.DataFrame(columns | answer_columns(levels) | {"model": model}, columns=list(COLUMNS))
    inputs = {f"input_{name}": [e.properties.get(name, "") for e in entries] for name in names}
    return pd.concat([table, pd.DataFrame(inputs, index=table.index)], axis=1)


def entry_row(entry: Entry) -> dict:
    """Return what the prediction table says of an entry before a model is asked."""
    molecule, geometry = entry.molecule, entry.geometry
    number_of_atoms = geometry.n_atoms if geometry else molecule.n_atoms if molecule else 0
    return {
        "id": entry.id, "row": entry.row, "status": entry.status, "reason": entry.reason,
        "smiles": molecule.smiles if molecule else "", "inchikey": molecule.inchikey if molecule else "",
        "formula": molecule.formula if molecule else geometry.formula if geometry else "",
        "n_atoms": number_of_atoms, "geometry": geometry.origin if geometry else "",
        "numbers": geometry.numbers if geometry else None,
        "positions": geometry.positions.astype(np.float32).ravel() if geometry else None,
    }  # fmt: skip


def answer_columns(levels: Sequence[Levels | None]) -> dict[str, list]:
    """Return the columns of the prediction table that a model answers: levels_ev to expected_rmse_ev, row by row."""
    return {
        "levels_ev": [None if x is None else x.valence_ev.astype(np.float32) for x in levels],
        "homo_ev": [np.nan if x is None else x.homo_ev for x in levels],
        "lumo_ev": [np.nan if x is None else x.lumo_ev for x in levels],
        "gap_ev": [np.nan if x is None else x.gap_ev for x in levels],
        "expected_rmse_ev": [np.nan if x is None else x.spread_ev for x in levels],
    }
