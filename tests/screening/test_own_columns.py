import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from core.errors import EigenscopeError
from core.screening.filters import RangeFilter
from core.screening.own_columns import TextFilter, decimals_of, number_columns, parse_numbers, text_columns
from dashboard.session_schema import read_filter


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "input_price": ["12.5", "", "1,026.75", "3.0", "n/a"] * 1,
            "input_supplier": ["Alfa & Co", "Beta", "alfa", "", "Beta"],
            "input_code": ["007", "008", "009", "010", "011"],
            "input_empty": [""] * 5,
            "homo_ev": [-5.0, -6.0, -7.0, np.nan, -8.0],
        }
    )


def test_columns_are_numbers_or_text_by_their_cells(table: pd.DataFrame) -> None:
    assert number_columns(table) == []
    table["input_price"] = ["12.5", "", "1,026.75", "3.0", "4"]
    assert number_columns(table) == ["input_price"]
    assert RangeFilter("input_price", 12, 2000).mask(table).tolist() == [True, False, True, False, False]
    assert text_columns(table) == ["input_supplier", "input_code", "id"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1,5", "12,25", ""), [1.5, 12.25, np.nan]),
        (("1", "2", "3", "4", "<5"), [1, 2, 3, 4, np.nan]),
        (("1", "2", "3", "<5"), None),  # a quarter of them are no numbers
        (("1,026", "2"), None),  # thousands or decimals: nothing tells
        (("007", "12"), None),  # a code
        (("yes", "no"), None),
        (("", " "), None),
    ],
)
def test_a_number_is_never_guessed(cells: tuple[str, ...], expected: list[float] | None) -> None:
    found = parse_numbers(cells)
    assert (found is None) == (expected is None)
    if expected is not None and found is not None:
        np.testing.assert_array_equal(found, expected)


def test_decimals_are_those_that_are_written() -> None:
    assert decimals_of(("1", "2.50", "n/a")) == 2
    assert decimals_of(("1", "2")) == 0
    assert decimals_of(("0.123456789",)) == 6


def test_text_is_contained_or_one_of_some(table: pd.DataFrame) -> None:
    has_alfa = TextFilter("input_supplier", "contains", ("ALFA",))
    assert has_alfa.mask(table).tolist() == [True, False, True, False, False]
    assert has_alfa.describe() == "supplier contains ALFA"
    some = TextFilter("input_supplier", "is one of", ("Beta", ""))
    assert some.mask(table).tolist() == [False, True, False, True, True]
    assert some.describe() == "supplier is one of Beta, (empty)"


def test_a_filter_of_text_says_what_is_wrong(table: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="must not be empty"):
        TextFilter("id", "contains", ("",))
    with pytest.raises(EigenscopeError, match="needs 1 to"):
        TextFilter("id", "is one of", ())
    with pytest.raises(EigenscopeError, match="'begins with'"):
        TextFilter("id", "begins with", ("a",))  # type: ignore[arg-type]
    with pytest.raises(EigenscopeError, match="one of the table's, got 'absent'"):
        TextFilter("absent", "contains", ("a",)).mask(table)


def test_a_session_file_keeps_it() -> None:
    before = TextFilter("input_supplier", "is one of", ("Beta", ""))
    assert read_filter("text", json.loads(json.dumps(asdict(before)))) == before
