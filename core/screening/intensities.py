"""How strongly the levels of a scan show in a photoelectron spectrum: found when first needed, kept in bounded memory."""

import hashlib
from collections import OrderedDict
from threading import Lock

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.models.protocol import LevelModel
from core.models.registry import load_model
from core.spectrum.cross_sections import ALIKE, check_intensities, level_intensities, photon_energy_of, table_of
from core.structure.entry import OK
from core.structure.geometry import Geometry

PIECE = 500  # molecules between two reports of progress
MAX_KEPT_INTENSITIES = 60_000  # molecules, five home libraries: 100 bytes of levels and as much of bookkeeping each
_kept: OrderedDict[bytes, np.ndarray] = OrderedDict()
_lock = Lock()


def key_of(numbers: np.ndarray, positions: np.ndarray, model: str, kind: str) -> bytes:
    """Return what a molecule's intensities are kept under."""
    digest = hashlib.blake2b(np.asarray(positions, np.float32).tobytes(), digest_size=16)
    digest.update(np.asarray(numbers, np.uint8).tobytes() + f"|{model}|{kind}".encode())
    return digest.digest()


def intensities_of(
    scan: pd.DataFrame,
    *,
    kind: str,
    model: LevelModel | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[np.ndarray | None] | None:
    """Return the relative intensities of a scan's levels, row by row.

    Parameters
    ----------
    scan : prediction table
    kind : key of `core.spectrum.cross_sections.INTENSITIES`, or of a photon energy
    model : learner, optional
        That made the scan; loaded by the scan's column `model` when left out.
    progress, should_cancel
        Called after and before every piece of molecules. A cancelled run gives None.

    Returns
    -------
    list of (n_levels,) float32, None where a row has no prediction; or None altogether where levels count alike, because
    `kind` says so, because the learner knows no weights of atoms in its levels or is not there, or when cancelled.

    Raises
    ------
    EigenscopeError
        If there is no such kind.
    """
    check_intensities(kind)
    if kind == ALIKE or not {"numbers", "positions", "model"} <= set(scan):
        return None
    report, cancelled = progress or report_nothing, should_cancel or never_cancel
    rows = scan[["status", "numbers", "positions", "model"]].itertuples(index=False)
    keys = [key_of(r.numbers, r.positions, str(r.model), kind) if r.status == OK else None for r in rows]
    with _lock:
        found = {key: _kept[key] for key in keys if key is not None and key in _kept}
    missing = {k: key for k, key in enumerate(keys) if key is not None and key not in found}
    if missing:
        learner = model or find_learner(str(scan["model"].iloc[next(iter(missing))]))
        if learner is None:
            return None
        places = list(missing)
        for start in range(0, len(places), PIECE):
            if cancelled():
                return None
            report(start, len(places))
            piece = places[start : start + PIECE]
            made = weigh_levels(scan.iloc[piece], learner, kind=kind)
            if made is None:
                return None
            found |= {missing[k]: values for k, values in zip(piece, made, strict=True)}
        report(len(places), len(places))
        keep({key: found[key] for key in missing.values()})
    return [None if key is None else found[key] for key in keys]


def find_learner(key: str) -> LevelModel | None:
    """Return the learner of a key; None where it is not there."""
    try:
        return load_model(key)
    except EigenscopeError:
        return None


def weigh_levels(scan: pd.DataFrame, model: LevelModel, *, kind: str) -> list[np.ndarray] | None:
    """Return the intensities (n_levels,) float32 of predicted rows; None without weights or cross-sections."""
    table, reach_ev = table_of(kind), photon_energy_of(kind)
    if not set(np.unique(np.concatenate(list(scan["numbers"])))) <= set(table):
        return None
    geometries = [Geometry(z, r) for z, r in zip(scan["numbers"], scan["positions"], strict=True)]
    made = []
    for geometry, levels in zip(geometries, model.predict_levels(geometries, weights=True), strict=True):
        if levels.atom_weights is None or levels.s_weights is None:
            return None
        n_levels = len(levels.valence_ev)  # behind them is the LUMO
        weights, s_weights = levels.atom_weights[:n_levels], levels.s_weights[:n_levels]
        intensities = level_intensities(geometry.numbers, weights, s_weights, table=table)
        intensities[levels.valence_ev <= -reach_ev] = 0.0  # deeper than the photons reach
        made.append(intensities.astype(np.float32))
    return made


def keep(found: dict[bytes, np.ndarray]) -> None:
    """Keep intensities; the oldest go first."""
    with _lock:
        _kept.update(found)
        while len(_kept) > MAX_KEPT_INTENSITIES:
            _kept.popitem(last=False)


def forget_intensities() -> None:
    """Drop all intensities that are kept."""
    with _lock:
        _kept.clear()
