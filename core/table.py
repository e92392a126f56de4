"""The prediction table: one row a molecule, whatever became of it. Entries and libraries come into it the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError
from core.quantities import OWN_PREFIX
from core.spectrum.levels import Levels
from core.spectrum.plausible import doubt_note, without_doubt
from core.structure.ensemble import Ensemble
from core.structure.entry import Entry, unnamed

IDENTITY_COLUMNS = (
    "id", "row", "status", "reason", "note", "smiles", "inchikey", "formula", "n_atoms", "geometry", "numbers", "positions",
    "n_conformers", "conformer_energies_ev", "conformer_degeneracies", "conformer_positions",
)  # fmt: skip
PREDICTED_COLUMNS = (
    "status", "reason", "note", "levels_ev", "homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev", "model",
    "level_errors_ev", "lumo_error_ev", "temperature_k", "conformer_spread_ev", "conformer_levels_ev",
)  # fmt: skip
COLUMNS = (*IDENTITY_COLUMNS, *(c for c in PREDICTED_COLUMNS if c not in IDENTITY_COLUMNS))
NO_CONFORMERS: dict[str, Any] = {
    "n_conformers": 0,
    "conformer_energies_ev": None,
    "conformer_degeneracies": None,
    "conformer_positions": None,
}
TEXT_COLUMNS = ("id", "note", "smiles", "inchikey", "formula", "geometry")


@dataclass(frozen=True, eq=False)
class Prediction:
    """What became of one molecule.

    Attributes
    ----------
    status : "ok" | "refused" | "failed" | "cancelled"
    reason : str
        A sentence; "" when ok.
    levels : Levels or None
        None unless ok; of several conformers their average.
    conformer_levels_ev : (n_conformers, n_levels + 1) float64 [eV] or None
        Behind the occupied levels the LUMO. None of a single conformer.
    conformer_spread_ev : float [eV]
        `core.spectrum.average.band_spread_ev`; nan of a single conformer.
    temperature_k : float [K]
        At which conformers are averaged; nan of a single one.
    """

    status: str
    reason: str = ""
    levels: Levels | None = None
    conformer_levels_ev: np.ndarray | None = None
    conformer_spread_ev: float = np.nan
    temperature_k: float = np.nan


def table_of_entries(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return one row an entry, IDENTITY_COLUMNS and, behind them, its properties as `input_<name>`."""
    rows = [entry_row(e) for e in entries]
    table = pd.DataFrame({name: [row[name] for row in rows] for name in IDENTITY_COLUMNS})
    names = dict.fromkeys(name for e in entries for name in e.properties)
    inputs = {f"{OWN_PREFIX}{name}": [e.properties.get(name, "") for e in entries] for name in names}
    return pd.concat([table, pd.DataFrame(inputs, index=table.index)], axis=1)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return what the prediction table says of an entry before it is predicted."""
    molecule, geometry = entry.molecule, entry.geometry
    return conformer_columns(entry.ensemble, has_geometry=geometry is not None) | {
        "id": entry.id,
        "row": entry.row,
        "status": entry.status,
        "reason": entry.reason,
        "note": "; ".join(entry.notes),
        "smiles": molecule.smiles if molecule else "",
        "inchikey": molecule.inchikey if molecule else "",
        "formula": molecule.formula if molecule else geometry.formula if geometry else "",
        "n_atoms": geometry.n_atoms if geometry else molecule.n_atoms if molecule else 0,
        "geometry": geometry.origin if geometry else "",
        "numbers": geometry.numbers if geometry else None,
        "positions": geometry.positions.astype(np.float32).ravel() if geometry else None,
    }


def conformer_columns(ensemble: Ensemble | None, *, has_geometry: bool) -> dict[str, Any]:
    """Return what the prediction table says of a molecule's conformers; lists only where there are several."""
    if ensemble is None or len(ensemble) == 1:
        return NO_CONFORMERS | {"n_conformers": int(has_geometry)}
    positions = np.concatenate([g.positions.ravel() for g in ensemble.geometries])
    return {
        "n_conformers": len(ensemble),
        "conformer_energies_ev": ensemble.energies_ev.astype(np.float32),
        "conformer_degeneracies": ensemble.degeneracies.astype(np.int16),
        "conformer_positions": positions.astype(np.float32),
    }


