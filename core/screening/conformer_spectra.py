"""Rows that stand for several conformers: their levels one conformer a line, and averages over them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from core.screening.spectra import highest_levels
from core.structure.ensemble import boltzmann_weights
from core.structure.entry import OK

NEEDED = ("n_conformers", "conformer_levels_ev", "conformer_energies_ev", "conformer_degeneracies", "temperature_k")


@dataclass(frozen=True, eq=False)
class StackedConformers:
    """The conformers of those rows of a scan that have several.

    Attributes
    ----------
    rows : (n_conformers,) int64, ascending
        Place in the scan of the row that each belongs to.
    weights : (n_conformers,) float32
        Of each in its row; they sum to 1 in each.
    levels_ev : (n_conformers, n_levels) float32 [eV]
        As `core.screening.spectra.stack_levels` has those of rows.
    """

    rows: np.ndarray
    weights: np.ndarray
    levels_ev: np.ndarray

    def average(self, per_conformer: np.ndarray, per_row: np.ndarray) -> np.ndarray:
        """Return spectra of rows (n_rows, n), those of rows with several conformers as the mean of (n_conformers, n)."""
        if not len(self.rows):
            return per_row
        starts, n = self.starts, len(self.rows)
        weighing = csr_array((self.weights, np.arange(n), np.append(starts, n)), shape=(len(starts), n))
        averaged = np.array(per_row)
        averaged[self.rows[starts]] = weighing @ per_conformer
        return averaged

    @property
    def starts(self) -> np.ndarray:
        """(n_several,) the place of the first conformer of each row that has several."""
        return np.flatnonzero(np.diff(self.rows, prepend=-1))

    def nothing(self) -> "StackedConformers":
        """Return no conformers, as wide as these."""
        return StackedConformers(self.rows[:0], self.weights[:0], self.levels_ev[:0])

    def places(self) -> np.ndarray:
        """Return (n_conformers,) the place of each in its row, from 1."""
        n_own = np.diff(np.append(self.starts, len(self.rows)))
        places: np.ndarray = np.arange(len(self.rows)) - np.repeat(self.starts, n_own) + 1
        return places

    def better_than(
        self, scores: np.ndarray, each: np.ndarray, *, lower_is_better: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of which a conformer scores better than the row does, and the best conformer of each.

        Parameters
        ----------
        scores, each : (n_rows,), (n_conformers,)
            nan is worse than anything.
        """
        own, cost = (np.where(np.isfinite(x), x if lower_is_better else -x, np.inf) for x in (scores, each))
        order = np.lexsort((cost, self.rows))
        best = order[np.flatnonzero(np.diff(self.rows[order], prepend=-1))]
        best = best[cost[best] < own[self.rows[best]]]
        return self.rows[best], best


def stack_conformers(scan: pd.DataFrame, width: int, *, is_whole: bool) -> StackedConformers:
    """Return the conformers of a prediction table, weighed at its temperatures; none where it has no such columns.

    Parameters
    ----------
    width : int
        How many of the highest levels.
    is_whole : bool
        Rows with fewer levels are nan throughout, rather than at the front.
    """
    is_several = np.zeros(len(scan), dtype=bool)
    if set(NEEDED) <= set(scan.columns):
        is_held = np.array([hasattr(flat, "__len__") for flat in scan["conformer_levels_ev"]], dtype=bool)
        is_several = is_held & (scan["status"] == OK).to_numpy() & (scan["n_conformers"] > 1).to_numpy()
    if not is_several.any():
        return StackedConformers(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros((0, width), np.float32))
    n_own, *lists, temperatures = (scan.loc[is_several, name].to_numpy() for name in NEEDED)
    levels, energies, degeneracies = (np.concatenate(values) for values in lists)
    n_own = n_own.astype(np.int64)
    starts = np.cumsum(n_own) - n_own
    weights = boltzmann_weights(
        energies, degeneracies, temperature_k=np.repeat(temperatures.astype(np.float64), n_own), starts=starts
    )
    n_levels = np.repeat(np.fromiter(map(len, lists[0]), np.int64, len(n_own)) // n_own - 1, n_own)  # beside the LUMO
    ends = np.cumsum(n_levels + 1) - 1
    stacked = highest_levels(levels.astype(np.float32, copy=False), ends, n_levels, width, is_whole=is_whole)
    return StackedConformers(np.repeat(np.flatnonzero(is_several), n_own), weights.astype(np.float32), stacked)
