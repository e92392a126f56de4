"""Labelled molecules: geometries with reference levels, in one table whatever their source.

Columns: see assets/reference/README.md. A level that the source does not tell is nan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pyarrow import ArrowException

from core.assets import QM9_GFN2, QM9_PBE, REFERENCE, RESERVED, check_labels_there
from core.errors import InputError
from core.files import whole_file
from core.labels.archives import open_archive
from core.labels.archives.label_table import PARQUET
from core.labels.rows import Provenance, collect_rows
from core.labels.splits import (
    NOT_QM9,
    OWN_FILE,
    TEST,
    TEST_FRACTION,
    TRAIN,
    check_trainable,
    draw_of,
    draw_split,
    is_named_otherwise,
    is_row_reserved,
    load_reserved,
    molecule_keys,
)
from core.machine.progress import Progress
from core.spectrum.levels import Levels
from core.structure.geometry import Geometry, count_valence_levels
from core.theory import QUASIPARTICLE_THEORY, REFERENCE_THEORY

__all__ = [
    "QM9_GFN2",
    "QM9_PBE",
    "REFERENCE",
    "RESERVED",
    "LabelSet",
    "Provenance",
    "elements_of",
    "join_labels",
    "load_labels",
    "load_reserved",
    "qm9_indices",
    "save_labels",
    "training_split",
    "without_reserved",
]
REQUIRED_OF_LABELS = ("id", "numbers", "positions", "n_core", "n_occupied", "levels_ev")
OF_THE_ENGINE = "population"  # the column that only labels of `eigenscope label` have
MEAN_FIELD = "mean_field_ev"  # the column that only labels of quasiparticle energies have
UNSTATED = Provenance()
BY_COLUMN = {
    OF_THE_ENGINE: Provenance("labels of eigenscope label", str(REFERENCE_THEORY)),
    MEAN_FIELD: Provenance("labels of eigenscope label", str(QUASIPARTICLE_THEORY)),
}
SPLIT_BYTES = ("positions.list.element", "levels_ev.list.element")  # Parquet leaves: rounded floats halve this way
METADATA = "eigenscope"  # key of the pandas attributes in a Parquet file
N_LISTED = 20  # rows left out that a description lists
LIKELY_HOMO_EV = (-25.0, -2.0)  # medians of neutral closed-shell molecules, whatever the method


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Geometries and their reference levels.

    Attributes
    ----------
    table : DataFrame
        One row a molecule-geometry, columns as in assets/reference/README.md.
    provenance : Provenance
        Level of theory, DOI and licence.
    notes : tuple of str
        Sentences on the whole set: how the split was drawn, what it does not tell.
    left_out : DataFrame
        id and reason of the rows of the source that cannot be used.
    """

    table: pd.DataFrame
    provenance: Provenance = UNSTATED
    notes: tuple[str, ...] = ()
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["id", "reason"]))

    def __len__(self) -> int:
        return len(self.table)

    def geometries(self) -> list[Geometry]:
        """Return the geometry of each row."""
        return [Geometry(z, x) for z, x in zip(self.table["numbers"], self.table["positions"], strict=True)]

    def levels(self) -> list[Levels]:
        """Return valence levels and LUMO of each row; nan is what the label does not tell, or not reliably."""
        columns = [self.table[c] for c in ("n_core", "n_occupied", "levels_ev")]
        floor_ev = QUASIPARTICLE_THEORY.reliable_above_ev if MEAN_FIELD in self.table else -np.inf
        found = []
        for core, occupied, energies in zip(*columns, strict=True):
            valence = np.asarray(energies[core:occupied], np.float64)
            lumo_ev = float(energies[occupied]) if len(energies) > occupied else float("nan")
            found.append(Levels(np.where(valence < floor_ev, np.nan, valence), lumo_ev))
        return found

    def select(self, mask: Sequence[bool] | np.ndarray | pd.Series) -> "LabelSet":
        """Return the rows of a mask, (n_rows,) bool."""
        return replace(self, table=self.table[np.asarray(mask)].reset_index(drop=True))

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

    def describe(self, *, model_theory: str = "") -> dict[str, Any]:
        """Return what the set is, for people and JSON.

        Parameters
        ----------
        model_theory : str
            What a model to be compared with these labels predicts: where that is another level of theory, a note says so.
        """
        notes = list(self.notes)
        own = self.provenance.level_of_theory
        if model_theory and own and model_theory != own:
            notes.append(
                f"the model predicts {model_theory}, the labels are {own}: every error includes the difference"
            )
        shown = self.left_out.head(N_LISTED)
        return {
            "provenance": {k: v or "not stated" for k, v in asdict(self.provenance).items()},
            "notes": notes,
            "n_left_out": len(self.left_out),
            "left_out": dict(zip(shown["id"].astype(str), shown["reason"].astype(str), strict=True)),
        }


