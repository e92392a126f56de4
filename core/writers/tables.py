"""Tables and spectra out, as bytes that a browser or the CLI saves: what is written reads back."""

import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.writers.cells import _plain, inert_cell, inert_text

_GEOMETRY_COLUMNS = ("numbers", "positions")


def table_to_csv(table: pd.DataFrame) -> bytes:
    r"""Return UTF-8 CSV; lists are joined by ";", and text that a spreadsheet would run gets a leading apostrophe.

    Examples
    --------
    >>> table_to_csv(pd.DataFrame({"id": ["=1+1"], "levels_ev": [[-12.0, -6.0]]})).decode()
    "id,levels_ev\n'=1+1,-12.0;-6.0\n"
    """
    columns = {inert_text(str(name)): [inert_cell(v) for v in table[name]] for name in table.columns}
    text: str = pd.DataFrame(columns, index=range(len(table))).to_csv(index=False)
    return text.encode()


def table_to_parquet(table: pd.DataFrame) -> bytes:
    """Return Parquet; lists stay lists, and `core.readers.structures` reads it again."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer, compression="zstd")
    return buffer.getvalue()


def table_to_json(table: pd.DataFrame) -> bytes:
    """Return a JSON array with one object a row; NaN and None are null."""
    columns = {str(name): [_plain(value) for value in table[name]] for name in table.columns}
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return json.dumps(records, ensure_ascii=False, allow_nan=False, indent=1).encode()