def table_of_library(library: pd.DataFrame) -> pd.DataFrame:
    """Return one row a molecule of a library, IDENTITY_COLUMNS first and its other columns behind; status "ok".

    Raises
    ------
    InputError
        If the library has no `numbers` or `positions`.
    """
    missing = [c for c in ("numbers", "positions") if c not in library.columns]
    if missing:
        raise InputError(f"a library needs the columns numbers and positions, {' and '.join(missing)} not found")
    numbers = library["numbers"]
    columns = {c: text_column(library, c) for c in TEXT_COLUMNS} | {
        "row": np.arange(1, len(library) + 1),
        "status": "ok",
        "reason": "",
        "n_atoms": [0 if n is None else len(n) for n in numbers],
        "numbers": numbers.to_numpy(),
        "positions": library["positions"].to_numpy(),
    }
    columns |= library_conformers(library)
    columns["id"] = [own or unnamed(k) for k, own in enumerate(columns["id"], start=1)]
    table = pd.DataFrame({c: pd.Series(columns[c], index=range(len(library))) for c in IDENTITY_COLUMNS})
    others = library.drop(columns=[c for c in library.columns if c in COLUMNS]).reset_index(drop=True)
    return pd.concat([table, others], axis=1)


def library_conformers(library: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of conformers of a library; one without them has one conformer a molecule.

    Raises
    ------
    InputError
        If it has some of the columns and not all.
    """
    there = [c for c in NO_CONFORMERS if c in library.columns]
    if not there:
        return {c: [value] * len(library) for c, value in NO_CONFORMERS.items()} | {"n_conformers": [1] * len(library)}
    missing = [c for c in NO_CONFORMERS if c not in there]
    if missing:
        raise InputError(
            f"a library with conformers needs the columns {', '.join(NO_CONFORMERS)}; missing: {missing[0]}"
        )
    return {c: library[c].to_list() for c in NO_CONFORMERS}


def text_column(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text, "" where absent or missing."""
    if column not in table.columns:
        return [""] * len(table)
    return ["" if missing else str(x) for x, missing in zip(table[column], table[column].isna(), strict=True)]


def with_predictions(
    table: pd.DataFrame, predictions: Sequence[Prediction], *, model: str, is_reference: bool = True
) -> pd.DataFrame:
    """Return a table with one prediction a row: COLUMNS first, all others behind, in their order.

    Notes say what is doubtful, of levels of the reference's level of theory or of others: see `find_doubts`.
    """
    predicted = {name: pd.Series(values, index=table.index) for name, values in predicted_columns(predictions).items()}
    doubts = ["" if p.levels is None else doubt_note(p.levels, is_reference=is_reference) for p in predictions]
    notes = ["; ".join(filter(None, pair)) for pair in zip(map(without_doubt, table["note"]), doubts, strict=True)]
    full = table.assign(**predicted, model=model, note=notes)
    return full[[*COLUMNS, *(c for c in full.columns if c not in COLUMNS)]]


def predicted_columns(predictions: Sequence[Prediction]) -> dict[str, list[Any]]:
    """Return the columns that a prediction fills, status to expected_rmse_ev, row by row."""
    levels = [p.levels for p in predictions]
    return {
        "status": [p.status for p in predictions],
        "reason": [p.reason for p in predictions],
        "levels_ev": [None if x is None else x.valence_ev.astype(np.float32) for x in levels],
        "homo_ev": [np.nan if x is None else x.homo_ev for x in levels],
        "lumo_ev": [np.nan if x is None else x.lumo_ev for x in levels],
        "gap_ev": [np.nan if x is None else x.gap_ev for x in levels],
        "expected_rmse_ev": [np.nan if x is None else x.expected_rmse_ev for x in levels],
        "level_errors_ev": [
            None if x is None or x.level_errors_ev is None else x.level_errors_ev.round(4).astype(np.float32)
            for x in levels
        ],
        "lumo_error_ev": [np.nan if x is None else x.lumo_error_ev for x in levels],
        "temperature_k": [p.temperature_k for p in predictions],
        "conformer_spread_ev": [p.conformer_spread_ev for p in predictions],
        "conformer_levels_ev": [
            None if p.conformer_levels_ev is None else p.conformer_levels_ev.astype(np.float32).ravel()
            for p in predictions
        ],
    }
