"""A table of one's own: CSV, TSV or Parquet with a geometry and levels a row, the unit of the levels in their names.

geometry   `xyz` (an XYZ block with its count and comment), or `numbers` and `positions` [Angstrom] (lists); without either, that
           of the structure that has the row's `id`, where structures are given
levels     `levels_ev` (a list of the occupied levels, all or the highest), or `level_1_ev`, `level_2_ev`, ..., or
           `homo_ev`, `homo-1_ev`, `homo-2_ev`, ...; besides, `lumo_ev`. Hartree: `_hartree` in place of `_ev`. Without
           either, a column `unit` or the option says it. With `n_occupied` the list goes on with the LUMO.
optional   `id`, `smiles`, `qm9_index`, `geometry` (how it was made), `split` (train, test, ...), and, the same in all
           rows, `level_of_theory`, `doi`, `licence`
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rdkit import Chem

from core.errors import InputError
from core.labels.archives.frames import parse_block
from core.labels.rows import Archive, LabelRow, LeftOut, Provenance
from core.labels.splits import named_qm9_index
from core.structure.geometry import Geometry
from core.units import HARTREE_EV

PARQUET = b"PAR1"  # what a Parquet file begins with
UNITS_EV = {"ev": 1.0, "hartree": HARTREE_EV, "ha": HARTREE_EV, "au": HARTREE_EV}
LEVEL_NAME = re.compile(r"(levels|level_(\d+)|homo(?:-(\d+))?|lumo)(?:_(ev|hartree|ha|au))?", re.IGNORECASE)
LIST, NUMBERED, FROM_HOMO = "list", "numbered", "from homo"
LEVEL_COLUMNS_HELP = "levels_ev (a list), level_1_ev ..., or homo_ev, homo-1_ev, ... (or _hartree)"


@dataclass(frozen=True)
class LevelColumns:
    """Which columns hold the levels.

    Attributes
    ----------
    form : str
        LIST, NUMBERED or FROM_HOMO.
    names : tuple of str
        The columns; FROM_HOMO in the order HOMO, HOMO-1, ...
    lumo : str or None
    unit : str
        Of all of them; "" where a column `unit` says it row by row.
    """

    form: str
    names: tuple[str, ...]
    lumo: str | None
    unit: str


def read_label_table(
    path: Path, *, unit: str | None = None, structures: Mapping[str, Geometry] | None = None
) -> Archive:
    """Return the rows of a table.

    Parameters
    ----------
    unit : str, optional
        Of the levels, where the names of the columns do not say it: "eV" or "Hartree".
    structures : mapping, optional
        Geometries by id, for a table that has none.

    Raises
    ------
    InputError
        If the file is no table, lacks a geometry or levels, or their unit is not stated.
    """
    table = load_table(path)
    columns = find_level_columns(table.columns, unit=unit)
    by_id = None if has_geometry(table.columns) else structures
    check_geometry_columns(path, table.columns, by_id)
    stated = {name: stated_once(table, name) for name in ("level_of_theory", "doi", "licence")}
    provenance = Provenance(
        name=path.name,
        level_of_theory=stated["level_of_theory"],
        geometry="as given",
        doi=stated["doi"],
        licence=stated["licence"] or stated_once(table, "license"),
    )
    return Archive(table_rows(table, columns, by_id), provenance)


def load_table(path: Path) -> pd.DataFrame:
    """Return the table, names of columns without blanks around them, cells of text files as text."""
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET
        if is_parquet:
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(
                path, sep=find_delimiter(path), dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
            )
    except (OSError, ValueError) as error:
        raise InputError(f"labels must be a readable table: {path}: {str(error).strip()[:200]}") from error
    table.columns = [str(c).strip() for c in table.columns]
    if table.empty:
        raise InputError(f"labels need at least one row, {path} has none")
    return table


def find_delimiter(path: Path) -> str:
    """Return the delimiter that the header uses most."""
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        header = file.readline()
    return max(",;\t|", key=header.count)


def find_level_columns(names: pd.Index, *, unit: str | None) -> LevelColumns:
    """Return the columns of levels.

    Raises
    ------
    InputError
        If there are none, they are given in two ways or two units, leave a gap, or their unit is not stated.
    """
    if unit is not None and unit.lower() not in UNITS_EV:
        raise InputError(f"the unit of levels must be eV or Hartree, got {unit!r}")
    matches = {name: m for name in names if (m := LEVEL_NAME.fullmatch(name))}
    lists = [n for n, m in matches.items() if m[1].lower() == "levels"]
    numbered = sorted((int(m[2]), n) for n, m in matches.items() if m[2])
    from_homo = sorted((int(m[3] or 0), n) for n, m in matches.items() if m[1].lower().startswith("homo"))
    lumos = [n for n, m in matches.items() if m[1].lower() == "lumo"]
    forms = {LIST: lists, NUMBERED: [n for _, n in numbered], FROM_HOMO: [n for _, n in from_homo]}
    given = {form: tuple(columns) for form, columns in forms.items() if columns}
    if len(given) != 1 or len(lists) > 1 or len(lumos) > 1:
        found = [n for columns in given.values() for n in columns] + lumos
        raise InputError(
            f"levels must be given once, as {LEVEL_COLUMNS_HELP}; found {', '.join(found[:8]) or 'none of these'}"
        )
    ((form, columns),) = given.items()
    ranks = [k for k, _ in {LIST: [(0, "")], NUMBERED: numbered, FROM_HOMO: from_homo}[form]]
    first = 0 if form == FROM_HOMO else ranks[0]
    if ranks != list(range(first, first + len(ranks))):
        raise InputError(f"columns of levels must leave no gap, found {', '.join(columns[:20])}")
    units = {(matches[n][4] or "").lower() for n in (*columns, *lumos)}
    if len({UNITS_EV.get(u) for u in units}) > 1:
        raise InputError(f"all levels must be in one unit, found {', '.join((*columns, *lumos)[:8])}")
    stated = units.pop() or (unit or "").lower()
    if not stated and "unit" not in names:
        raise InputError(
            f"the unit of the levels must be stated: {LEVEL_COLUMNS_HELP}, a column unit, or the option --unit"
        )
    return LevelColumns(form, columns, lumos[0] if lumos else None, stated)


def has_geometry(names: pd.Index) -> bool:
    """Return whether the columns hold a geometry a row."""
    return "xyz" in names or {"numbers", "positions"} <= set(names)


def check_geometry_columns(path: Path, names: pd.Index, structures: Mapping[str, Geometry] | None) -> None:
    """Raise InputError unless there is a geometry, or an id that structures are known by."""
    if has_geometry(names) or (structures is not None and "id" in names):
        return
    by_id = ", or a column id of structures given beside the table" if structures is not None else ""
    raise InputError(
        f"labels need a geometry a row: a column xyz, or columns numbers and positions{by_id}; "
        f"{path.name} has {', '.join(map(str, names[:12]))}"
    )


def stated_once(table: pd.DataFrame, name: str) -> str:
    """Return what a column says in all rows; "" where there is no such column.

    Raises
    ------
    InputError
        If it says different things.
    """
    values = sorted({str(x).strip() for x in table[name] if x is not None} - {""}) if name in table else []
    if len(values) > 1:
        raise InputError(f"{name} must be the same in all rows, found {', '.join(values[:4])}")
    return values[0] if values else ""


def table_rows(
    table: pd.DataFrame, columns: LevelColumns, structures: Mapping[str, Geometry] | None
) -> Iterator[LabelRow | LeftOut]:
    """Yield a row a row."""
    for k, cells in enumerate(table.to_dict("records"), start=1):
        name = text_of(cells.get("id")) or f"row {k}"
        try:
            yield table_row(name, {str(c): x for c, x in cells.items()}, columns, structures)
        except InputError as error:
            yield LeftOut(name, str(error))


def table_row(
    name: str, cells: Mapping[str, Any], columns: LevelColumns, structures: Mapping[str, Geometry] | None = None
) -> LabelRow:
    """Return one row.

    Raises
    ------
    InputError
        If a cell cannot be read, SMILES and geometry disagree, or a table with splits leaves this row's open.
    """
    numbers, positions = read_geometry(cells) if structures is None else look_up(name, structures)
    smiles = text_of(cells.get("smiles"))
    check_formula(smiles, numbers)
    occupied, lumo = read_levels(cells, columns)
    split = text_of(cells.get("split"))
    if "split" in cells and not split:
        raise InputError("the table has a column split, and it is empty in this row")
    factor = factor_ev(columns.unit or text_of(cells.get("unit")))
    return LabelRow(
        id=name,
        numbers=numbers,
        positions=positions,
        occupied_ev=occupied * factor,
        lumo_ev=lumo * factor,
        smiles=smiles,
        qm9_index=named_qm9_index(name, {"qm9_index": text_of(cells.get("qm9_index"))}),
        geometry=text_of(cells.get("geometry")) or "file",
        split=split,
    )


def read_geometry(cells: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return atomic numbers (n_atoms,) and positions (n_atoms, 3) [Angstrom]."""
    if "xyz" in cells:
        return parse_block(text_of(cells["xyz"]).replace("\\n", "\n"))
    numbers, flat = (list_of(cells[name], name) for name in ("numbers", "positions"))
    if len(flat) != 3 * len(numbers):
        raise InputError(f"three coordinates an atom: got {len(numbers)} numbers, {len(flat)} coordinates")
    if not ((numbers >= 1) & (numbers <= 118) & (numbers == np.floor(numbers))).all():
        raise InputError("numbers must be atomic numbers")
    return numbers.astype(np.uint8), flat.reshape(-1, 3)


