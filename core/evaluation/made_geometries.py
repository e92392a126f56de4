"""What a geometry made here does to the levels: fitted to training molecules, checked on test molecules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from core.assets import COMPARISON
from core.evaluation.from_smiles import FromSmiles, predict_made, remake_geometries
from core.evaluation.ranking_check import RELAXED
from core.files import write_text
from core.labels.label_set import LabelSet
from core.labels.splits import TEST, TRAIN
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.models.uncertainty.evaluator import WITHIN, coverage_curve
from core.models.uncertainty.made_geometry import (
    MADE_GEOMETRY_FILE,
    MadeGeometryError,
    count_turning,
    kind_of,
)
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import Figures, per_molecule_rmse
from core.structure.entry import Entry
from core.structure.geometry import FAST, LEARNT, XTB
from core.structure.place import ConformerMode, GeometryMode

Made = tuple[list[int], list[Entry]]  # rows of labels, and their molecules at geometries made anew
N_FITTED, N_CHECKED = 700, 300  # molecules


@dataclass(frozen=True)
class Way:
    """One way from SMILES to levels.

    Attributes
    ----------
    mode, conformers
        See `core.structure.place.placement_of`.
    is_moved : bool
        Whether a network moves the atoms of the geometries made (`core.models.geometry.correction`).
    origin : str
        What the geometries are then said to be made by.
    """

    mode: GeometryMode
    conformers: ConformerMode
    is_moved: bool
    origin: str

    @property
    def kind(self) -> str:
        """Under which its error is kept."""
        return kind_of(self.origin, is_averaged=self.conformers != "one")


MADE: tuple[tuple[GeometryMode, ConformerMode, str], ...] = (
    ("fast", "one", FAST),
    ("xtb", "one", XTB),
    ("xtb", "ensemble", XTB),
)
WAYS = tuple(
    Way(mode, conformers, is_moved, f"{origin} + {LEARNT}" if is_moved else origin)
    for mode, conformers, origin in MADE
    for is_moved in (False, True)
)


def measure_made_geometries(
    model: LevelModel,
    labels: LabelSet,
    *,
    out: Path = COMPARISON,
    n_fitted: int = N_FITTED,
    n_checked: int = N_CHECKED,
    known: Mapping[str, MadeGeometryError] | None = None,
    progress: Progress | None = None,
) -> Figures:
    """Fit and check `MadeGeometryError` of every way from SMILES to levels; write and return the figures.

    The stereochemistry of the last `n_fitted` training rows at relaxed geometries is read from those geometries, which are then
    forgotten; the model predicts at both geometries, and the error is fitted to the difference of the bands. The first
    `n_checked` test molecules are predicted at the made geometry and held against their reference.

    Parameters
    ----------
    known : {kind: MadeGeometryError}, optional
        Fitted before: they stay, and are only checked.

    Returns
    -------
    dict
        "errors": {kind: `MadeGeometryError`}; "checked": {kind: n, rmse_ev measured, median_ev of the molecules' RMSE,
        expected_ev (of learner and geometry together), levels_within_90: part of all levels within 1.645 expected errors,
        coverage: `coverage_curve`}.
    """
    is_relaxed = (labels.table["geometry"] == RELAXED).to_numpy()
    train, test = (np.flatnonzero(is_relaxed & (labels.table["split"] == part).to_numpy()) for part in (TRAIN, TEST))
    to_fit, to_check = select_rows(labels, train[-n_fitted:]), select_rows(labels, test[:n_checked])
    result: Figures = {"errors": {}, "checked": {}}

    def remake(part: LabelSet, mode: GeometryMode, conformers: ConformerMode) -> Made:
        return remake_geometries(part, mode=mode, conformers=conformers, progress=progress)[:2]

    for (mode, conformers), ways in groupby(WAYS, key=lambda way: (way.mode, way.conformers)):
        made_to_fit = remake(to_fit, mode, conformers) if known is None else ([], [])
        made = remake(to_check, mode, conformers)
        for way in ways:
            fitted = fit_way(model, way, to_fit, made_to_fit) if known is None else known[way.kind]
            check = predict_made(model, *made, is_moved=way.is_moved)
            result["errors"][way.kind] = fitted.model_dump()
            reference = select_rows(to_check, check.rows).levels()
            result["checked"][way.kind] = check_made_geometry_error(fitted, check, reference)
    write_text(out / MADE_GEOMETRY_FILE, json.dumps(result, indent=1))
    return result


def fit_way(model: LevelModel, way: Way, labels: LabelSet, made: Made) -> MadeGeometryError:
    """Return the error fitted to how far predictions at geometries made of labels' molecules are from those at their own."""
    fit = predict_made(model, *made, is_moved=way.is_moved)
    own = model.predict_levels(select_rows(labels, fit.rows).geometries())
    return fit_made_geometry_error(fit.smiles, per_molecule_rmse(fit.levels, own), fit.spreads_ev)


def select_rows(labels: LabelSet, rows: Sequence[int] | np.ndarray) -> LabelSet:
    """Return the labels at these places, which ascend."""
    return labels.select(np.isin(np.arange(len(labels)), rows))


def fit_made_geometry_error(smiles: Sequence[str], rmse_ev: np.ndarray, spreads_ev: np.ndarray) -> MadeGeometryError:
    """Return the error whose squares fit those measured of molecules, (n,) [eV], with no negative term."""
    terms = np.array([(1, *count_turning(s), spread**2) for s, spread in zip(smiles, spreads_ev, strict=True)])
    squares, _ = nnls(terms, np.square(rmse_ev))
    rigid, rotatable, rotor, spread = np.sqrt(squares).tolist()
    return MadeGeometryError(
        rigid_ev=rigid, rotatable_ev=rotatable, rotor_ev=rotor, spread=spread, n_fitted=len(smiles)
    )


def check_made_geometry_error(fitted: MadeGeometryError, made: FromSmiles, reference: Sequence[Levels]) -> Figures:
    """Return how the expected errors, learner's and geometry's together, compare with those measured; see above."""
    band = [k for k, r in enumerate(reference) if r.has_band and made.levels[k].has_band]
    errors = np.array([made.levels[k].band_ev - reference[k].band_ev for k in band])  # (n, N_BAND)
    expected = np.array(
        [np.hypot(made.levels[k].errors_ev[-N_BAND:], fitted.of(made.smiles[k], made.spreads_ev[k])) for k in band]
    )  # the same
    return {
        "n": len(band),
        "rmse_ev": float(np.sqrt(np.mean(errors**2))),
        "median_ev": float(np.median(np.sqrt(np.mean(errors**2, axis=1)))),
        "expected_ev": float(np.sqrt(np.mean(expected**2))),
        "levels_within_90": float(np.mean(np.abs(errors) <= WITHIN * expected)),
        "coverage": coverage_curve(errors, expected),
    }