def load_labels(
    path: Path,
    *,
    theory: str | None = None,
    unit: str | None = None,
    structures: Mapping[str, Geometry] | None = None,
    test_fraction: float = TEST_FRACTION,
    progress: Progress | None = None,
) -> LabelSet:
    """Return the labels of a file or folder: our own Parquet, or any format of `core.labels.archives`.

    Rows that cannot be used are in `left_out` with their reasons. A set without a split, ours of a user's own file
    included, gets one (`core.labels.splits.draw_split`).

    Parameters
    ----------
    theory : str, optional
        Which level of theory, where a set has several (OE62).
    unit : str, optional
        Of the levels of a table that does not state it: "eV" or "Hartree".
    structures : mapping, optional
        Geometries by id, for a table that has none.
    test_fraction : float
        Of the molecules, where a split is drawn.
    progress : callable, optional
        Gets (rows read, 0).

    Raises
    ------
    InputError
        If it cannot be read, is of no known format, lacks a column, or no row can be used.
    """
    path = Path(path)
    check_labels_there(path)
    if is_own_parquet(path):
        if theory is not None or unit is not None:
            raise InputError(f"{path} states its level of theory and is in eV: choose neither")
        return load_own(path, test_fraction=test_fraction)
    archive = open_archive(path, theory=theory, unit=unit, structures=structures)
    table, left_out = collect_rows(archive.rows, progress=progress)
    if table.empty:
        first = "; ".join(f"{x.id}: {x.reason}" for x in left_out.head(3).itertuples())
        raise InputError(f"no row of {path} can be used, {len(left_out)} left out{', ' if first else ''}{first}")
    notes = archive.notes
    if not table["split"].all():
        table["split"], told = draw_split(table, fraction=test_fraction)
        notes = (*notes, told)
    labels = LabelSet(table, archive.provenance, notes, left_out)
    return replace(labels, notes=(*notes, *doubt_unit(labels)))


def join_labels(first: LabelSet, *others: LabelSet) -> LabelSet:
    """Return several sets as one, in their order; provenance, notes and rows left out are the first one's.

    Raises
    ------
    InputError
        If a set states another level of theory than the first, or shares an id with one before it.
    """
    theory = first.provenance.level_of_theory
    for other in others:
        if other.provenance.level_of_theory != theory:
            found = other.provenance.level_of_theory or "not stated"
            raise InputError(
                f"labels that are joined must be of one level of theory, found {theory or 'not stated'} and {found}"
            )
    if not others:
        return first
    table = pd.concat([first.table, *(other.table for other in others)], ignore_index=True)
    repeated = table["id"][table["id"].duplicated()]
    if len(repeated):
        raise InputError(f"labels that are joined must not share an id, found {repeated.iloc[0]} twice")
    return replace(first, table=table.assign(qm9_index=with_absent(table, "qm9_index", NOT_QM9)))


def qm9_indices(labels: LabelSet, *, geometry: str) -> list[int]:
    """Return the QM9 indices of the rows that stand on a kind of geometry, in their order."""
    return [int(index) for index in labels.table["qm9_index"][labels.table["geometry"] == geometry]]


def elements_of(*labels: LabelSet) -> tuple[int, ...]:
    """Return the atomic numbers that any of the molecules holds, ascending."""
    numbers = [np.unique(np.concatenate(one.table["numbers"].tolist())) for one in labels]
    return tuple(np.unique(np.concatenate(numbers)).tolist())


def without_reserved(labels: LabelSet) -> LabelSet:
    """Return the rows of molecules that are not kept aside, by index and by constitution: some 0.3 ms a row."""
    return labels.select(~is_row_reserved(labels.table))


