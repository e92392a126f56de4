"""The prediction table: one row a molecule, whatever became of it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.spectrum.levels import Levels
from core.structure.entry import Entry

ENTRY_COLUMNS = (
    "id", "row", "status", "reason", "smiles", "inchikey", "formula", "n_atoms", "geometry", "numbers", "positions",
)  # fmt: skip
COLUMNS = (*ENTRY_COLUMNS, "levels_ev", "homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev", "model")


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
