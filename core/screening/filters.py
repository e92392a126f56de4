"""Filters: keep the molecules of a scan that a chemist asks for; each says what it does, a chain counts the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np
import pandas as pd
from rdkit import Chem
from scipy.special import ndtr

from core.errors import EigenscopeError
from core.library.groups import GROUPS
from core.quantities import QUANTITIES, quantity_of
from core.screening.own_columns import cells_of, numbers_of_column
from core.screening.spectra import stack_levels
from core.spectrum.broaden import SIGMA_EV
from core.spectrum.levels import N_BAND
from core.structure.entry import OK

BAND_WIDTH = "band_width_ev"
MAX_PARSED = 2  # scans whose parsed molecules are kept: about 50 MB each for the home library


class Filter(Protocol):
    """One condition. A row that lacks what is asked about (no prediction, no structure) never passes."""

    def describe(self) -> str:
        """Return the condition in words, for a chip."""
        ...

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: who passes."""
        ...


@dataclass(frozen=True)
class FilterResult:
    """What a chain of filters leaves.

    Attributes
    ----------
    mask : (n_rows,) bool
    remaining : list of int
        How many rows with a prediction are left after each filter, in order; one that was passed over leaves all.
    unfit : dict of int to str
        By place in the chain: why a filter cannot be asked of this table. It was passed over.
    """

    mask: np.ndarray
    remaining: list[int]
    unfit: dict[int, str] = field(default_factory=dict)


def apply_filters(scan: pd.DataFrame, filters: Sequence[Filter]) -> FilterResult:
    """Return the rows that pass every filter, and how many were left after each.

    Raises
    ------
    EigenscopeError
        If a filter does not fit the table (unknown column).
    """
    result = apply_fitting(scan, filters)
    for reason in result.unfit.values():
        raise EigenscopeError(reason)
    return result


def apply_fitting(scan: pd.DataFrame, filters: Sequence[Filter]) -> FilterResult:
    """Return as `apply_filters` what the filters that fit the table leave; the others are passed over and named."""
    is_predicted = (scan["status"] == OK).to_numpy()
    mask, remaining, unfit = np.ones(len(scan), dtype=bool), [], {}
    for place, condition in enumerate(filters):
        try:
            mask &= condition.mask(scan)
        except EigenscopeError as error:
            unfit[place] = str(error)
        remaining.append(int((mask & is_predicted).sum()))
    return FilterResult(mask, remaining, unfit)


@dataclass(frozen=True)
class RangeFilter:
    """Keep rows whose number in `column` lies from `low` to `high`, both included; None = open.

    Any numeric column will do, and BAND_WIDTH (HOMO minus the lowest of the band), which is worked out where absent.

    Examples
    --------
    >>> RangeFilter("homo_ev", low=-6.0).mask(pd.DataFrame({"homo_ev": [-6.5, -5.5]})).tolist()
    [False, True]
    """

    column: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        check_range(self.column, self.low, self.high)

    def describe(self) -> str:
        """Return the condition in words."""
        quantity = quantity_of(self.column)
        low, high = (None if end is None else quantity.shown(end) for end in (self.low, self.high))
        return describe_range(quantity.in_words, low, high, unit=quantity.unit)

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        return in_range(column_values(scan, self.column), self.low, self.high)


@dataclass(frozen=True)
class DensityFilter:
    """Keep rows with `minimum` to `maximum` states between `low_ev` and `high_ev`: see `states_between`."""

    low_ev: float
    high_ev: float
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        if not self.low_ev < self.high_ev:
            raise EigenscopeError(f"low_ev must be below high_ev, got {self.low_ev} and {self.high_ev}")
        check_range("states", self.minimum, self.maximum)

    def describe(self) -> str:
        """Return the condition in words."""
        states = describe_range("", self.minimum, self.maximum, unit=QUANTITIES["n_states"].unit).strip()
        return f"{states} between {self.low_ev:g} and {self.high_ev:g} {QUANTITIES['energy_ev'].unit}"

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        return in_range(states_between(scan, self.low_ev, self.high_ev), self.minimum, self.maximum)


@dataclass(frozen=True)
class SmartsFilter:
    """Keep molecules in which a SMARTS pattern is (or is not) found; hydrogens are implicit: [OX2H], not O[#1]."""

    smarts: str
    present: bool = True

    def __post_init__(self) -> None:
        parse_smarts(self.smarts)

    def describe(self) -> str:
        """Return the condition in words."""
        return f"{'has' if self.present else 'no'} {self.smarts}"

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        return matches(scan, self.smarts, present=self.present)


@dataclass(frozen=True)
class GroupFilter:
    """Keep molecules that have (or lack) a functional group, a key of GROUPS."""

    group: str
    present: bool = True

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise EigenscopeError(f"group must be one of {', '.join(GROUPS)}, got {self.group!r}")

    def describe(self) -> str:
        """Return the condition in words."""
        return f"{'has' if self.present else 'no'} {self.group}"

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        return matches(scan, GROUPS[self.group], present=self.present)


