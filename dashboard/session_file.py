"""A session to a file and back: a zip of Parquet and JSON, nothing that can run.

It holds what the pages show, the scan included: a table of all values takes 5 MB for the home library, and needs neither the
same library nor the same learner where it is opened. Left out: checks with DFT (computed again), uploads, work under way.
"""

import io
import json
import lzma
import zipfile
import zlib
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InputError
from core.readers.bounded_parquet import read_bounded
from core.readers.records import MAX_ROWS
from core.screening.filters import Filter
from core.spectrum.broaden import Spectrum
from core.spectrum.target import Target
from core.structure.entry import OK
from core.table import NO_CONFORMERS
from core.writers.tables import table_to_parquet
from dashboard.scan_runs import is_partial, stopped_scan
from dashboard.session_schema import (
    FILTERS,
    StoredSession,
    StoredTarget,
    check_molecules,
    check_setting,
    read_contents,
    read_filter,
)
from dashboard.state import (
    ALL_ROWS,
    AREA_ONE,
    BAND,
    PEAK_ONE,
    PER_EV,
    SETTING_DEFAULTS,
    VALENCE,
    Session,
)

CONTENTS, MOLECULES, SCAN, STOPPED = "session.json", "molecules.parquet", "scan.parquet", "stopped.parquet"
MAX_UNPACKED_MB, MAX_CONTENTS_MB = 200, 40
ATOM_BYTES, LEVEL_BYTES, ROW_BYTES = 11, 4, 500  # packed, by every 25th row of the home library's scan, 0.85 MB
FORMAT = 3
LATER_COLUMNS = {  # of a table of predictions, that files saved before lack
    "note": "", **NO_CONFORMERS, "n_conformers": 1, "temperature_k": np.nan, "conformer_spread_ev": np.nan,
    "conformer_levels_ev": None, "level_errors_ev": None, "lumo_error_ev": np.nan,
}  # fmt: skip
WORDING_OF_FORMAT_1: dict[str, dict[str, str]] = {  # it stored what the page said, by setting
    "n_levels": {"Band of 16": BAND, "All valence": VALENCE},
    "normalise": {"states/eV": PER_EV, "peak = 1": PEAK_ONE, "area = 1": AREA_ONE},
    "status_shown": {"All": ALL_ROWS, "Predicted": "ok", "Refused": "refused", "Failed": "failed"},
}
PARTS = {MOLECULES: "molecules", SCAN: "scanned molecules", STOPPED: "molecules of the cancelled scan"}
KEPT_AS_THEY_ARE = ("drawn", "focus", "level", "hit", "selected", "picks", "target_mark", "table_version")
KINDS = {kind: key for key, kind in FILTERS.items()}
FILTERS_OF_FORMAT_1 = {kind.__name__: key for key, kind in FILTERS.items()}


def save_session(state: Session) -> bytes:
    """Return the molecules, drawn ones, targets, scans, filters, picks and remembered controls as a zip file."""
    stopped = state.stopped
    beside = stopped.table if stopped is not None and stopped.table is not state.scan else None
    contents = {
        "format": FORMAT,
        "settings": {k: state.settings[k] for k in SETTING_DEFAULTS},
        **{name: getattr(state, name) for name in KEPT_AS_THEY_ARE},
        "filters": [pack_filter(f) for f in state.filters],
        "brush": None if state.brush is None else pack_filter(state.brush),
        "reference": pack_target(state.reference),
        "target": pack_target(state.target),
        "scan": None if state.scan is None else {"key": state.scan_key, "seconds": state.scan_seconds},
        "stopped": None if stopped is None or beside is None else {"key": stopped.run.key, "seconds": stopped.seconds},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTENTS, json.dumps(contents))
        for name, table in ((MOLECULES, state.table), (SCAN, state.scan), (STOPPED, beside)):
            if table is not None:
                archive.writestr(name, table_to_parquet(table))
    return packed.getvalue()


def load_session(data: bytes) -> Session:
    """Return the session of a file that `save_session` wrote.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {item.filename: item.file_size / 1e6 for item in archive.infolist()}
            if sum(sizes.values()) > MAX_UNPACKED_MB:
                raise InputError(f"it must unpack to at most {MAX_UNPACKED_MB} MB, got {sum(sizes.values()):.0f} MB")
            if sizes[CONTENTS] > MAX_CONTENTS_MB:
                raise InputError(f"its {CONTENTS} must have at most {MAX_CONTENTS_MB} MB, got {sizes[CONTENTS]:.0f} MB")
            contents = read_contents(archive.read(CONTENTS))
            tables = {name: read_rows(archive.read(name), what) for name, what in PARTS.items() if name in sizes}
        return unpack(contents, tables)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        LookupError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise InputError(f"the file must be a session saved by this app: {error}") from error


def read_rows(data: bytes, name: str) -> pd.DataFrame:
    """Return a table of predictions in a session file; raises InputError if it is none, or too large."""
    try:
        packed = read_bounded(pq.ParquetFile(io.BytesIO(data)), max_rows=MAX_ROWS, max_mb=MAX_UNPACKED_MB)
        table = packed.to_pandas().reset_index(drop=True)
        table = table.assign(**{name: value for name, value in LATER_COLUMNS.items() if name not in table})
    except (pa.ArrowException, TypeError) as error:
        raise InputError(f"its {name} cannot be read: {str(error)[:120]}") from error
    check_molecules(table, name)
    return table


def unpack(contents: StoredSession, tables: dict[str, pd.DataFrame]) -> Session:
    """Return the session of a file's contents."""
    version = contents.format
    if version not in range(1, FORMAT + 1):
        raise InputError(f"a session file must be of format 1 to {FORMAT}, got {version!r}: a newer version wrote it")
    table = tables.get(MOLECULES)
    state = Session(table=table, **{name: getattr(contents, name) for name in KEPT_AS_THEY_ARE})
    state.settings.update(unpack_settings(contents.settings, version))
    good = set() if table is None else set(table.index[table["status"] == OK])
    state.drawn = [k for k in contents.drawn if k in good]
    state.focus = contents.focus if contents.focus in state.drawn else None
    n_levels = 0 if state.focus is None or table is None else len(table["levels_ev"][state.focus])
    state.level = contents.level if contents.level in range(n_levels + 1) else None
    state.filters = [unpack_filter(packed, version) for packed in contents.filters]
    state.brush = None if contents.brush is None else unpack_filter(contents.brush, version)
    state.reference, state.target = unpack_target(contents.reference), unpack_target(contents.target)
    put_scans(state, contents, tables)
    return state


