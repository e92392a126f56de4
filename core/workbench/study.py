"""How well a correction learns labels: molecules left out in turn, with ever more labels, drawn or chosen by doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from core.errors import InputError
from core.evaluation.ionisation_check import by_line
from core.labels.label_set import LabelSet
from core.machine.pools import map_in_processes
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.models.delta.inputs import LevelInputs
from core.models.delta.process import LevelProcess, fit_process
from core.models.delta.recipe import molecule_codes, pair_levels
from core.models.protocol import ExplainedLevels
from core.models.uncertainty.evaluator import WITHIN
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import Figures
from core.workbench.doubt import choose_spread, molecule_doubts

MIN_MOLECULES = 10  # to leave any out
N_FIFTHS = 5
FIRST_LABELS = 12
DRAWN, CHOSEN, BY_LINE = "drawn", "doubt", "line"
STUDY_SEED = 1
SLOWEST_FALL = 0.05  # of the error with the number of labels, as a power: below, no number is told
FURTHEST = 20.0  # times the labels there are: no number beyond is told


@dataclass(frozen=True, eq=False)
class LabelPairs:
    """Levels that labels tell of, those of the network that they are learnt from, and of which molecule each is.

    Attributes
    ----------
    inputs : LevelInputs
    levels_ev : (n_levels,) [eV]
        The labels'.
    molecules : (n_levels,) of int
        Rows of one molecule are one: they are on one side of every split.
    depth : (n_levels,) of int
        0 is the HOMO.
    """

    inputs: LevelInputs
    levels_ev: np.ndarray
    molecules: np.ndarray
    depth: np.ndarray

    def of(self, molecules: np.ndarray) -> np.ndarray:
        """Return the places of those molecules' levels."""
        return np.flatnonzero(np.isin(self.molecules, molecules))

    def table(self, some: np.ndarray) -> pd.DataFrame:
        """Return row, depth and label_ev of some levels."""
        return pd.DataFrame(
            {"row": self.inputs.molecules[some], "depth": self.depth[some], "label_ev": self.levels_ev[some]}
        )

    def fit(self, molecules: np.ndarray) -> LevelProcess:
        """Return the correction learnt from some molecules."""
        some = self.of(molecules)
        grouped = replace(self.inputs.select(some), molecules=self.molecules[some])
        return fit_process(grouped, self.levels_ev[some])


@dataclass(frozen=True, eq=False)
class LabelStudy:
    """How well labels are learnt.

    Attributes
    ----------
    left_out : DataFrame
        row (of the labels), depth (0 is the HOMO), label_ev, predicted_ev, error_ev: each level as predicted, and the error
        expected of it, by what the molecules of other folds teach.
    curve : DataFrame
        way, n_molecules, fold, mae_ev of the band: DRAWN at random, CHOSEN by doubt, or the best straight BY_LINE of those drawn.
    n_molecules : int
        Constitutions.
    """

    left_out: pd.DataFrame
    curve: pd.DataFrame
    n_molecules: int

    def figures(self) -> Figures:
        """Return n_molecules, n_levels, mae_ev, rmse_ev, mean_signed_error_ev of the band, homo_mae_ev, levels_within_90."""
        band = self.left_out[self.left_out["depth"] < N_BAND]
        off = (band["predicted_ev"] - band["label_ev"]).to_numpy()
        homo = np.abs(off[(band["depth"] == 0).to_numpy()])
        return {
            "n_molecules": self.n_molecules,
            "n_levels": len(band),
            "mae_ev": float(np.abs(off).mean()),
            "rmse_ev": float(np.sqrt(np.mean(off**2))),
            "mean_signed_error_ev": float(off.mean()),
            "homo_mae_ev": float(homo.mean()) if len(homo) else float("nan"),
            "levels_within_90": float((np.abs(off) <= WITHIN * band["error_ev"].to_numpy()).mean()),
        }


def pair_labels(explained: Sequence[ExplainedLevels], labels: LabelSet) -> LabelPairs:
    """Return the pairs of levels that labels give, by the network's levels of the same rows.

    Raises
    ------
    InputError
        If the labels are of fewer than MIN_MOLECULES molecules.
    """
    inputs, levels = pair_levels(explained, labels)
    codes = molecule_codes(labels)
    if (n_molecules := len(np.unique(codes))) < MIN_MOLECULES:
        left = labels.left_out.head(1).to_dict("records")
        without = (
            f"; left out: {len(labels.left_out)} rows, the first {left[0]['id']}: {left[0]['reason']}" if left else ""
        )
        raise InputError(
            f"a correction needs labels of at least {MIN_MOLECULES} different molecules, got {n_molecules}{without}"
        )
    sizes = np.bincount(inputs.molecules, minlength=len(labels))
    depth = np.concatenate([np.arange(size)[::-1] for size in sizes])
    return LabelPairs(inputs, levels, codes[inputs.molecules], depth)


