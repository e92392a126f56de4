"""What the JSON of a session file may hold, checked before any of it reaches a page."""

import math
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from core.errors import InputError
from core.library.sources import SHIPPED
from core.readers.records import MAX_ROWS
from core.screening.comparison import METRICS
from core.screening.filters import DensityFilter, Filter, GroupFilter, RangeFilter, RingFilter, SmartsFilter
from core.screening.own_columns import TextFilter
from core.spectrum.broaden import LINE_SHAPES
from core.structure.entry import CANCELLED, FAILED, OK, REFUSED
from core.structure.place import CONFORMER_MODES, GEOMETRY_MODES
from core.table import COLUMNS
from dashboard.state import CHOICES, CONTROL_ENDS, SETTING_DEFAULTS

MAX_STORED_POINTS, MAX_STORED_TEXT, MAX_FILTERS, MAX_LIBRARIES = 100_000, 20_000_000, 100, 100
STATUSES = (OK, REFUSED, FAILED, CANCELLED)
STORED_TEXT_COLUMNS = ("id", "reason", "note", "smiles", "inchikey", "formula", "geometry", "model")
NUMBER_COLUMNS = (
    "row", "n_atoms", "homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev", "n_conformers", "temperature_k",
    "conformer_spread_ev", "lumo_error_ev",
)  # fmt: skip
FILTERS: dict[str, type] = {
    "range": RangeFilter,
    "density": DensityFilter,
    "smarts": SmartsFilter,
    "group": GroupFilter,
    "ring": RingFilter,
    "text": TextFilter,
}
LISTED = CHOICES | {  # settings that are one of a few keys, those that core has among them
    "shape": tuple(LINE_SHAPES),
    "measured_shape": tuple(LINE_SHAPES),
    "metric": tuple(METRICS),
    "geometry": tuple(GEOMETRY_MODES),
    "conformers": tuple(CONFORMER_MODES),
    "library": (*SHIPPED, "own"),
    "figure_format": ("png", "svg"),
}
LISTS_OF_LIBRARIES = ("groups",)  # the one descriptor that is a list
Numbers = Annotated[list[FiniteFloat], Field(max_length=MAX_STORED_POINTS)]
MAX_STORED_CONFORMERS = 1000
Picks = Annotated[list[Annotated[int, Field(ge=0, lt=MAX_ROWS)]], Field(max_length=MAX_ROWS)]
Name = Annotated[str, Field(max_length=2000)]
Packed = dict[str, Any]


class StoredTarget(BaseModel):
    """A target or reference; energies and levels in eV."""

    model_config = ConfigDict(strict=True)

    energies_ev: Numbers
    density: Numbers
    levels_ev: Numbers | None
    label: Annotated[str, Field(max_length=1000)]
    origin: Annotated[str, Field(max_length=10_000)]
    n_levels: Annotated[int, Field(ge=1, le=1000)] | None
    is_measured: bool = False
    of_ionisation: bool = False
    photon_energy_ev: Annotated[float, Field(gt=0, lt=1e5)] | None = None
    conformers_ev: Annotated[list[Numbers], Field(max_length=MAX_STORED_CONFORMERS)] | None = None
    conformer_weights: Numbers | None = None

    @model_validator(mode="after")
    def check_lengths(self) -> "StoredTarget":
        """Raise ValueError unless each energy has its density, and each conformer its weight and as many levels as the mean."""
        if len(self.energies_ev) != len(self.density) or not self.energies_ev:
            raise ValueError(f"{len(self.energies_ev)} energies and {len(self.density)} values of density")
        conformers, weights = self.conformers_ev or [], self.conformer_weights or []
        if len(conformers) != len(weights) or {len(levels) for levels in conformers} - {len(self.levels_ev or [])}:
            raise ValueError(f"{len(conformers)} conformers, {len(weights)} weights, and levels as many as their mean")
        return self


class StoredScan(BaseModel):
    """What a scan is of, and how long it took [s]; its rows are beside."""

    model_config = ConfigDict(strict=True)

    key: Name
    seconds: Annotated[FiniteFloat, Field(ge=0)]


class StoredSession(BaseModel):
    """Everything but the tables. Files before format 3 lack what has a default."""

    model_config = ConfigDict(strict=True)

    format: int
    settings: dict[str, Any]
    drawn: Annotated[list[int], Field(max_length=1000)]
    focus: int | None
    filters: Annotated[list[Packed], Field(max_length=MAX_FILTERS)]
    reference: StoredTarget | None
    target: StoredTarget | None
    target_mark: Name = "restored"
    table_version: Annotated[int, Field(ge=0)] = 0
    level: int | None = None
    hit: Annotated[int, Field(ge=0)] = 0
    scan: StoredScan | None = None
    stopped: StoredScan | None = None
    selected: Picks = Field(default_factory=list)
    picks: Annotated[dict[Name, Picks], Field(max_length=MAX_LIBRARIES)] = Field(default_factory=dict)
    brush: Packed | None = None


def read_contents(data: bytes) -> StoredSession:
    """Return the JSON of a session file, checked; raises InputError with the first thing that is wrong."""
    try:
        return StoredSession.model_validate_json(data)
    except ValidationError as error:
        raise InputError(first_fault(error)) from error


