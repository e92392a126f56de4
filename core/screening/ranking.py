"""Rank: every candidate's score against a target, best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.models.uncertainty.made_geometry import total_errors_ev
from core.screening.comparison import METRICS, LevelComparison, SpectralComparison, check_window
from core.screening.conformer_spectra import StackedConformers, stack_conformers
from core.screening.probability import row_constitutions
from core.screening.shifts import fit_shifts, shift_spectra
from core.screening.spectra import broaden_all, spectra_of_levels, stack_at_homo, stack_levels, wide_grid
from core.spectrum.broaden import SIGMA_EV
from core.spectrum.ionisation import IonisationLine
from core.spectrum.target import Target
from core.structure.entry import OK

MIN_SIGMA_EV = 0.1  # the grid's step: a narrower line falls between its points
INTERPOLATED_SIGMA_EV = 0.3  # below it, shifted spectra are broadened anew and not interpolated
N_ERRORS = 100  # rows that get an error bar
N_DRAWS = 32  # level errors drawn for it: the bar itself is good to 12%
BOOTSTRAP_SEED = 20190110  # any fixed number: the same ranking twice gives the same bars
RANKING_COLUMNS = ("rank", "score", "score_error", "shift_ev", "shift_at_bound", "conformer", "unranked_reason")
ADDED_COLUMNS = ("probability", "n_stereoisomers")  # that other steps put to a ranking
BEST, AVERAGE = "best", "average"  # what stands for a row of several conformers
MAX_SHIFT_EV = 6.0  # PBE's HOMO lies 3.0 to 5.2 eV above minus the first ionisation energy (5 to 95 % of 113 molecules)

Rescore = Callable[
    [np.ndarray, np.ndarray], np.ndarray
]  # rows (n,), their levels (n, ..., n_levels) [eV] -> (n, ...) scores
Compared = tuple[np.ndarray, np.ndarray, Rescore]  # scores, shifts (n_rows,) [eV], and what scores other levels


def rank_candidates(  # noqa: PLR0913 - each option by keyword
    scan: pd.DataFrame,
    target: Target,
    *,
    metric: str = "rse",
    window_ev: tuple[float, float] | None = (-30.0, 0.0),
    shift: bool = False,
    max_shift_ev: float = MAX_SHIFT_EV,
    top: int | None = 50,
    sigma_ev: float = SIGMA_EV,
    line: IonisationLine | None = None,
    intensities: Sequence[np.ndarray | None] | None = None,
    conformers: str = BEST,
    shape: str = "gaussian",
    is_folded: bool = False,
) -> pd.DataFrame:
    """Return the candidates of a scan ordered by how well they match the target.

    Both sides are broadened by lines of `sigma_ev` and `shape` (a curve without levels stays as it is) and cropped to the
    window. Each candidate contributes its `target.n_levels` highest levels; with `shift` it is moved rigidly to where it
    fits best. For the metric "levels" the window picks the target's levels, and the candidates' of the same places.

    Parameters
    ----------
    metric : key of METRICS
    window_ev : (low, high) [eV], or None for the whole grid; cropped to what is known of the target
    top : int, or None for every row: the ranked ones, then those that cannot be ranked
    line : IonisationLine or None; brings candidates' levels onto the scale of ionisation energies before they are compared
    intensities : sequence of (n_levels,) or None, one a row
        Relative intensities of each row's levels, ascending as they; 1 where left out.
    conformers : "best" | "average"
        What stands for a row of several: the one that fits best (or their average, where that does), or always the average.

    Returns
    -------
    DataFrame
        rank (1 = best, <NA> where not ranked), score, score_error, shift_ev (added to the candidate's energies), shift_at_bound
        (a larger one might fit better), conformer (from 1; <NA> where there is one, or the average fits), unranked_reason
        ("" where ranked), then the scan's columns. `attrs` holds metric, window_ev, n_ranked, n_unranked.

        score_error is the rms change of the score when the levels get independent Gaussian errors of the candidate's
        `total_errors_ev`, with a line its spread too (seeded draws, shift kept), for the first N_ERRORS rows (`is_folded`: of
        other constitutions); nan beyond, and where none is expected. Nearer candidates are not told apart.

    Raises
    ------
    EigenscopeError
        For a bad option, or a metric that needs levels which the target lacks.
    """
    check_top(top)
    scored = score_candidates(
        scan, target, metric=metric, window_ev=window_ev, shift=shift, max_shift_ev=max_shift_ev, sigma_ev=sigma_ev,
        line=line, intensities=intensities, conformers=conformers, shape=shape,
    )  # fmt: skip
    n_ranked = int(np.isfinite(scored.scores).sum())
    order = scored.order[: None if top is None else min(top, n_ranked)]
    errors = score_errors(scan, scored, rows_with_errors(scan, order[:n_ranked], is_folded=is_folded))
    table = ranking_table(scan, order, n_ranked, scored=scored, errors=errors)
    table.attrs = {"metric": metric, "window_ev": list(scored.window_ev)} | count_ranked(scan, n_ranked)
    return table


def count_ranked(scan: pd.DataFrame, n_ranked: int) -> dict[str, int]:
    """Return how many candidates have a rank and how many have none, as a ranking's attributes hold them."""
    return {"n_ranked": n_ranked, "n_unranked": len(scan) - n_ranked}


def rows_with_errors(scan: pd.DataFrame, ranked: np.ndarray, *, is_folded: bool) -> np.ndarray:
    """Return the rows, of those ranked (n_ranked,), best first, that get error bars; where they are folded the best of each."""
    if is_folded:
        ranked = ranked[~row_constitutions(scan.iloc[ranked]).duplicated().to_numpy()]
    return ranked[:N_ERRORS]


def check_top(top: int | None) -> None:
    """Raise EigenscopeError unless it is how many hits are wanted, or None."""
    if top is not None and top < 1:
        raise EigenscopeError(f"top must be at least 1, or None for all, got {top}")


@dataclass(frozen=True, eq=False)
class Scores:
    """Every candidate's score against one target.

    Attributes
    ----------
    scores : (n_rows,) float
        nan where a row cannot be ranked.
    shifts : (n_rows,) float [eV]
    order : (n_rows,) int
        Rows, best first, ties in the scan's order; those that cannot be ranked last.
    levels : (n_rows, n_levels) float32 [eV]
        What was compared, before the shift; on the scale of ionisation energies where there is a line.
    n_levels : int or None
        How many levels a row must have.
    window_ev : (low, high) [eV]
    rescore : callable
        Scores of other levels of some rows.
    max_shift_ev : float [eV]
        The largest that was tried; 0 where none was fitted.
    line : IonisationLine or None
    conformers : (n_rows,) int
        Which conformer of each row was compared, from 1; 0 where it has one, or their average was.
    """

    scores: np.ndarray
    shifts: np.ndarray
    order: np.ndarray
    levels: np.ndarray
    n_levels: int | None
    window_ev: tuple[float, float]
    rescore: Rescore
    max_shift_ev: float = 0.0
    line: IonisationLine | None = None
    conformers: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def at_bound(self) -> np.ndarray:
        """(n_rows,) whether the shift is the largest that is allowed."""
        found: np.ndarray = (np.abs(self.shifts) >= self.max_shift_ev - 1e-6) & (self.max_shift_ev > 0)
        return found


def score_candidates(  # noqa: PLR0913 - as `rank_candidates`
    scan: pd.DataFrame,
    target: Target,
    *,
    metric: str = "rse",
    window_ev: tuple[float, float] | None = (-30.0, 0.0),
    shift: bool = False,
    max_shift_ev: float = MAX_SHIFT_EV,
    sigma_ev: float = SIGMA_EV,
    line: IonisationLine | None = None,
    intensities: Sequence[np.ndarray | None] | None = None,
    conformers: str = BEST,
    shape: str = "gaussian",
) -> Scores:
    """Return the scores of `rank_candidates`, whose parameters and errors these are, without its table and bars."""
    check_ranking_options(metric, shift=shift, max_shift_ev=max_shift_ev, sigma_ev=sigma_ev, conformers=conformers)
    limit = max_shift_ev if shift else None
    by_level = LevelComparison(target, window_ev=window_ev) if metric == "levels" else None
    n_levels = target.n_levels if by_level is None else by_level.n_levels
    levels = stack_levels(scan, n_levels)
    weights = None if intensities is None else stack_at_homo(intensities, levels)
    levels = place_levels(levels, line)
    stacked = stack_conformers(scan, levels.shape[1], is_whole=n_levels is not None)
    stacked = replace(stacked, levels_ev=place_levels(stacked.levels_ev, line))
    low, high = (-np.inf, np.inf) if window_ev is None else window_ev
    if by_level is None:
        low, high = check_window(window_ev, target)
        spectral = SpectralComparison(metric, target, window_ev=(low, high), sigma_ev=sigma_ev, shape=shape)

    def compare(some: np.ndarray, rows: np.ndarray, averaged: StackedConformers) -> Compared:
        if by_level is not None:
            return score_by_level(some, by_level, limit)
        own = None if weights is None else weights[rows]
        return score_spectra(
            some, spectral, limit, sigma_ev=sigma_ev, shape=shape, intensities=own, conformers=averaged
        )

    scores, shifts, rescore = compare(levels, np.arange(len(levels)), stacked)
    places = np.zeros(len(levels), dtype=np.int64)
    lower_is_better = METRICS[metric].lower_is_better
    if conformers == BEST and len(stacked.rows):
        each, each_shift, _ = compare(stacked.levels_ev, stacked.rows, stacked.nothing())
        rows, best = stacked.better_than(scores, each, lower_is_better=lower_is_better)
        scores[rows], shifts[rows], levels[rows] = each[best], each_shift[best], stacked.levels_ev[best]
        places[rows] = stacked.places()[best]
    keys = np.where(np.isfinite(scores), scores if lower_is_better else -scores, np.inf)
    order = np.argsort(keys, kind="stable")
    window = (float(low), float(high))
    return Scores(scores, shifts, order, levels, n_levels, window, rescore, limit or 0.0, line, places)


def place_levels(levels_ev: np.ndarray, line: IonisationLine | None) -> np.ndarray:
    """Return levels [eV], in any shape, as they stand, or where a line brings them: minus ionisation energies."""
    return levels_ev if line is None else line.placed_ev(levels_ev)


def check_ranking_options(metric: str, *, shift: bool, max_shift_ev: float, sigma_ev: float, conformers: str) -> None:
    """Raise EigenscopeError unless the options of `score_candidates` make sense."""
    if metric not in METRICS:
        raise EigenscopeError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if conformers not in (BEST, AVERAGE):
        raise EigenscopeError(f"conformers must be {BEST} or {AVERAGE}, got {conformers!r}")
    if not MIN_SIGMA_EV <= sigma_ev < np.inf:
        raise EigenscopeError(f"sigma_ev must be at least {MIN_SIGMA_EV} (the grid's step), got {sigma_ev}")
    if shift and not 0 < max_shift_ev <= 10:
        raise EigenscopeError(f"max_shift_ev must be > 0 and at most 10, got {max_shift_ev}")


def score_by_level(levels: np.ndarray, comparison: LevelComparison, limit: float | None) -> Compared:
    """Return scores (n_rows,), shifts (n_rows,) [eV] and the function that scores other levels."""
    shifts = np.zeros(len(levels)) if limit is None else comparison.fit_shift(levels, max_shift_ev=limit)
    return (
        comparison.score(levels + shifts[:, None]),
        shifts,
        lambda _, other: comparison.score(np.sort(other, axis=-1)),
    )


def score_spectra(
    levels: np.ndarray,
    comparison: SpectralComparison,
    limit: float | None,
    *,
    sigma_ev: float,
    shape: str,
    conformers: StackedConformers,
    intensities: np.ndarray | None = None,
) -> Compared:
    """Return scores (n_rows,), shifts (n_rows,) [eV] and the function that scores other levels, without conformers."""

    def rescore(rows: np.ndarray, other: np.ndarray) -> np.ndarray:
        areas = None
        if intensities is None:
            other = np.sort(other, axis=-1)  # as the levels that were scored, for the same last digit
        else:
            areas = np.broadcast_to(np.expand_dims(intensities[rows], tuple(range(1, other.ndim - 1))), other.shape)
            areas = areas.reshape(-1, other.shape[-1])
        flat = broaden_all(
            other.reshape(-1, other.shape[-1]),
            grid_ev=comparison.grid_ev,
            sigma_ev=sigma_ev,
            shape=shape,
            intensities=areas,
        )
        return comparison.score(flat.reshape(*other.shape[:-1], -1))

    def spectra(grid_ev: np.ndarray, shift_ev: np.ndarray | None = None) -> np.ndarray:
        lines: dict[str, Any] = {"grid_ev": grid_ev, "sigma_ev": sigma_ev, "shape": shape}
        moved, moved_conformers = levels, conformers.levels_ev
        if shift_ev is not None:
            moved = levels + shift_ev[:, None]
            moved_conformers = moved_conformers + shift_ev[conformers.rows, None]
        of_conformers = (
            None if intensities is None else intensities[conformers.rows]
        )  # they hardly differ among conformers
        per_conformer = spectra_of_levels(moved_conformers, **lines, intensities=of_conformers)
        return conformers.average(per_conformer, spectra_of_levels(moved, **lines, intensities=intensities))

    grid, start = wide_grid(limit or 0.0)
    wide = spectra(grid)
    first, n_points = start + comparison.points.start, len(comparison.grid_ev)
    if limit is None:
        return comparison.score(wide[:, first : first + n_points]), np.zeros(len(levels)), rescore
    shifts = fit_shifts(wide, first, comparison, max_shift_ev=limit)
    if sigma_ev < INTERPOLATED_SIGMA_EV:
        return comparison.score(spectra(comparison.grid_ev, shifts.astype(np.float32))), shifts, rescore
    return comparison.score(shift_spectra(wide, first, n_points, shifts)), shifts, rescore


def score_errors(scan: pd.DataFrame, scored: Scores, rows: np.ndarray) -> np.ndarray:
    """Return (n_scan,) the rms change of the score under the expected level errors for `rows`; nan elsewhere."""
    errors = np.full(len(scan), np.nan)
    if "expected_rmse_ev" not in scan or not len(rows):
        return errors
    spread = stack_at_homo(total_errors_ev(scan.iloc[rows]), scored.levels[rows])
    if scored.line is not None:
        spread = scored.line.level_error_ev(spread)
    draws = np.random.default_rng(BOOTSTRAP_SEED).standard_normal((N_DRAWS, scored.levels.shape[1]))
    placed = scored.levels[rows, None] + scored.shifts[rows, None, None]
    moved = placed + np.nan_to_num(spread)[:, None] * draws
    own = scored.rescore(rows, placed.astype(np.float32))
    change = scored.rescore(rows, moved.astype(np.float32)) - own
    errors[rows] = np.where(np.isfinite(spread[:, -1]), np.sqrt(np.mean(change**2, axis=-1)), np.nan)
    return errors


def ranking_table(
    scan: pd.DataFrame, order: np.ndarray, n_ranked: int, *, scored: Scores, errors: np.ndarray
) -> pd.DataFrame:
    """Return the scan's rows in `order` with RANKING_COLUMNS in front; the first `n_ranked` of all rows are ranked."""
    old = [c for c in (*RANKING_COLUMNS, *ADDED_COLUMNS) if c in scan.columns]
    rows = scan.drop(columns=old).iloc[order].reset_index(drop=True)
    place = np.arange(1, len(order) + 1)
    ranked = place <= n_ranked
    unranked = rows[~ranked].to_dict("records")
    front = {
        "rank": pd.array(np.where(ranked, place, 0), dtype="Int64"),
        "score": np.where(ranked, scored.scores[order], np.nan),
        "score_error": errors[order],
        "shift_ev": np.where(ranked, scored.shifts[order], np.nan),
        "shift_at_bound": ranked & scored.at_bound[order],
        "conformer": pd.array(np.where(ranked, scored.conformers[order], 0), dtype="Int64"),
        "unranked_reason": [""] * int(ranked.sum()) + [unranked_reason(row, scored.n_levels) for row in unranked],
    }
    table = pd.concat([pd.DataFrame(front), rows], axis=1)
    table.loc[~ranked, "rank"] = pd.NA
    table.loc[table["conformer"] == 0, "conformer"] = pd.NA
    return table


def unranked_reason(row: dict[str, Any], n_levels: int | None) -> str:
    """Say why a row of the scan has no rank."""
    if row["status"] != OK:
        return f"no prediction: {row.get('reason') or row['status']}"
    n_own = len(row["levels_ev"])
    if n_levels is not None and n_own < n_levels:
        return f"{n_levels} levels are compared, the molecule has {n_own}"
    return "no intensity in the window, or levels that are not numbers"
