"""What a geometry made here does to the levels: fitted to training molecules, checked on test molecules."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from core.assets import COMPARISON
from core.evaluation.evaluate import remake_geometries
from core.evaluation.ranking_check import RELAXED
from core.files import write_text
from core.labels.label_set import LabelSet
from core.labels.splits import TEST, TRAIN
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.models.uncertainty.evaluator import WITHIN
from core.models.uncertainty.made_geometry import (
    MADE_GEOMETRY_FILE,
    MadeGeometryError,
    count_turning,
)
from core.spectrum.levels import Levels
from core.spectrum.metrics import Figures, per_molecule_rmse
from core.structure.entry import Entry
from core.structure.geometry import FAST, XTB
from core.structure.place import GeometryMode

MODES: dict[str, GeometryMode] = {FAST: "fast", XTB: "xtb"}
N_FITTED, N_CHECKED = 700, 300  # molecules


def measure_made_geometries(
    model: LevelModel,
    labels: LabelSet,
    *,
    out: Path = COMPARISON,
    n_fitted: int = N_FITTED,
    n_checked: int = N_CHECKED,
    progress: Progress | None = None,
) -> Figures:
    """Fit and check `MadeGeometryError` of every kind of geometry made here; write and return the figures.

    The stereochemistry of the last `n_fitted` training rows at relaxed geometries is read from those geometries, which are then
    forgotten; the model predicts at both geometries, and the error is fitted to the difference of the bands. The first
    `n_checked` test molecules are predicted at the made geometry and held against their reference.

    Returns
    -------
    dict
        "errors": {kind of geometry: `MadeGeometryError`}; "checked": {kind: n, rmse_ev measured, expected_ev (of learner and
        geometry together), levels_within_90: part of all levels within 1.645 expected errors}.
    """
    is_relaxed = (labels.table["geometry"] == RELAXED).to_numpy()
    train, test = (np.flatnonzero(is_relaxed & (labels.table["split"] == part).to_numpy()) for part in (TRAIN, TEST))
    to_fit, to_check = select_rows(labels, train[-n_fitted:]), select_rows(labels, test[:n_checked])
    result: Figures = {"errors": {}, "checked": {}}
    for origin, mode in MODES.items():
        rows, entries, _ = remake_geometries(to_fit, mode=mode, progress=progress)
        own = model.predict_levels(select_rows(to_fit, rows).geometries())
        fitted = fit_made_geometry_error(smiles_of(entries), per_molecule_rmse(predict_placed(model, entries), own))
        result["errors"][origin] = fitted.model_dump()
        rows, entries, _ = remake_geometries(to_check, mode=mode, progress=progress)
        result["checked"][origin] = check_made_geometry_error(
            fitted, smiles_of(entries), predict_placed(model, entries), select_rows(to_check, rows).levels()
        )
    write_text(out / MADE_GEOMETRY_FILE, json.dumps(result, indent=1))
    return result


def select_rows(labels: LabelSet, rows: Sequence[int] | np.ndarray) -> LabelSet:
    """Return the labels at these places, which ascend."""
    return labels.select(np.isin(np.arange(len(labels)), rows))


def predict_placed(model: LevelModel, entries: Sequence[Entry]) -> list[Levels]:
    """Return the levels of entries that have a geometry."""
    return model.predict_levels([entry.geometry for entry in entries if entry.geometry is not None])


def smiles_of(entries: Sequence[Entry]) -> list[str]:
    """Return the SMILES of each entry."""
    return [entry.molecule.smiles if entry.molecule else "" for entry in entries]


def fit_made_geometry_error(smiles: Sequence[str], rmse_ev: np.ndarray) -> MadeGeometryError:
    """Return the error whose squares fit those measured of molecules, (n,) [eV], with no negative term."""
    counts = np.array([(1, *count_turning(s)) for s in smiles], dtype=np.float64)
    squares, _ = nnls(counts, np.square(rmse_ev))
    rigid, rotatable, rotor = np.sqrt(squares).tolist()
    return MadeGeometryError(rigid_ev=rigid, rotatable_ev=rotatable, rotor_ev=rotor, n_fitted=len(smiles))


def check_made_geometry_error(
    fitted: MadeGeometryError, smiles: Sequence[str], predicted: Sequence[Levels], reference: Sequence[Levels]
) -> Figures:
    """Return how the expected errors, learner's and geometry's together, compare with those measured; see above."""
    band = [k for k, r in enumerate(reference) if r.has_band]
    errors = np.array([predicted[k].band_ev - reference[k].band_ev for k in band])  # (n, N_BAND)
    expected = np.array([np.hypot(predicted[k].expected_rmse_ev, fitted.of(smiles[k])) for k in band])
    return {
        "n": len(band),
        "rmse_ev": float(np.sqrt(np.mean(errors**2))),
        "expected_ev": float(np.sqrt(np.mean(expected**2))),
        "levels_within_90": float(np.mean(np.abs(errors) <= WITHIN * expected[:, None])),
    }
