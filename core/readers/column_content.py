"""What the numbers of a column show by themselves: that they count, occupy, or are levels."""

import numpy as np

from core.units import HARTREE_EV


def counts_up(column: np.ndarray) -> bool:
    """Whether a column counts 0, 1, 2 or 1, 2, 3."""
    return len(column) > 1 and column[0] in (0, 1) and bool((np.diff(column) == 1).all())


def is_ordered(column: np.ndarray) -> bool:
    """Whether a column of three numbers or more always rises, or always falls."""
    steps = np.diff(column[np.isfinite(column)])
    return len(steps) > 1 and bool((steps > 0).all() or (steps < 0).all())


def counts_down(column: np.ndarray) -> bool:
    """Whether a column counts down by ones, as orbitals from the HOMO are numbered."""
    return len(column) > 2 and column[-1] >= 0 and bool((np.diff(column) == -1).all())


def are_levels(column: np.ndarray) -> bool:
    """Whether a column is of orbital energies: all negative, or rising from a negative one."""
    good = column[np.isfinite(column)]
    return len(good) > 0 and bool((good < 0).all() or (good[0] < 0 and (np.diff(good) >= 0).all()))


def is_whole(column: np.ndarray) -> bool:
    """Whether a column is of rising whole numbers, none negative."""
    good = column[np.isfinite(column)]
    return len(good) > 1 and bool((good == np.round(good)).all() and (np.diff(good) > 0).all() and good[0] >= 0)


def are_occupations(column: np.ndarray) -> bool:
    """Whether a column falls from 2 (or 1) to 0 in whole steps, as occupations of ordered levels do."""
    good = column[np.isfinite(column)]
    return (
        len(good) > 2
        and good[0] in (1, 2)
        and set(good.tolist()) <= {0.0, good[0]}
        and bool((np.diff(good) <= 0).all())
    )


def find_pair(values: np.ndarray, columns: list[int]) -> tuple[int, int] | None:
    """Return two columns of which the second is the first in eV, the first being in Hartree."""
    for a in columns:
        for b in columns:
            both = np.isfinite(values[:, a]) & np.isfinite(values[:, b])
            if a == b or both.sum() < 2 or not (np.abs(values[both, a]) > 0.05).any():
                continue
            if np.allclose(values[both, a] * HARTREE_EV, values[both, b], rtol=5e-4, atol=5e-3):
                return a, b
    return None


def goes_on(values: np.ndarray) -> bool:
    """Whether two columns read line by line rise or fall throughout."""
    steps = np.diff(values.ravel())
    return len(values) > 1 and bool((steps > 0).all() or (steps < 0).all())


def is_list_in_rows(values: np.ndarray) -> bool:
    """Whether rows of numbers go on from line to line: the levels of one list, several a line."""
    flat = values[np.isfinite(values)]
    if len(values) < 2 or len(flat) < 4 or np.isnan(values[:-1]).any():
        return False
    ordered = bool((np.diff(flat) >= 0).all() or (np.diff(flat) <= 0).all())
    return ordered and (values.shape[1] > 2 or bool((flat < 0).all()))
