"""A session to a file and back: a zip of Parquet and JSON, nothing that can run."""

import io
import json
import zipfile
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError
from core.screening.filters import DensityFilter, GroupFilter, RangeFilter, RingFilter, SmartsFilter
from core.spectrum.broaden import Spectrum
from core.spectrum.target import Target
from core.writers.tables import table_to_parquet
from dashboard.state import (
    ALL_ROWS,
    AREA_ONE,
    BAND,
    CHOICES,
    PEAK_ONE,
    PER_EV,
    SETTING_DEFAULTS,
    VALENCE,
    Session,
)

MOLECULES, CONTENTS = "molecules.parquet", "session.json"
MAX_UNPACKED_MB = 200
FORMAT = 2
FILTERS: dict[str, type] = {
    "range": RangeFilter,
    "density": DensityFilter,
    "smarts": SmartsFilter,
    "group": GroupFilter,
    "ring": RingFilter,
}
WORDING_OF_FORMAT_1: dict[str, dict[str, str]] = {  # it stored what the page said, by setting
    "n_levels": {"Band of 16": BAND, "All valence": VALENCE},
    "normalise": {"states/eV": PER_EV, "peak = 1": PEAK_ONE, "area = 1": AREA_ONE},
    "status_shown": {"All": ALL_ROWS, "Predicted": "ok", "Refused": "refused", "Failed": "failed"},
    "target_levels_compared": {"All valence": VALENCE, "Band of 16": BAND},
}
FILTERS_OF_FORMAT_1 = {kind.__name__: key for key, kind in FILTERS.items()}
REQUIRED_OF_SESSION = (
    "id",
    "row",
    "status",
    "reason",
    "smiles",
    "numbers",
    "positions",
    "levels_ev",
    "homo_ev",
    "lumo_ev",
    "gap_ev",
)


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
            size_mb = sum(item.file_size for item in archive.infolist()) / 1e6
            if size_mb > MAX_UNPACKED_MB:
                raise InputError(f"a session file must unpack to at most {MAX_UNPACKED_MB} MB, got {size_mb:.0f} MB")
            contents = json.loads(archive.read(CONTENTS))
            table = pd.read_parquet(io.BytesIO(archive.read(MOLECULES))) if MOLECULES in archive.namelist() else None
        return unpack(contents, table)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise InputError(f"the file must be a session saved by this app: {error}") from error


def unpack(contents: dict[str, Any], table: pd.DataFrame | None) -> Session:
    """Return the session of a file's contents."""
    state = Session(table=table)
    version = contents["format"]
    if version not in (1, FORMAT):
        raise InputError(f"a session file must be of format 1 to {FORMAT}, got {version!r}: a newer version wrote it")
    state.settings.update(unpack_settings(contents["settings"], version))
    if table is not None:
        missing = [c for c in REQUIRED_OF_SESSION if c not in table]
        if missing:
            raise InputError(f"its molecules lack the columns {', '.join(missing)}")
        good = set(table.index[table["status"] == "ok"])
        state.drawn = [int(k) for k in contents["drawn"] if k in good]
        state.focus = contents["focus"] if contents["focus"] in state.drawn else None
    for packed in contents["filters"]:
        kind = packed.pop("kind")
        kind = FILTERS_OF_FORMAT_1.get(kind, kind) if version == 1 else kind
        if kind not in FILTERS:
            raise InputError(f"a filter must be one of {', '.join(FILTERS)}, got {kind!r}")
        state.filters.append(FILTERS[kind](**packed))
    state.reference, state.target = unpack_target(contents["reference"]), unpack_target(contents["target"])
    state.target_mark = "restored"
    return state


def unpack_settings(stored: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the remembered controls of a file; what it does not hold is as in a new session.

    Raises
    ------
    InputError
        If a choice is none of those that there are.
    """
    settings = {}
    for name, default in SETTING_DEFAULTS.items():
        value = stored.get(name, default)
        if version == 1 and name in WORDING_OF_FORMAT_1:
            value = WORDING_OF_FORMAT_1[name].get(value, value)
        if name in CHOICES and value not in CHOICES[name]:
            raise InputError(f"its {name} must be one of {', '.join(CHOICES[name])}, got {value!r}")
        settings[name] = tuple(value) if isinstance(default, tuple) else value
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


def unpack_target(packed: dict[str, Any] | None) -> Target | None:
    """Return the target of JSON values."""
    if packed is None:
        return None
    label = str(packed["label"])
    spectrum = Spectrum(np.array(packed["energies_ev"], float), np.array(packed["density"], float), label)
    levels = None if packed["levels_ev"] is None else np.array(packed["levels_ev"], float)
    return Target(spectrum, levels, label, str(packed["origin"]), packed["n_levels"], packed.get("is_measured") is True)
