"""Labelled molecules: geometries with reference levels, in one table whatever their source.

Columns: see assets/reference/README.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import InputError
from core.geometry import Geometry
from core.spectrum import Levels

REFERENCE = Path(__file__).resolve().parents[2] / "assets" / "reference"
QM9_PBE = REFERENCE / "qm9_pbe.parquet"
QM9_GFN2 = REFERENCE / "qm9_gfn2.parquet"
RESERVED = REFERENCE / "reserved_qm9_indices.txt"
REQUIRED = ("id", "numbers", "positions", "n_core", "n_occupied", "levels_ev")
LEVEL_OF_THEORY = "PBE/6-31+G(d)"


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Geometries and their reference levels.

    Attributes
    ----------
    table : DataFrame
        One row a molecule-geometry, columns as in assets/reference/README.md.
    """

    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    def geometries(self) -> list[Geometry]:
        return [Geometry(z, x) for z, x in zip(self.table["numbers"], self.table["positions"], strict=True)]

    def levels(self) -> list[Levels]:
        """Return valence levels and LUMO of each row; LUMO is nan where the label stops at the HOMO."""
        columns = [self.table[c] for c in ("n_core", "n_occupied", "levels_ev")]
        return [
            Levels(np.asarray(e[core:occupied], np.float64), float(e[occupied]) if len(e) > occupied else float("nan"))
            for core, occupied, e in zip(*columns, strict=True)
        ]

    def select(self, mask: Sequence[bool] | np.ndarray | pd.Series) -> "LabelSet":
        return LabelSet(self.table[np.asarray(mask)].reset_index(drop=True))

    def split(self, name: str) -> "LabelSet":
        """Return the rows of one split.

        Raises
        ------
        InputError
            If the table has no such split.
        """
        names = sorted(self.table["split"].unique()) if "split" in self.table else []
        if name not in names:
            raise InputError(
                f"split must be one of {', '.join(names) or '(the table has no split column)'}, got {name!r}"
            )
        return self.select(self.table["split"] == name)


def load_labels(path: Path) -> LabelSet:
    """Return the labels of a Parquet file.

    Raises
    ------
    InputError
        If it is no Parquet file, is empty, or lacks a column.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"labels must be a readable Parquet file: {path}: {error}") from error
    missing = [c for c in REQUIRED if c not in table]
    if missing:
        raise InputError(f"labels need the columns {', '.join(REQUIRED)}; {path} lacks {', '.join(missing)}")
    if table.empty:
        raise InputError(f"labels need at least one row, {path} has none")
    return LabelSet(table.reset_index(drop=True))


def load_reserved() -> set[int]:
    """Return the QM9 indices kept aside for acceptance: never label, pre-train or train on them."""
    return {int(x) for x in RESERVED.read_text().split()}


def training_split(labels: LabelSet, *, valid_fraction: float, seed: int) -> tuple[LabelSet, LabelSet]:
    """Return (fit, validation) parts of the `train` split; all geometries of a molecule fall on one side.

    Raises
    ------
    InputError
        If a reserved molecule is among them.
    """
    train = labels.split("train")
    indices = train.table["qm9_index"].to_numpy()
    forbidden = set(indices.tolist()) & (load_reserved() | set(labels.split("test").table["qm9_index"].tolist()))
    if forbidden:
        raise InputError(f"training must not see reserved or test molecules, found QM9 indices {sorted(forbidden)[:5]}")
    # a hash of the index, not of the row: the split of a molecule stays when labels are added
    draws = np.array([np.random.default_rng((seed, int(i))).random() for i in indices])
    return train.select(draws >= valid_fraction), train.select(draws < valid_fraction)
