"""A library that is not what it was: a sentence, never a traceback or other numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.library.store import load_library, save_library

N_FLIPPED = 300


def test_any_flipped_byte_is_found_or_changes_nothing(tmp_path: Path) -> None:
    whole, path = load_library(HOME_LIBRARY).head(40), tmp_path / "library.parquet"
    save_library(whole, path, notes={"recipe": {}})
    data = path.read_bytes()
    for place in np.random.default_rng(7).choice(len(data), N_FLIPPED, replace=False):
        broken = bytearray(data)
        broken[place] ^= 0x10
        path.write_bytes(broken)
        try:
            library = load_library(path)
        except InputError:
            continue
        for column in ("numbers", "positions"):
            assert all(np.array_equal(a, b) for a, b in zip(library[column], whole[column], strict=True)), place


@pytest.mark.parametrize(
    ("column", "values"), [("numbers", [6, 1]), ("positions", ["a", "b"]), ("numbers", [["x"], ["y"]])]
)
def test_columns_of_another_kind_are_named(column: str, values: list, tmp_path: Path) -> None:
    table = pd.DataFrame({"numbers": [[6], [1]], "positions": [[0.0] * 3] * 2}).assign(**{column: values})
    table.to_parquet(tmp_path / "odd.parquet")
    with pytest.raises(InputError, match=f"{column} must hold one list of numbers a row"):
        load_library(tmp_path / "odd.parquet")
