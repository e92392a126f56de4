"""Two learners on the same molecules: who is nearer how often, and single cases side by side."""

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.evaluation.answers import BY_RMSE, BY_RSE, Answers, ErrorName
from core.spectrum.broaden import broaden


@dataclass(frozen=True)
class Pair:
    """Two learners on the molecules that both answered: the share (0 to 1) on which the first is nearer, and medians."""

    n_common: int
    first_better: float
    first_median: float
    second_median: float
    metric: ErrorName


def compare_pair(first: Answers, second: Answers) -> Pair:
    """Return two learners' per-molecule errors side by side: RMSE where both predict levels, else RSE.

    Raises
    ------
    InputError
        If no molecule was answered by both.
    """
    first, second = common_answers(first, second)
    metric = BY_RMSE if first.own_metric == second.own_metric == BY_RMSE else BY_RSE
    one, other = first.errors(metric), second.errors(metric)
    better = float(np.mean(one < other) + 0.5 * np.mean(one == other))
    return Pair(len(first), better, float(np.median(one)), float(np.median(other)), metric)


def common_answers(first: Answers, second: Answers) -> tuple[Answers, Answers]:
    """Return both learners' rows of the molecules that both answered, in one order.

    Raises
    ------
    InputError
        If there is none.
    """
    shared = first.molecules.index.intersection(second.molecules.index, sort=False)
    if shared.empty:
        raise InputError(f"{first.key} and {second.key} answered no test molecule in common")
    return first.select(first.molecules.index.get_indexer(shared)), second.select(
        second.molecules.index.get_indexer(shared)
    )


@dataclass(frozen=True, eq=False)
class Case:
    """One molecule as the reference and two learners have it; levels None for a learner of spectra."""

    id: str
    smiles: str
    numbers: np.ndarray
    positions: np.ndarray
    reference_ev: np.ndarray
    densities: tuple[np.ndarray, np.ndarray]
    rmse_ev: tuple[float, float]
    rse: tuple[float, float]

    @property
    def reference_density(self) -> np.ndarray:
        """(300,) the reference's headline spectrum on GRID_EV [states/eV]."""
        return broaden(self.reference_ev)


def find_cases(first: Answers, second: Answers, *, place: int = 0) -> dict[str, Case]:
    """Return the best, the median and the worst case of the first learner, with what the second says of the same.

    The first learner's molecules are ordered by RMSE, for a learner of spectra by RSE.

    Parameters
    ----------
    place : int
        0 for the best, the median and the worst themselves, 1 for the next ones: second best, next above the median,
        second worst.

    Returns
    -------
    dict
        "best", "median", "worst".

    Raises
    ------
    InputError
        If no molecule was answered by both, or there are not so many.
    """
    first, second = common_answers(first, second)
    if not 0 <= place < n_places(first, second):
        raise InputError(f"place must be 0 to {n_places(first, second) - 1}, got {place}")
    order = np.argsort(first.errors(first.own_metric), kind="stable")
    n = len(order)
    places = {"best": place, "median": min((n - 1) // 2 + place, n - 1), "worst": n - 1 - place}
    return {name: case_at(first, second, int(order[k])) for name, k in places.items()}


def n_places(first: Answers, second: Answers) -> int:
    """Return how many places `find_cases` has: half of the molecules that both answered, so that none comes twice."""
    return max(1, len(common_answers(first, second)[0]) // 2)


def case_at(first: Answers, second: Answers, row: int) -> Case:
    """Return one row of two learners' common answers."""
    molecule = first.molecules.iloc[row]
    return Case(
        str(molecule.name),
        molecule["smiles"],
        np.asarray(molecule["numbers"]),
        np.asarray(molecule["positions"], float).reshape(-1, 3),
        first.reference_ev[row],
        (first.density[row], second.density[row]),
        (float(first.rmse_ev[row]), float(second.rmse_ev[row])),
        (float(first.rse[row]), float(second.rse[row])),
    )
