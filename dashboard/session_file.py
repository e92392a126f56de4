"""A session to a file and back: a zip of Parquet and JSON, nothing that can run."""

import io
import json
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
from core.spectrum.broaden import Spectrum
from core.spectrum.target import Target
from core.structure.entry import OK
from core.writers.tables import table_to_parquet
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

MOLECULES, CONTENTS = "molecules.parquet", "session.json"
MAX_UNPACKED_MB, MAX_CONTENTS_MB = 200, 40
FORMAT = 2
LATER_COLUMNS = {"note": ""}  # of a table of predictions, that files saved before lack
WORDING_OF_FORMAT_1: dict[str, dict[str, str]] = {  # it stored what the page said, by setting
    "n_levels": {"Band of 16": BAND, "All valence": VALENCE},
    "normalise": {"states/eV": PER_EV, "peak = 1": PEAK_ONE, "area = 1": AREA_ONE},
    "status_shown": {"All": ALL_ROWS, "Predicted": "ok", "Refused": "refused", "Failed": "failed"},
}
FILTERS_OF_FORMAT_1 = {kind.__name__: key for key, kind in FILTERS.items()}


def save_session(state: Session) -> bytes:
    """Return the molecules, the drawn ones, targets, filters and remembered controls as a zip file.

    The scan is not in it: scanning again takes seconds.
    """
    kinds = {kind: key for key, kind in FILTERS.items()}
    contents = {
        "format": FORMAT,
        "settings": {k: state.settings[k] for k in SETTING_DEFAULTS},
        "drawn": state.drawn,
        "focus": state.focus,
        "filters": [{"kind": kinds[type(f)], **asdict(f)} for f in state.filters],
        "reference": pack_target(state.reference),
        "target": pack_target(state.target),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTENTS, json.dumps(contents))
        if state.table is not None:
            archive.writestr(MOLECULES, table_to_parquet(state.table))
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
            table = read_molecules(archive.read(MOLECULES)) if MOLECULES in sizes else None
        return unpack(contents, table)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"the file must be a session saved by this app: {error}") from error


def read_molecules(data: bytes) -> pd.DataFrame:
    """Return the table of predictions in a session file; raises InputError if it is none, or too large."""
    try:
        packed = read_bounded(pq.ParquetFile(io.BytesIO(data)), max_rows=MAX_ROWS, max_mb=MAX_UNPACKED_MB)
        table = packed.to_pandas().reset_index(drop=True)
        table = table.assign(**{name: value for name, value in LATER_COLUMNS.items() if name not in table})
    except (pa.ArrowException, TypeError) as error:
        raise InputError(f"its molecules cannot be read: {str(error)[:120]}") from error
    check_molecules(table)
    return table


def unpack(contents: StoredSession, table: pd.DataFrame | None) -> Session:
    """Return the session of a file's contents."""
    state = Session(table=table)
    version = contents.format
    if version not in (1, FORMAT):
        raise InputError(f"a session file must be of format 1 to {FORMAT}, got {version!r}: a newer version wrote it")
    state.settings.update(unpack_settings(contents.settings, version))
    if table is not None:
        good = set(table.index[table["status"] == OK])
        state.drawn = [k for k in contents.drawn if k in good]
        state.focus = contents.focus if contents.focus in state.drawn else None
    for packed in contents.filters:
        kind = packed.pop("kind", None)
        kind = FILTERS_OF_FORMAT_1.get(kind, kind) if version == 1 and isinstance(kind, str) else kind
        if not isinstance(kind, str) or kind not in FILTERS:
            raise InputError(f"a filter must be one of {', '.join(FILTERS)}, got {kind!r:.60}")
        state.filters.append(read_filter(kind, packed))
    state.reference, state.target = unpack_target(contents.reference), unpack_target(contents.target)
    state.target_mark = "restored"
    return state


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
    }


def unpack_target(packed: StoredTarget | None) -> Target | None:
    """Return the target of JSON values."""
    if packed is None:
        return None
    spectrum = Spectrum(np.array(packed.energies_ev, float), np.array(packed.density, float), packed.label)
    levels = None if packed.levels_ev is None else np.array(packed.levels_ev, float)
    return Target(spectrum, levels, packed.label, packed.origin, packed.n_levels, packed.is_measured)
