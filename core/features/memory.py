"""Feature vectors on disk: what was computed once for one training serves the next."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.features.protocol import Featurizer
from core.files import whole_file
from core.structure.geometry import Geometry
from core.structure.identity import geometry_key


def remembered_features(featurizer: Featurizer, geometries: Sequence[Geometry], path: Path) -> np.ndarray:
    """Return the features of geometries, (n_molecules, n_features) float32; only those not in the file are computed.

    Parameters
    ----------
    path : Path
        An npz file of this featurizer's vectors, made or replaced in one move where it lacks some.
    """
    wanted = np.array([geometry_key(g).encode() for g in geometries])
    known, rows = load_rows(path, featurizer.n_features)
    missing = np.flatnonzero(~np.isin(wanted, known)).tolist()
    if missing:
        known = np.concatenate([known, wanted[missing]])
        rows = np.concatenate([rows, featurizer([geometries[k] for k in missing])])
        with whole_file(path) as draft, draft.open("wb") as file:  # given a name, savez would put its own ending to it
            np.savez(file, known=known, rows=rows)
    order = np.argsort(known, kind="stable")
    return rows[order[np.searchsorted(known, wanted, sorter=order)]]


def load_rows(path: Path, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Return geometry keys and vectors of a file, none where there is no file or it is of other features."""
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            if stored["rows"].shape[1] == n_features:
                return stored["known"], stored["rows"]
    return np.zeros(0, "S32"), np.zeros((0, n_features), np.float32)
