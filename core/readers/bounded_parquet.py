"""Parquet read within a limit of what it unpacks to: a few kilobytes can stand for gigabytes."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InputError

MAX_PACKED_COLUMNS = 500
MAX_BATCH = 1000  # rows unpacked at a time, or fewer
VALUE_BYTES = 8  # what one number takes at most


def read_bounded(file: pq.ParquetFile, *, max_rows: int, max_mb: float) -> pa.Table:
    """Return the table of a Parquet file, read in pieces until it is whole or too large.

    Its own metadata are looked at first. They do not count repeated texts, which it keeps once: hence the pieces, none of
    which can be larger than the limit.

    Raises
    ------
    InputError
        If it has too many rows or columns, or unpacks to more than `max_mb`.
    """
    metadata = file.metadata
    if metadata.num_rows > max_rows:
        raise InputError(f"nothing was read: at most {max_rows:,} rows, got {metadata.num_rows:,}")
    if metadata.num_columns > MAX_PACKED_COLUMNS:
        raise InputError(f"nothing was read: at most {MAX_PACKED_COLUMNS} columns, got {metadata.num_columns:,}")
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    n_values = sum(group.column(k).num_values for group in groups for k in range(group.num_columns))
    packed = sum(group.total_byte_size for group in groups)
    check_size(max(packed, n_values * VALUE_BYTES), max_mb=max_mb)
    size = int(np.clip(max_mb * 1e6 / max(packed, 1), 1, MAX_BATCH))
    batches, n_bytes = [], 0
    for batch in file.iter_batches(batch_size=size):
        whole = pa.table({name: spelt_out(batch.column(k)) for k, name in enumerate(batch.schema.names)})
        n_bytes += whole.nbytes
        check_size(n_bytes, max_mb=max_mb)
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def spelt_out(values: pa.Array) -> pa.Array:
    """Return categories as the texts that they stand for: tables out of here are written so."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def check_size(n_bytes: int, *, max_mb: float) -> None:
    """Raise InputError where there is more than the limit."""
    if n_bytes > max_mb * 1e6:
        raise InputError(f"nothing was read: at most {max_mb:.0f} MB unpacked, got {n_bytes / 1e6:.0f} MB or more")
