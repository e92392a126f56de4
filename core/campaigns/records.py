"""Labels on disk while a campaign runs: one JSON line a molecule, one file a worker and start; then one Parquet file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from rdkit import Chem

from core.errors import InputError
from core.files import whole_file
from core.json_lines import Record, read_json_lines, unreadable_line
from core.labels.label_set import MEAN_FIELD, load_labels
from core.labels.splits import load_reserved

PBE = "pbe"  # the level of theory of records that state none
GROUP_ROWS = (
    2000  # of the Parquet file: one that has grown begins with the same bytes, and version control stores the rest
)


def open_records(folder: Path, worker: str) -> IO[str]:
    """Create a new file of records; never one that is there: what a kill cut off stays the last line of its file."""
    number = 0
    while True:
        number += 1
        try:
            return (folder / f"{worker}-{number:04d}.jsonl").open("x", encoding="utf-8")
        except FileExistsError:
            continue


def read_records(folder: Path) -> Iterator[Record]:
    """Yield the records of all files of a folder, by file name and line; a line that a kill cut off is passed over.

    Raises
    ------
    InputError
        If a whole line is no record.
    """
    for path in sorted(folder.glob("*.jsonl")):
        for number, record in read_json_lines(path):
            if "id" not in record:
                raise unreadable_line(path, number, KeyError("id"))
            yield record


def check_theory(folder: Path, theory: str) -> None:
    """Raise InputError if a folder holds labels at another level of theory: records say which, but for PBE's."""
    for record in read_records(folder):
        if "error" not in record:
            found = record.get("theory", PBE)
            if found != theory:
                raise InputError(
                    f"labels of one folder must be of one level of theory, {folder.name} holds {found}, not {theory}"
                )
            return


def finished_ids(folder: Path, done: Iterable[Path] = ()) -> set[str]:
    """Return the ids that need no work: labelled or failed in the folder, or in label files that are there already."""
    ids = {str(record["id"]) for record in read_records(folder)}
    for path in done:
        ids |= set(load_labels(path).table["id"].astype(str))
    return ids


def merge_records(folder: Path, out: Path, *, done: Sequence[Path] = ()) -> dict[str, int]:
    """Write one Parquet of all converged labels: those of `done` first, each id once; return the counts.

    Failed and unconverged molecules are left out and counted; their reasons stay in the records. Reserved molecules are
    left out whoever labelled them.

    Raises
    ------
    InputError
        If `done` cannot be read.
    """
    tables = [load_labels(path).table for path in done]
    seen = {str(x) for table in tables for x in table["id"]}
    reserved = load_reserved()
    rows: list[Record] = []
    counts = {"labelled": 0, "failed": 0}
    for record in read_records(folder):
        if record["id"] in seen:
            continue
        if "error" in record or not record["converged"] or record["index"] in reserved:
            counts["failed"] += 1
            continue
        seen.add(record["id"])
        rows.append(label_row(record))
    counts["labelled"] = len(rows)
    if rows:
        tables.append(pd.DataFrame(rows))
    counts["in file"] = 0
    if tables:
        merged = pd.concat(tables, ignore_index=True).drop_duplicates("id", ignore_index=True)
        counts["in file"] = len(merged)
        with whole_file(out) as draft:
            merged.to_parquet(draft, compression="zstd", index=False, row_group_size=GROUP_ROWS)
    return counts


def label_row(record: Record) -> Record:
    """Return a record in the columns of assets/reference/README.md."""
    table = Chem.GetPeriodicTable()
    row = {
        "id": record["id"],
        "qm9_index": np.int32(record["index"]),
        "split": record["split"],
        "geometry": record["geometry"],
        "smiles": record["smiles"],
        "numbers": np.array([table.GetAtomicNumber(s) for s in record["symbols"].split()], np.uint8),
        "positions": np.array(record["positions"], np.float32).ravel(),
        "n_core": np.int16(record["n_core"]),
        "n_occupied": np.int16(record["n_occ"]),
        "levels_ev": np.array(record["levels"], np.float32),
    }
    if record.get("theory", PBE) == PBE:
        return row | {
            "population": np.array(record["pop"], np.uint8).ravel(),
            "population_s": np.array(record["pop_s"], np.uint8).ravel(),
            "total_energy_ha": record["e_tot"],
        }
    return row | {
        MEAN_FIELD: np.array(record["mean_field"], np.float32),
        "reference_ev": np.array(record["reference"], np.float32),
        "overlap": np.array(record["overlap"], np.uint8).ravel(),
    }