def look_up(name: str, structures: Mapping[str, Geometry]) -> tuple[np.ndarray, np.ndarray]:
    """Return atomic numbers (n_atoms,) and positions (n_atoms, 3) [Angstrom] of the structure of that id."""
    if name not in structures:
        raise InputError(f"no structure has the id {name[:60]!r}")
    return structures[name].numbers, structures[name].positions


def read_levels(cells: Mapping[str, Any], columns: LevelColumns) -> tuple[np.ndarray, float]:
    """Return the occupied levels and the LUMO (nan where not given), in the table's unit."""
    lumo = float("nan")
    if columns.lumo and text_of(cells[columns.lumo]):
        lumo = number_of(cells[columns.lumo], columns.lumo)
    if columns.form == LIST:
        levels = list_of(cells[columns.names[0]], columns.names[0])
        if "n_occupied" in cells:
            n_occupied = number_of(cells["n_occupied"], "n_occupied")
            if not 0 < n_occupied <= len(levels):
                raise InputError(f"n_occupied must be 1 to {len(levels)}, the number of levels, got {n_occupied:g}")
            occupied, empty = levels[: int(n_occupied)], levels[int(n_occupied) :]
            return occupied, float(empty[0]) if len(empty) else lumo
        return levels, lumo
    given = [bool(text_of(cells[name])) for name in columns.names]
    n_given = sum(given)
    if columns.form == NUMBERED and n_given < len(given):
        name = columns.names[given.index(False)]
        raise InputError(f"{name} is empty: where their number differs, give levels as a list or from the HOMO down")
    if not all(given[:n_given]):
        raise InputError(f"{columns.names[given.index(False)]} is empty, and a deeper level is not")
    found = np.array([number_of(cells[name], name) for name in columns.names[:n_given]])
    if columns.form == FROM_HOMO and (np.diff(found) > 0).any():
        raise InputError(f"levels from the HOMO down must fall, got {', '.join(f'{x:g}' for x in found[:6])}")
    return found, lumo