def with_absent(table: pd.DataFrame, column: str, value: int) -> pd.Series:
    """Return a column of whole numbers with a value where it has none, or everywhere where there is no such column."""
    if column not in table:
        return pd.Series(value, index=table.index)
    return table[column].fillna(value).astype(int)


def is_own_parquet(path: Path) -> bool:
    """Return whether a file is Parquet in our own columns."""
    try:
        with path.open("rb") as file:
            if file.read(4) != PARQUET:
                return False
        return set(REQUIRED_OF_LABELS) <= set(pq.read_schema(path).names)
    except (OSError, ArrowException):  # `open_archive` says what is wrong with it
        return False


def load_own(path: Path, *, test_fraction: float) -> LabelSet:
    """Return labels in our own columns."""
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"labels must be a readable Parquet file: {path}: {error}") from error
    if table.empty:
        raise InputError(f"labels need at least one row, {path} has none")
    stated = table.attrs.pop(METADATA, None)
    table = table.reset_index(drop=True)
    if stated is not None:
        left_out = pd.DataFrame(stated["left_out"], columns=["id", "reason"])
        return LabelSet(table, Provenance(**stated["provenance"]), tuple(stated["notes"]), left_out)
    check_level_counts(table)
    notes: tuple[str, ...] = ()
    if "split" in table and (table["split"] == OWN_FILE).all():
        table["split"], told = draw_split(table, fraction=test_fraction)
        notes = (told,)
    known = [provenance for column, provenance in BY_COLUMN.items() if column in table]
    return LabelSet(table, known[0] if known else Provenance(path.name), notes)


def check_level_counts(table: pd.DataFrame) -> None:
    """Raise InputError where a row has not as many valence levels as its molecule.

    A short list would be taken for the deepest levels; nan stands for those that are not known.
    """
    columns = ("id", "numbers", "positions", "n_core", "n_occupied", "levels_ev")
    for own_id, numbers, positions, core, occupied, energies in zip(*(table[c] for c in columns), strict=True):
        n_levels = count_valence_levels(Geometry(numbers, positions))
        if not 0 <= core <= occupied <= len(energies) or occupied - core != n_levels:
            raise InputError(
                f"{own_id}: its molecule has {n_levels} valence levels, found {len(energies)} levels of which {core} are core "
                f"and {occupied} occupied; put nan where a level is not known"
            )


def save_labels(labels: LabelSet, path: Path) -> None:
    """Write labels as Parquet in our own columns, with provenance, notes and the rows left out; `load_labels` reads them.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    table = labels.table.copy(deep=False)
    table.attrs[METADATA] = {
        "provenance": asdict(labels.provenance),
        "notes": list(labels.notes),
        "left_out": labels.left_out.astype(str).to_dict("records"),
    }
    with whole_file(path) as draft:
        table.to_parquet(
            draft, compression="zstd", index=False, use_dictionary=False, use_byte_stream_split=[*SPLIT_BYTES]
        )


def doubt_unit(labels: LabelSet) -> tuple[str, ...]:
    """Return a sentence if the HOMOs look as if they were in another unit."""
    median = float(np.median([x.homo_ev for x in labels.levels()]))
    low, high = LIKELY_HOMO_EV
    return () if low < median < high else (f"half of the HOMOs lie above {median:.3g} eV: is the unit right?",)


def training_split(labels: LabelSet, *, valid_fraction: float, seed: int) -> tuple[LabelSet, LabelSet]:
    """Return (fit, validation) parts of the `train` split; all geometries of a molecule fall on one side.

    A molecule that is known by its QM9 index here and by its constitution there is learnt from, not watched.

    Raises
    ------
    InputError
        If a reserved molecule or one of the `test` split is among them, or they are too few for two parts.
    """
    train = labels.split(TRAIN)
    check_trainable(train.table, test=labels.table[labels.table["split"] == TEST])
    draws = np.array([draw_of(key, seed=seed) for key in molecule_keys(train.table)])
    fit, drawn = train.select(draws >= valid_fraction), train.select(draws < valid_fraction)
    valid = drawn.select(~is_named_otherwise(drawn.table, among=fit.table))
    if not len(fit) or not len(valid):
        raise InputError(
            f"training needs molecules to learn from and others to watch, the {len(train)} rows of `train` fall into "
            f"{len(fit)} and {len(valid)}"
        )
    return fit, valid