def first_fault(error: ValidationError) -> str:
    """Return what is wrong first, in one line."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return " ".join(f"{place}: {message}".removeprefix(": ").split())[:200]


def read_filter(kind: str, values: dict[str, Any]) -> Filter:
    """Return a filter of a kind, a key of FILTERS, with these fields; raises InputError."""
    try:
        return TypeAdapter(FILTERS[kind]).validate_python(values)
    except ValidationError as error:
        raise InputError(f"its {kind} filter: {first_fault(error)}") from error


def check_setting(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a remembered control's value as the program holds it.

    Raises
    ------
    InputError
        If it is none of the choices, or of another kind than the control's own.
    """
    default = SETTING_DEFAULTS[name]
    if name in LISTED:
        if value not in LISTED[name]:
            raise InputError(f"its {name} must be one of {', '.join(LISTED[name])}, got {value!r:.60}")
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and is_finite(value)
    if isinstance(default, bool):
        fits = isinstance(value, bool)
    elif isinstance(default, int):
        fits = is_number and value == int(value)
    elif isinstance(default, float):
        fits = is_number
    elif isinstance(default, str):
        fits = isinstance(value, str) and len(value) <= MAX_STORED_TEXT
    elif isinstance(default, tuple):
        fits = (
            isinstance(value, list | tuple)
            and len(value) == len(default)
            and all(isinstance(x, int | float) and is_finite(x) for x in value)
        )
    else:
        fits = isinstance(value, list) and all(isinstance(x, str) for x in value)
    if not fits:
        raise InputError(f"its {name} must be of the kind of {default!r}, got {value!r:.60}")
    value = tuple(value) if isinstance(default, tuple) else value
    return bring_inside(name, value) if name in CONTROL_ENDS else value


def is_finite(value: float) -> bool:
    """Return whether a number is finite; whole numbers beyond all floats are not."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def bring_inside(name: str, value: Any) -> Any:  # noqa: ANN401 - a number or a pair of them
    """Return a number, or a pair, as far as its control's ends allow; the default of a pair of which nothing is left."""
    if not isinstance(value, tuple):
        return float(np.clip(value, *CONTROL_ENDS[name]))
    low, high = np.clip(value, *CONTROL_ENDS[name]).tolist()
    return (low, high) if low < high else SETTING_DEFAULTS[name]


def check_molecules(table: pd.DataFrame, name: str) -> None:
    """Raise InputError unless a table is one of predictions, as the pages need it; `name` says which, "molecules"."""
    missing = [c for c in COLUMNS if c not in table]
    if missing:
        raise InputError(f"its {name} lack the columns {', '.join(missing)}")
    for column in STORED_TEXT_COLUMNS:
        if not all(isinstance(x, str) for x in table[column]):
            raise InputError(f"its {name}' {column} must be text")
    for column in NUMBER_COLUMNS:
        if not pd.api.types.is_numeric_dtype(table[column]) and table[column].notna().any():
            raise InputError(f"its {name}' {column} must be numbers")
    odd = set(table["status"].map(str)) - set(STATUSES)
    if odd:
        raise InputError(f"its {name}' status must be one of {', '.join(STATUSES)}, got {min(odd)!r:.60}")
    check_levels(table[table["status"] == OK], name)
    check_conformers(table[table["n_conformers"] > 1], name)
    for column in table.columns.difference([*COLUMNS, *LISTS_OF_LIBRARIES]):
        if table[column].dtype == object and not all(map(pd.api.types.is_scalar, table[column])):
            raise InputError(f"its {name}' {column[:60]!r} must be texts or numbers")


def check_levels(predicted: pd.DataFrame, name: str) -> None:
    """Raise InputError unless each predicted row has a geometry and levels."""
    columns = ("id", "numbers", "positions", "levels_ev", "homo_ev", "level_errors_ev")
    for own_id, numbers, positions, levels, homo, errors in zip(*(predicted[c] for c in columns), strict=True):
        n_atoms, n_places, n_levels = (len_of_numbers(x) for x in (numbers, positions, levels))
        has_errors = hasattr(errors, "__len__")
        if n_atoms < 1 or n_places != 3 * n_atoms or n_levels < 1 or not np.isfinite(homo):
            raise InputError(f"one of its {name}, {str(own_id)[:40]!r}, must have atoms, their positions and levels")
        if has_errors and len_of_numbers(np.nan_to_num(np.asarray(errors, dtype=np.float64))) != n_levels:
            raise InputError(f"one of its {name}, {str(own_id)[:40]!r}, must have atoms, their positions and levels")


def check_conformers(several: pd.DataFrame, name: str) -> None:
    """Raise InputError unless each row that has several conformers has what their average needs, once they are predicted."""
    lists = ("conformer_energies_ev", "conformer_degeneracies", "conformer_positions", "conformer_levels_ev")
    values = zip(*(several[c] for c in ("id", "status", "n_conformers", "numbers", "levels_ev", *lists)), strict=True)
    for own_id, status, n_conformers, numbers, levels, *found in values:
        width = len_of_numbers(levels) + 1  # behind the occupied levels the LUMO, which some learners do not predict
        lengths, predicted = [1, 1, 3 * len_of_numbers(numbers)], found.pop()
        if status == OK:
            lengths.append(width)
            found.append(np.nan_to_num(np.asarray(predicted, dtype=np.float64)).reshape(-1))
        if [len_of_numbers(x) for x in found] != [int(n_conformers) * length for length in lengths]:
            raise InputError(f"one of its {name}, {str(own_id)[:40]!r}, must have what {n_conformers} conformers need")


def len_of_numbers(values: object) -> int:
    """Return how many finite numbers there are in a row; -1 where it is no row of numbers."""
    array = np.asarray(values)
    return len(array) if array.ndim == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all() else -1
