"""A library's geometries moved to where a better method would put the atoms, as predictions of single molecules are."""

import numpy as np
import pandas as pd

from core.models.geometry.correction import FOLDERS, correct_ensembles
from core.table_conformers import conformers_of_row


def move_library(library: pd.DataFrame) -> pd.DataFrame:
    """Return a library whose geometries that were made here are moved (`core.models.geometry.correction`), all conformers'.

    Parameters
    ----------
    library : DataFrame
        As `core.library.store.load_library` returns it.
    """
    rows = [k for k, origin in enumerate(library["geometry"]) if origin in FOLDERS]
    columns = {name: library[name].to_list() for name in ("positions", "conformer_positions", "geometry")}
    ensembles = [conformers_of_row(record) for record in library.iloc[rows].to_dict("records")]
    for k, moved in zip(rows, correct_ensembles(ensembles), strict=True):
        columns["geometry"][k] = moved.geometries[0].origin
        flat = [g.positions.round(5).astype(np.float32).ravel() for g in moved.geometries]
        columns["positions"][k] = flat[0]
        if len(flat) > 1:
            columns["conformer_positions"][k] = np.concatenate(flat)
    return library.assign(**{name: pd.Series(values, index=library.index) for name, values in columns.items()})
