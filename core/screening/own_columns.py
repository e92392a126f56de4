"""The columns of a user's own table, which a scan carries along: which hold numbers, and a filter for those of text."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.quantities import OWN_PREFIX
from core.readers.decimal_marks import find_decimal_mark, to_number
from core.readers.spectrum_options import AmbiguousError

LEAST_SHARE = 0.8  # of the cells that are filled, for a column of numbers
MAX_VALUES, MAX_VALUE = 1_000, 1_000  # texts in one filter, and characters of each
Mode = Literal["contains", "is one of"]


def own_columns(scan: pd.DataFrame) -> list[str]:
    """Return a table's own columns, in its order."""
    return [c for c in scan.columns if c.startswith(OWN_PREFIX)]


def number_columns(scan: pd.DataFrame) -> list[str]:
    """Return those of a table's own columns that hold numbers."""
    return [c for c in own_columns(scan) if numbers_of_column(scan[c]) is not None]


def text_columns(scan: pd.DataFrame) -> list[str]:
    """Return the columns that may be filtered by their text: its own that hold no numbers, then what is known of each row."""
    known = [
        c for c in ("id", "formula", "note", "geometry", "constitution_id") if c in scan and any(cells_of(scan[c]))
    ]
    return [*(c for c in own_columns(scan) if numbers_of_column(scan[c]) is None and any(cells_of(scan[c]))), *known]


def cells_of(column: pd.Series) -> tuple[str, ...]:
    """Return a column's cells as text, "" where there is nothing."""
    return tuple(column.where(column.notna(), "").astype(str))


def numbers_of_column(column: pd.Series) -> np.ndarray | None:
    """Return a column (n_rows,) float64, nan where a cell is no number; None where it is not a column of numbers."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values: np.ndarray = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return values
    return parse_numbers(cells_of(column))


@lru_cache(maxsize=32)
def parse_numbers(cells: tuple[str, ...]) -> np.ndarray | None:
    """Return cells of text as numbers, read-only; None where fewer than LEAST_SHARE of those filled are numbers.

    None as well where nothing tells thousands from decimals, and for codes that begin with a zero ("007").

    Examples
    --------
    >>> parse_numbers(("1,5", "12,25", "")).tolist()
    [1.5, 12.25, nan]
    >>> parse_numbers(("007", "012")) is None
    True
    """
    filled = [cell for cell in cells if cell.strip()]
    if not filled or any(re.fullmatch(r"\s*0\d+\s*", cell) for cell in filled):
        return None
    try:
        mark = find_decimal_mark([filled], [])
    except AmbiguousError:
        return None
    values = np.array([to_number(cell, mark) if cell.strip() else np.nan for cell in cells])
    if np.isfinite(values).sum() < LEAST_SHARE * len(filled):
        return None
    values.flags.writeable = False
    return values


@lru_cache(maxsize=32)
def decimals_of(cells: tuple[str, ...], *, at_most: int = 6) -> int:
    """Return how many decimals the numbers in cells are written with, at most."""
    found = [re.search(r"[.,](\d+)\s*$", cell) for cell in cells]
    return min(max((len(match[1]) for match in found if match), default=0), at_most)


@dataclass(frozen=True)
class TextFilter:
    """Keep rows whose text in `column` contains one of `values` (whatever its case), or is one of them exactly.

    Examples
    --------
    >>> TextFilter("id", "contains", ("DUP",)).mask(pd.DataFrame({"id": ["dup-1", "cmpd-1"]})).tolist()
    [True, False]
    """

    column: str
    mode: Mode
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.mode not in ("contains", "is one of"):
            raise EigenscopeError(f"a filter of text must be 'contains' or 'is one of', got {self.mode!r}")
        if not self.values or len(self.values) > MAX_VALUES or any(len(v) > MAX_VALUE for v in self.values):
            raise EigenscopeError(f"a filter of text needs 1 to {MAX_VALUES} texts of at most {MAX_VALUE} characters")
        if self.mode == "contains" and not all(self.values):
            raise EigenscopeError("a text to be contained must not be empty")

    def describe(self) -> str:
        """Return the condition in words."""
        return f"{self.column.removeprefix(OWN_PREFIX)} {self.mode} {', '.join(v or '(empty)' for v in self.values)}"

    def mask(self, scan: pd.DataFrame) -> np.ndarray:
        """Return (n_rows,) bool: which rows pass."""
        if self.column not in scan:
            raise EigenscopeError(f"column must be one of the table's, got {self.column!r}")
        cells = cells_of(scan[self.column])
        if self.mode == "is one of":
            wanted = set(self.values)
            return np.fromiter((cell in wanted for cell in cells), bool, len(cells))
        parts = [value.casefold() for value in self.values]
        return np.fromiter((any(part in cell.casefold() for part in parts) for cell in cells), bool, len(cells))
