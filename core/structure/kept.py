"""Entries on their way into 3-D, kept on disk one line each: a run that was stopped goes on where it ended."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import EigenscopeError, InputError
from core.json_lines import append_line, open_to_append, read_json_lines
from core.machine.progress import ShouldCancel
from core.structure.ensemble import Ensemble
from core.structure.entry import CANCELLED, Entry
from core.structure.geometry import Geometry
from core.structure.identity import geometry_bytes
from core.structure.place import Placement, place_entries


def place_and_keep(
    entries: Sequence[Entry], placement: Placement | None, path: Path, *, should_cancel: ShouldCancel | None = None
) -> Iterator[Entry]:
    """Yield the entries as `place_entries` does; those that `path` holds are taken from it, all others are added to it.

    Raises
    ------
    InputError
        If the file is of another input or another way into 3-D, or cannot be read.
    """
    header = fingerprint(entries, placement)
    kept = read_kept(path, header)
    for entry, record in zip(entries, kept, strict=False):
        yield restore(entry, record)
    with open_to_append(path) as sink:
        if path.stat().st_size == 0:
            append_line(sink, header)
        for placed in place_entries(entries[len(kept) :], placement, should_cancel=should_cancel):
            if placed.reason != CANCELLED:
                append_line(sink, as_record(placed))
            yield placed


def fingerprint(entries: Sequence[Entry], placement: Placement | None) -> dict[str, Any]:
    """Return what makes two runs the same run: how molecules get a geometry, and a hash of the inputs."""
    return {"placement": repr(placement), "inputs": len(entries), "sha256": hash_entries(entries)}


def hash_entries(entries: Sequence[Entry]) -> str:
    """Return the SHA-256 of what entries are: rows, ids, SMILES and geometries, in their order."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(repr((entry.row, entry.id, entry.status, entry.molecule and entry.molecule.smiles)).encode())
        if entry.geometry is not None:
            digest.update(geometry_bytes(entry.geometry))
    return digest.hexdigest()


def read_kept(path: Path, header: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a stopped run, in the order of its entries; none where there is no file."""
    if not path.exists():
        return []
    records = [record for _, record in read_json_lines(path)]
    if records and records[0] != header:
        raise InputError(
            f"{path.name} is of a run on another input or with other options: remove it, or write to another file"
        )
    return records[1 : header["inputs"] + 1]


def as_record(entry: Entry) -> dict[str, Any]:
    """Return what became of an entry, as JSON has it."""
    record: dict[str, Any] = {
        "row": entry.row,
        "status": entry.status,
        "reason": entry.reason,
        "notes": list(entry.notes),
    }
    if entry.geometry is not None:
        geometry = entry.geometry
        record |= {
            "numbers": geometry.numbers.tolist(),
            "positions": geometry.positions.ravel().tolist(),
            "origin": geometry.origin,
        }
    if entry.ensemble is not None:
        ensemble = entry.ensemble
        record |= {
            "conformers": [g.positions.ravel().tolist() for g in ensemble.geometries],
            "energies_ev": ensemble.energies_ev.tolist(),
            "degeneracies": ensemble.degeneracies.tolist(),
            "lowest_ev": ensemble.lowest_ev,
            "n_left_out": ensemble.n_left_out,
        }
    return record


def restore(entry: Entry, record: dict[str, Any]) -> Entry:
    """Return an entry as a stopped run left it.

    Raises
    ------
    InputError
        If the record is not the entry's.
    """
    try:
        if record["row"] != entry.row:
            raise ValueError(f"row {record['row']} stands where row {entry.row} should")
        geometry = None
        if "numbers" in record:
            geometry = Geometry(np.array(record["numbers"]), np.array(record["positions"]), record["origin"])
        ensemble = None
        if geometry is not None and "conformers" in record:
            places = [np.array(positions).reshape(-1, 3) for positions in record["conformers"]]
            conformers = tuple(replace(geometry, positions=positions) for positions in places)
            told = (record[name] for name in ("energies_ev", "degeneracies", "lowest_ev", "n_left_out"))
            ensemble = Ensemble(conformers, *told)
        came_out = {"status": record["status"], "reason": record["reason"], "notes": tuple(record["notes"])}
        return replace(entry, geometry=geometry, ensemble=ensemble, **came_out)
    except (EigenscopeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"what a stopped run kept cannot be read: {error!r}") from error