def put_scans(state: Session, contents: StoredSession, tables: dict[str, pd.DataFrame]) -> None:
    """Put the scans of a file into its session; a cancelled one can go on."""
    if contents.scan is not None and SCAN in tables:
        state.scan, state.scan_key, state.scan_seconds = tables[SCAN], contents.scan.key, contents.scan.seconds
        state.selected = [k for k in state.selected if k < len(state.scan)]
        if is_partial(state.scan):
            state.stopped = stopped_scan(state.scan_key, state.scan, state.scan_seconds)
    if contents.stopped is not None and STOPPED in tables:
        state.stopped = stopped_scan(contents.stopped.key, tables[STOPPED], contents.stopped.seconds)


def describe_session(state: Session) -> str:
    """Return what a session holds, in words."""
    counts = {
        "molecule": 0 if state.table is None else len(state.table),
        "scanned row": 0 if state.scan is None else len(state.scan),
        "filter": len(state.filters),
        "pick": len(state.selected),
    }
    parts = [f"{n:,} {noun}{'s' * (n != 1)}" for noun, n in counts.items() if n]
    parts += [word for word, held in (("a reference", state.reference), ("a target", state.target)) if held is not None]
    return ", ".join(parts) or "the controls alone"


def estimate_mb(state: Session) -> float:
    """Return about how large a session's file is [MB]."""
    tables = [table for table in (state.table, state.scan) if table is not None]
    n_levels = n_atoms = 0
    for table in tables:
        for levels, atoms, conformers in table.loc[
            table["status"] == OK, ["levels_ev", "n_atoms", "n_conformers"]
        ].itertuples(index=False):
            times = 1 + (int(conformers) if conformers > 1 else 0)
            n_levels, n_atoms = n_levels + times * len(levels), n_atoms + times * int(atoms)
    return (ROW_BYTES * sum(map(len, tables)) + ATOM_BYTES * n_atoms + LEVEL_BYTES * n_levels) / 1e6


def pack_filter(condition: Filter) -> dict[str, Any]:
    """Return a filter as JSON values."""
    return {"kind": KINDS[type(condition)], **asdict(condition)}  # type: ignore[call-overload]


def unpack_filter(packed: dict[str, Any], version: int) -> Filter:
    """Return the filter of JSON values; raises InputError where it is none."""
    kind = packed.get("kind")
    kind = FILTERS_OF_FORMAT_1.get(kind, kind) if version == 1 and isinstance(kind, str) else kind
    if not isinstance(kind, str) or kind not in FILTERS:
        raise InputError(f"a filter must be one of {', '.join(FILTERS)}, got {kind!r:.60}")
    return read_filter(kind, {name: value for name, value in packed.items() if name != "kind"})


def unpack_settings(stored: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the remembered controls of a file; what it does not hold is as in a new session.

    Raises
    ------
    InputError
        If a value does not fit its control.
    """
    settings = {}
    for name, default in SETTING_DEFAULTS.items():
        value = stored.get(name, default)
        if version == 1 and name in WORDING_OF_FORMAT_1 and isinstance(value, str):
            value = WORDING_OF_FORMAT_1[name].get(value, value)
        settings[name] = check_setting(name, value)
    return settings


def pack_target(target: Target | None) -> dict[str, Any] | None:
    """Return a target as JSON values."""
    if target is None:
        return None
    return {
        "energies_ev": target.spectrum.energies_ev.tolist(),
        "density": target.spectrum.density.tolist(),
        "levels_ev": None if target.levels_ev is None else target.levels_ev.tolist(),
        "label": target.label,
        "origin": target.origin,
        "n_levels": target.n_levels,
        "is_measured": target.is_measured,
        "of_ionisation": target.of_ionisation,
        "photon_energy_ev": target.photon_energy_ev,
        "conformers_ev": None if target.conformers_ev is None else target.conformers_ev.tolist(),
        "conformer_weights": None if target.conformer_weights is None else target.conformer_weights.tolist(),
    }


def unpack_target(packed: StoredTarget | None) -> Target | None:
    """Return the target of JSON values."""
    if packed is None:
        return None
    spectrum = Spectrum(np.array(packed.energies_ev, float), np.array(packed.density, float), packed.label)
    levels, conformers, weights = (
        None if values is None else np.array(values, float)
        for values in (packed.levels_ev, packed.conformers_ev, packed.conformer_weights)
    )
    return Target(
        spectrum, levels, packed.label, packed.origin, packed.n_levels, packed.is_measured, packed.of_ionisation,
        conformers_ev=conformers, conformer_weights=weights, photon_energy_ev=packed.photon_energy_ev,
    )  # fmt: skip
