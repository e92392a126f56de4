"""Parquet libraries and tables."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.readers.structures import detect_columns, read_structures
from core.structure.geometry import AS_GIVEN, XTB

WATER = {"numbers": [8, 1, 1], "positions": [0, 0, 0, 0, 0, 0.96, 0.93, 0, -0.24]}


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer)
    return buffer.getvalue()


def test_geometries_smiles_and_properties_are_read() -> None:
    rows = [
        {"id": "007", "smiles": "O", **WATER, "geometry": XTB, "xtb_energy_ev": -1.5},
        {"id": "b", "smiles": "CC", "numbers": None, "positions": None, "geometry": "", "xtb_energy_ev": 2.0},
        {"id": "c", "smiles": "", **WATER, "geometry": "other", "xtb_energy_ev": 3.0},
    ]
    data = parquet(rows)
    first, second, third = read_structures(data, "library.parquet")
    assert (first.id, second.id, third.id) == ("007", "b", "c")
    assert [e.molecule.smiles for e in (first, second, third) if e.molecule] == ["O", "CC", "O"]
    assert first.geometry is not None
    assert third.geometry is not None
    assert (first.geometry.origin, second.geometry, third.geometry.origin) == (XTB, None, AS_GIVEN)
    assert first.properties["xtb_energy_ev"] == "-1.5"
    assert detect_columns(data, "").smiles == "smiles"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"smiles": "CC"}, "SMILES and numbers must be of one molecule, got C2H6"),
        ({"positions": [0.0] * 8}, "numbers and positions must be n and 3n numbers"),
        ({"positions": [0.0] * 6}, "one position an atom: got 3 atoms, 2 positions"),
        ({"positions": [0.0] * 8 + [np.nan]}, "coordinates must be finite numbers, atom 3"),
        ({"numbers": [8, 1, 700]}, "numbers and positions must be n and 3n numbers"),
    ],
)
def test_rows_that_fail_alone(change: dict[str, Any], reason: str) -> None:
    good = {"smiles": "O", **WATER}
    entries = read_structures(parquet([good, good | change, good]), "x.parquet")
    assert [e.status for e in entries] == ["ok", "failed", "ok"]
    assert reason in entries[1].reason


def test_what_cannot_be_read_at_all() -> None:
    data = parquet([{"a": 1.0}])
    with pytest.raises(InputError, match="needs a SMILES column, or columns numbers and positions"):
        read_structures(data, "x.parquet")
    with pytest.raises(InputError, match="the Parquet file is damaged"):
        read_structures(data[:-30], "x.parquet")
    with pytest.raises(InputError, match="at most 20,000 rows, this one holds 20,001"):
        read_structures(parquet([{"smiles": "C"}] * 20_001), "x.parquet")