def study_labels(
    pairs: LabelPairs,
    *,
    n_workers: int | None = None,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> LabelStudy | None:
    """Leave each fifth of the molecules out in turn, and learn from ever more of the others; None where it was cancelled."""
    order = np.random.default_rng(STUDY_SEED).permutation(np.unique(pairs.molecules))
    folds = np.array_split(order, N_FIFTHS)
    sizes = label_counts(min(len(order) - len(fold) for fold in folds))
    learn = partial(study_fold, pairs=pairs, order=order, sizes=sizes)
    left_out: list[pd.DataFrame] = []
    rows: list[pd.DataFrame] = []
    progress(0, N_FIFTHS)
    for number, (found, curve) in enumerate(
        map_in_processes(learn, folds, n_workers=n_workers, should_cancel=should_cancel)
    ):
        left_out.append(found)
        rows.append(curve.assign(fold=number))
        progress(number + 1, N_FIFTHS)
    if len(rows) < N_FIFTHS:
        return None
    table = pd.concat(left_out).sort_values(["row", "depth"], ignore_index=True)
    return LabelStudy(table, pd.concat(rows, ignore_index=True), len(order))


def study_fold(
    fold: np.ndarray, *, pairs: LabelPairs, order: np.ndarray, sizes: Sequence[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the levels of a fold as all others teach them, and the band's errors with ever more of the others."""
    others = np.random.default_rng((STUDY_SEED, int(fold[0]))).permutation(np.setdiff1d(order, fold))[: sizes[-1]]
    rows: list[dict[str, object]] = []
    chosen = others[: sizes[0]]
    process = pairs.fit(chosen)
    for size in sizes:
        if size > sizes[0]:
            chosen = others if size == len(others) else choose_more(process, pairs, chosen, others, n_molecules=size)
            process = pairs.fit(chosen)
        by_doubt = found = predict_levels_of(process, pairs, fold)
        if sizes[0] < size < len(others):
            found = predict_levels_of(pairs.fit(others[:size]), pairs, fold)
        by_line = predict_by_line(pairs, fold, others[:size])
        for way, table in {DRAWN: found, CHOSEN: by_doubt, BY_LINE: by_line}.items():
            band = table[table["depth"] < N_BAND]
            mae_ev = float((band["predicted_ev"] - band["label_ev"]).abs().mean())
            rows.append({"way": way, "n_molecules": size, "mae_ev": mae_ev})
    return found, pd.DataFrame(rows)


def label_counts(n_most: int) -> list[int]:
    """Return how many molecules are learnt from: FIRST_LABELS, twice as many, ... and all, which no count comes near."""
    counts = [min(FIRST_LABELS, n_most)]
    while counts[-1] * 3 < n_most:
        counts.append(2 * counts[-1])
    return counts if counts[-1] == n_most else [*counts, n_most]


def choose_more(
    process: LevelProcess, pairs: LabelPairs, chosen: np.ndarray, others: np.ndarray, *, n_molecules: int
) -> np.ndarray:
    """Return the molecules chosen so far, and of the others those that the process doubts most, `n_molecules` in all."""
    rest = np.setdiff1d(others, chosen)
    band = pairs.of(rest)
    band = band[pairs.depth[band] < N_BAND]
    known, codes = np.unique(pairs.molecules[band], return_inverse=True)
    doubts, places = molecule_doubts(process, replace(pairs.inputs.select(band), molecules=codes))
    more: np.ndarray = np.r_[chosen, known[choose_spread(doubts, places, n_molecules - len(chosen))]]
    return more


def predict_levels_of(process: LevelProcess, pairs: LabelPairs, molecules: np.ndarray) -> pd.DataFrame:
    """Return `LabelStudy.left_out` of some molecules."""
    some = pairs.of(molecules)
    predicted, errors = process(pairs.inputs.select(some))
    return pairs.table(some).assign(predicted_ev=predicted, error_ev=errors)


def predict_by_line(pairs: LabelPairs, molecules: np.ndarray, known: np.ndarray) -> pd.DataFrame:
    """Return the same by the best straight line through the levels of known molecules; no error is known of it."""
    learnt, some = pairs.of(known), pairs.of(molecules)
    predicted, _ = by_line(pairs.inputs.select(learnt), pairs.levels_ev[learnt], pairs.inputs.select(some))
    return pairs.table(some).assign(predicted_ev=predicted)


def labels_needed(study: LabelStudy, *, target_ev: float) -> tuple[float, float, float] | None:
    """Return how many molecules bring the band's error down to a target: likeliest, low and high; None if no number can be told.

    By the power of the number of labels along which the error of those drawn falls: of all folds together, and the lowest and
    highest of leaving a fold out. No number is told where the error hardly falls, there are fewer than three counts, or the
    number is beyond FURTHEST times what was learnt from.
    """
    curve = study.curve[study.curve["way"] == DRAWN]
    if curve["n_molecules"].nunique() < 3:
        return None
    parts = [curve, *(curve[curve["fold"] != fold] for fold in curve["fold"].unique())]
    found = [crossing(part.groupby("n_molecules")["mae_ev"].mean(), target_ev) for part in parts]
    if not np.isfinite(found[0]) or found[0] > FURTHEST * curve["n_molecules"].max():
        return None
    return found[0], min(found), max(found)


def crossing(errors_ev: pd.Series, target_ev: float) -> float:
    """Return at which number of molecules, the index, a power law through errors reaches a target; infinity if it does not."""
    slope, intercept = np.polyfit(np.log(errors_ev.index.to_numpy(float)), np.log(errors_ev.to_numpy()), 1)
    return float(np.exp((np.log(target_ev) - intercept) / slope)) if slope < -SLOWEST_FALL else float("inf")
