"""OE62: orbital energies of 61,489 molecules from organic crystals, as pandas JSON of orient "split".

Stuke et al., Sci. Data 7, 58 (2020), doi 10.1038/s41597-020-0385-y, its table 2. All-electron (FHI-aims), so that the
occupied levels may include the 1s cores; ascending, HOMO last. Empty levels are listed up to the vacuum level, at least
the LUMO.
df_62k.json has PBE and PBE0 in vacuum, df_31k.json PBE0 in water too, df_5k.json also larger bases and G0W0.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from core.labels.archives.frames import parse_block
from core.labels.rows import Archive, LabelRow, LeftOut, Provenance

STRUCTURE = "xyz_pbe_relaxed"
REQUIRED = ("refcode_csd", STRUCTURE)
GEOMETRY = "pbe"


@dataclass(frozen=True)
class Theory:
    """A level of theory of the set: its columns and what it is."""

    occupied: str
    empty: str
    text: str


THEORIES = {
    "pbe": Theory("energies_occ_pbe", "energies_unocc_pbe", "PBE/tier2 (FHI-aims)"),
    "pbe0_vac_tier2": Theory(
        "energies_occ_pbe0_vac_tier2", "energies_unocc_pbe0_vac_tier2", "PBE0/tier2 in vacuum (FHI-aims)"
    ),
    "pbe0_vac_tzvp": Theory(
        "energies_occ_pbe0_vac_tzvp", "energies_unocc_pbe0_vac_tzvp", "PBE0/def2-TZVP in vacuum (FHI-aims)"
    ),
    "pbe0_vac_qzvp": Theory(
        "energies_occ_pbe0_vac_qzvp", "energies_unocc_pbe0_vac_qzvp", "PBE0/def2-QZVP in vacuum (FHI-aims)"
    ),
    "pbe0_water": Theory(
        "energies_occ_pbe0_water", "energies_unocc_pbe0_water", "PBE0/tier2 in implicit water (FHI-aims)"
    ),
    "gw_tzvp": Theory("energies_occ_gw_tzvp", "energies_unocc_gw_tzvp", "G0W0@PBE0/def2-TZVP (FHI-aims)"),
    "gw_qzvp": Theory("energies_occ_gw_qzvp", "energies_unocc_gw_qzvp", "G0W0@PBE0/def2-QZVP (FHI-aims)"),
    "gw_cbs": Theory("cbs_occ_gw", "cbs_unocc_gw", "G0W0@PBE0, basis-set limit extrapolated (FHI-aims)"),
}
DEFAULT_THEORY = "pbe"


def read_oe62(path: Path, *, theory: str | None = None) -> Archive:
    """Return the rows of df_5k.json, df_31k.json or df_62k.json at one level of theory.

    Parameters
    ----------
    theory : str, optional
        A key of THEORIES; PBE, which is what the shipped models predict, when left out.

    Raises
    ------
    InputError
        If it is no such JSON, or has not that level of theory.
    """
    key = theory or DEFAULT_THEORY
    if key not in THEORIES:
        raise InputError(f"the level of theory must be one of {', '.join(THEORIES)}, got {key!r}")
    columns, rows = load_split_json(path)
    missing = [c for c in REQUIRED if c not in columns]
    if missing:
        raise InputError(f"OE62 needs the columns {', '.join(REQUIRED)}; {path} lacks {', '.join(missing)}")
    there = [k for k, t in THEORIES.items() if t.occupied in columns]
    if key not in there:
        raise InputError(f"{path} has no {key} levels, it has {', '.join(there) or 'none'}")
    provenance = Provenance(
        name="OE62",
        level_of_theory=THEORIES[key].text,
        geometry="PBE with van der Waals correction (Tkatchenko-Scheffler)",
        doi="10.1038/s41597-020-0385-y",
        licence="CC BY 4.0 (the article's; the data, doi 10.14459/2019mp1507656, state theirs)",
    )
    others = [k for k in there if k != key]
    note = f"levels of {key}; also there: {', '.join(others)}" if others else f"levels of {key}"
    return Archive(oe62_rows(columns, rows, THEORIES[key]), provenance, (note,))


def load_split_json(path: Path) -> tuple[dict[str, int], list[Any]]:
    """Return the place of each column, and the rows.

    Raises
    ------
    InputError
        If the file is not JSON of orient "split".
    """
    try:
        with path.open(encoding="utf-8") as file:
            frame = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"OE62 must be whole, readable JSON: {path}: {str(error)[:200]}") from error
    parts = ("columns", "index", "data")
    if not isinstance(frame, dict) or not all(isinstance(frame.get(part), list) for part in parts):
        found = ", ".join(map(str, list(frame)[:5])) if isinstance(frame, dict) else type(frame).__name__
        raise InputError(
            f'OE62 must be JSON that pandas wrote with orient="split" ({", ".join(parts)}); {path} holds {found}'
        )
    return {str(name): k for k, name in enumerate(frame["columns"])}, frame["data"]


def oe62_rows(columns: dict[str, int], rows: list[Any], theory: Theory) -> Iterator[LabelRow | LeftOut]:
    """Yield a row a molecule, and let go of each once it is read: the big file is a gigabyte of Python objects."""
    for k in range(len(rows)):
        cells, rows[k] = rows[k], None
        name = f"row {k + 1}"
        try:
            if not isinstance(cells, list) or len(cells) != len(columns):
                raise InputError(f"a row must have {len(columns)} cells")
            name = str(cells[columns["refcode_csd"]])
            yield oe62_row(name, {column: cells[at] for column, at in columns.items()}, theory)
        except InputError as error:
            yield LeftOut(name, str(error))


def oe62_row(name: str, cells: dict[str, Any], theory: Theory) -> LabelRow:
    """Return the row of one molecule."""
    xyz = cells[STRUCTURE]
    if not isinstance(xyz, str) or not xyz.strip():
        raise InputError(f"{STRUCTURE} must be an XYZ block, got {xyz!r}"[:120])
    numbers, positions = parse_block(xyz)
    empty = parse_levels(cells.get(theory.empty), theory.empty)
    return LabelRow(
        id=name,
        numbers=numbers,
        positions=positions,
        occupied_ev=parse_levels(cells[theory.occupied], theory.occupied),
        lumo_ev=float(empty.min()) if len(empty) else float("nan"),
        smiles=str(cells.get("canonical_smiles") or "").strip(),
        geometry=GEOMETRY,
    )


def parse_levels(cell: Any, column: str) -> np.ndarray:
    """Return a list of levels [eV]; empty where there is none."""
    try:
        return np.array([] if cell is None else cell, np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise InputError(f"{column} must be a list of numbers, got {cell!r}"[:120]) from error