@dataclass(frozen=True)
class RingFilter:
    """Keep molecules with `minimum` to `maximum` rings (RDKit's smallest set) of `size` atoms; size None = any size."""

    size: int | None = None
    minimum: int | None = 1
    maximum: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 3:
            raise EigenscopeError(f"a ring has at least 3 atoms, got {self.size}")
        check_range("rings", self.minimum, self.maximum)

    def describe(self) -> str:
        """Return the condition in words."""
        rings = "rings" if self.size is None else f"{self.size}-membered rings"
        return describe_range("", self.minimum, self.maximum, unit=rings).strip()

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        counts = [np.nan if mol is None else count_rings(mol, self.size) for mol in molecules_of(scan)]
        return in_range(np.array(counts, dtype=np.float64), self.minimum, self.maximum)


def column_values(scan: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as (n_rows,) float64, nan where there is no number.

    Raises
    ------
    EigenscopeError
        If there is no such column, or no number in it.
    """
    if column in scan.columns:
        values = numbers_of_column(scan[column])
        if values is not None:
            return values
        if any(cells_of(scan[column])):
            raise EigenscopeError(f"a range needs numbers, column {column!r} holds none")
        return np.full(len(scan), np.nan)
    if column == BAND_WIDTH:
        return band_width_ev(scan)
    raise EigenscopeError(f"column must be one of the table's, got {column!r}")


def band_width_ev(scan: pd.DataFrame) -> np.ndarray:
    """Return HOMO minus the lowest level of the band, (n_rows,) float64 [eV]; nan where there is no band."""
    band = stack_levels(scan, N_BAND).astype(np.float64)
    return band[:, -1] - band[:, 0]


def states_between(scan: pd.DataFrame, low_ev: float, high_ev: float, *, sigma_ev: float = SIGMA_EV) -> np.ndarray:
    """Return the number of states between two energies: the integral of the spectrum of all valence levels.

    Parameters
    ----------
    scan : prediction table, n_rows
    low_ev, high_ev, sigma_ev : float [eV]

    Returns
    -------
    (n_rows,) float64 [states], nan where there is no prediction. Invariant: adjacent windows add up, and a window that
    holds everything gives the number of valence levels.
    """
    levels = stack_levels(scan, None).astype(np.float64)
    parts = ndtr((high_ev - levels) / sigma_ev) - ndtr((low_ev - levels) / sigma_ev)
    return np.where(np.isfinite(levels).any(axis=1), np.nansum(parts, axis=1), np.nan)


def molecules_of(scan: pd.DataFrame) -> tuple[Chem.Mol | None, ...]:
    """Return each row's RDKit molecule, parsed once a scan; None where there is no structure."""
    smiles = scan["smiles"]
    return parse_all(tuple(smiles.where(smiles.notna(), "").tolist()))


@lru_cache(maxsize=MAX_PARSED)
def parse_all(smiles: tuple[str, ...]) -> tuple[Chem.Mol | None, ...]:
    """Return the molecules of many SMILES, None where empty or unreadable."""
    return tuple(Chem.MolFromSmiles(s) if s else None for s in smiles)


def parse_smarts(smarts: str) -> Chem.Mol:
    """Return the query that a SMARTS string stands for.

    Raises
    ------
    EigenscopeError
        If it is empty or RDKit cannot read it.
    """
    query = Chem.MolFromSmarts(smarts.strip()) if smarts.strip() else None
    if query is None or query.GetNumAtoms() == 0:
        raise EigenscopeError(f"SMARTS cannot be read: got {smarts[:80]!r}")
    return query


def matches(scan: pd.DataFrame, smarts: str, *, present: bool) -> np.ndarray:
    """Return (n_rows,) bool: whether the pattern is there as wished; rows without a structure are False."""
    query = parse_smarts(smarts)
    return np.fromiter(
        (mol is not None and mol.HasSubstructMatch(query) == present for mol in molecules_of(scan)), bool, len(scan)
    )


def count_rings(mol: Chem.Mol, size: int | None) -> int:
    """Return how many rings of `size` atoms there are; None counts all."""
    rings = mol.GetRingInfo().AtomRings()
    return len(rings) if size is None else sum(len(ring) == size for ring in rings)


def check_range(name: str, low: float | None, high: float | None) -> None:
    """Raise EigenscopeError unless there is a bound, none is nan, and the low one is not above the high one."""
    if low is None and high is None:
        raise EigenscopeError(f"a range for {name} needs a low or a high end, got neither")
    if any(end is not None and np.isnan(end) for end in (low, high)):
        raise EigenscopeError(f"the ends of a range for {name} must be numbers, got {low} and {high}")
    if low is not None and high is not None and low > high:
        raise EigenscopeError(f"the low end for {name} must not be above the high end, got {low} and {high}")


def in_range(values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Return (n_rows,) bool: low <= value <= high; nan is never in range."""
    inside: np.ndarray = np.isfinite(values)
    if low is not None:
        inside &= values >= low
    if high is not None:
        inside &= values <= high
    return inside


def describe_range(name: str, low: float | None, high: float | None, *, unit: str) -> str:
    """Return "name low to high unit", "name at least low unit" or "name at most high unit"."""
    unit = f" {unit}" if unit else ""
    if low is None:
        return f"{name} at most {high:g}{unit}"
    if high is None:
        return f"{name} at least {low:g}{unit}"
    if low == high:
        return f"{name} exactly {low:g}{unit}"
    return f"{name} {low:g} to {high:g}{unit}"