def check_formula(smiles: str, numbers: np.ndarray) -> None:
    """Raise InputError if a SMILES is none, or of other atoms than the geometry's; "" passes."""
    if not smiles:
        return
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise InputError(f"SMILES cannot be read: got {smiles[:80]!r}")
    if sorted(a.GetAtomicNum() for a in Chem.AddHs(mol).GetAtoms()) != sorted(numbers.tolist()):
        raise InputError(f"SMILES and geometry must be of the same atoms, got {smiles[:80]!r} and others")


def factor_ev(unit: str) -> float:
    """Return what a level is to be multiplied by to be in eV; raise InputError for another unit."""
    if unit.lower() not in UNITS_EV:
        raise InputError(f"the unit of levels must be eV or Hartree, got {unit!r}")
    return UNITS_EV[unit.lower()]


def text_of(cell: Any) -> str:
    """Return a cell as text; "" for what is missing. A number that is nan is not missing."""
    return "" if cell is None or cell is pd.NA else str(cell).strip()


def number_of(cell: Any, name: str) -> float:
    """Return a cell as a number; raise InputError naming the column if it is none."""
    try:
        return float(cell)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a number, got {text_of(cell)[:40]!r}") from error


def list_of(cell: Any, name: str) -> np.ndarray:
    """Return a cell as numbers (n,): an array, JSON, or numbers with blanks, commas or semicolons between them."""
    if isinstance(cell, str) and re.search(r"\d,\d+\s*;", cell):
        raise InputError(f"{name} must have decimal points, got {cell.strip()[:40]!r}")
    try:
        if isinstance(cell, str):
            text = cell.strip()
            cell = json.loads(text) if text.startswith("[") else [x for x in re.split(r"[\s,;]+", text) if x]
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            cell = []
        parts = [np.asarray(x, np.float64).ravel() for x in np.atleast_1d(np.asarray(cell, object))]
        return np.concatenate(parts) if parts else np.zeros(0)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{name} must be a list of numbers, got {text_of(cell)[:40]!r}") from error
