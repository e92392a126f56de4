"""Parquet: an Eigenscope library or prediction table, or any table with SMILES or with numbers and positions."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import GeometryError, InputError
from core.readers.bounded_parquet import read_bounded
from core.readers.columns_found import Columns
from core.readers.identity import identify_geometry, same_formula
from core.readers.records import MAX_ROWS, Structure, check_rows, parse_line_notation, read_record
from core.readers.tables import Table, find_columns
from core.structure.entry import Entry
from core.structure.geometry import AS_GIVEN, MADE_HERE, Geometry

MAGIC = b"PAR1"
_MAX_UNPACKED_MB = 500


def read_parquet_table(data: bytes) -> pa.Table:
    """Return the table of a Parquet file, bounded in rows and unpacked size.

    Raises
    ------
    InputError
        If it is damaged, empty or too large.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        metadata = file.metadata
        check_rows(metadata.num_rows)
        unpacked = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
        if unpacked > _MAX_UNPACKED_MB * 1e6:
            raise InputError(f"nothing was read: at most {_MAX_UNPACKED_MB} MB unpacked, got {unpacked / 1e6:.0f} MB")
        table = read_bounded(file, max_rows=MAX_ROWS, max_mb=_MAX_UNPACKED_MB)
        table.validate(full=True)  # damaged text would otherwise surface row by row
        _ = table.column_names
    except (pa.ArrowException, UnicodeDecodeError, OSError, OverflowError, MemoryError) as error:
        raise InputError(f"nothing was read: the Parquet file is damaged ({str(error)[:120]})") from error
    if table.num_rows == 0:
        raise InputError("nothing was read: the Parquet table has no rows")
    return table


def parquet_columns(table: pa.Table) -> Columns:
    """Find the SMILES and the ID column among the columns of text and numbers."""
    return find_columns(_as_text(table))


def read_parquet(table: pa.Table, *, smiles_column: str | None = None, id_column: str | None = None) -> list[Entry]:
    """Return one entry a row: a geometry where there are `numbers` and `positions`, a molecule where there is SMILES.

    Raises
    ------
    InputError
        If a named column is not there, or there is neither a structure column nor a geometry.
    """
    text = _as_text(table)
    for column in (smiles_column, id_column):
        if column and column not in text.names:
            raise InputError(f"column must be one of {', '.join(text.names)}, got {column!r}")
    has_geometry = {"numbers", "positions"} <= set(table.column_names)
    found = find_columns(text)
    smiles = smiles_column or found.smiles
    if not smiles and not has_geometry:
        raise InputError("nothing was read: the table needs a SMILES column, or columns numbers and positions")
    identifier = found.id if id_column is None else id_column
    n = table.num_rows
    structures = text.column(smiles) if smiles else [""] * n
    ids = text.column(identifier) if identifier else [""] * n
    numbers = table["numbers"].to_pylist() if has_geometry else [None] * n
    positions = table["positions"].to_pylist() if has_geometry else [None] * n
    origins = text.column("geometry") if "geometry" in text.names else [""] * n
    kept = [(k, name) for k, name in enumerate(text.names) if name != identifier]
    return [
        read_record(
            k + 1,
            ids[k],
            read=lambda k=k: _structure(structures[k], numbers[k], positions[k], origins[k]),  # type: ignore[misc]
            properties={name: text.rows[k][i] for i, name in kept},
        )
        for k in range(n)
    ]


def _structure(smiles: str, numbers: list[int] | None, positions: list[float] | None, origin: str) -> Structure:
    if numbers is None or positions is None:
        return Structure(parse_line_notation(smiles))
    try:
        xyz = np.array(positions, dtype=np.float64).reshape(-1, 3)
        geometry = Geometry(np.array(numbers, dtype=np.uint8), xyz, origin if origin in MADE_HERE else AS_GIVEN)
    except (TypeError, ValueError, OverflowError) as error:
        raise GeometryError(f"numbers and positions must be n and 3n numbers: {error}") from error
    if not smiles:
        return identify_geometry(geometry)
    molecule = parse_line_notation(smiles)
    if not same_formula(molecule, geometry):
        raise InputError(f"SMILES and numbers must be of one molecule, got {molecule.formula} and other atoms")
    if geometry.origin != AS_GIVEN:  # made and checked here
        return Structure(molecule, geometry)
    return identify_geometry(geometry, smiles)


def _as_text(table: pa.Table) -> Table:
    """Return the columns of text and single numbers, as text; lists and structs are left out."""
    names = [f.name for f in table.schema if not pa.types.is_nested(f.type) and not pa.types.is_binary(f.type)]
    names = [name for name in dict.fromkeys(names) if table.column_names.count(name) == 1]
    columns = [["" if value is None else str(value) for value in table[name].to_pylist()] for name in names]
    return Table(tuple(names), [list(row) for row in zip(*columns, strict=True)] or [[] for _ in range(table.num_rows)])
