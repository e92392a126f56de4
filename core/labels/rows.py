"""Rows of labels as other people's archives give them, checked one by one and put into the columns of our own."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.elements import BY_NUMBER
from core.errors import EigenscopeError, InputError
from core.labels.splits import NOT_QM9
from core.machine.progress import Progress
from core.structure.constitution import constitution_key
from core.structure.domain import check_geometry
from core.structure.geometry import Geometry, count_core_levels, count_valence_levels

REPORT_EVERY = 200  # rows


@dataclass(frozen=True)
class Provenance:
    """Where labels come from; "" is not stated.

    Attributes
    ----------
    name : str
        What the set is called.
    level_of_theory : str
        Of the levels.
    geometry : str
        How the geometries were made.
    doi : str
        To cite.
    licence : str
    """

    name: str = ""
    level_of_theory: str = ""
    geometry: str = ""
    doi: str = ""
    licence: str = ""


@dataclass(frozen=True, eq=False)
class LabelRow:
    """One molecule-geometry with its levels, as an archive gives them.

    Attributes
    ----------
    numbers : (n_atoms,) atomic numbers
    positions : (n_atoms, 3) [Angstrom]
    occupied_ev : (n,) [eV], in any order
        All occupied levels, or all valence levels, or the highest of them.
    lumo_ev : float [eV]
        nan where the archive does not tell it.
    split : str
        "" where the archive has none.
    """

    id: str
    numbers: np.ndarray
    positions: np.ndarray
    occupied_ev: ArrayLike
    lumo_ev: float = float("nan")
    smiles: str = ""
    qm9_index: int = NOT_QM9
    geometry: str = "file"
    split: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A row that cannot be used, and the sentence that says why."""

    id: str
    reason: str


@dataclass(frozen=True, eq=False)
class Archive:
    """What a reader makes of a file: its rows as they come, and what is known of all of them."""

    rows: Iterable[LabelRow | LeftOut]
    provenance: Provenance
    notes: tuple[str, ...] = ()


def collect_rows(
    rows: Iterable[LabelRow | LeftOut], *, progress: Progress | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the usable rows in the columns of assets/reference/README.md, and the others as (id, reason).

    Parameters
    ----------
    progress : callable, optional
        Gets the number of rows done, and 0: how many there are is not known.
    """
    usable: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    seen: dict[str, int] = {}
    for done, row in enumerate(rows, start=1):
        if isinstance(row, LeftOut):
            left_out.append(row)
        else:
            try:
                columns = label_columns(row)
            except EigenscopeError as error:
                left_out.append(LeftOut(row.id, str(error)))
            else:
                seen[row.id] = seen.get(row.id, 0) + 1
                repeated = seen[row.id] > 1
                usable.append(columns | {"id": f"{row.id}#{seen[row.id]}" if repeated else row.id})
        if progress and done % REPORT_EVERY == 0:
            progress(done, 0)
    return pd.DataFrame(usable), pd.DataFrame([asdict(x) for x in left_out], columns=["id", "reason"])


def label_columns(row: LabelRow) -> dict[str, Any]:
    """Return one row of the label table.

    Raises
    ------
    EigenscopeError
        If the geometry is none that the models can be asked about, or the levels cannot be of that molecule.
    """
    geometry = Geometry(row.numbers, row.positions)
    check_geometry(geometry)
    valence = place_valence(geometry, row.occupied_ev)
    lumo = [row.lumo_ev] if np.isfinite(row.lumo_ev) else []
    if lumo and lumo[0] <= valence[-1]:
        raise InputError(f"the LUMO must lie above the HOMO ({valence[-1]:.3f} eV), got {lumo[0]:.3f} eV")
    return {
        "id": row.id,
        "qm9_index": np.int32(row.qm9_index),
        "split": row.split,
        "geometry": row.geometry,
        "smiles": row.smiles,
        "constitution": constitution_key(geometry) if row.qm9_index == NOT_QM9 else "",
        "numbers": geometry.numbers,
        "positions": geometry.positions.astype(np.float32).ravel(),
        "n_core": np.int16(0),
        "n_occupied": np.int16(len(valence)),
        "levels_ev": np.array([*valence, *lumo], np.float32),
    }


def place_valence(geometry: Geometry, occupied_ev: ArrayLike) -> np.ndarray:
    """Return every valence level, ascending [eV]; nan at the deep end where only the highest are given.

    Cores are told by their energies and left out: archives differ in whether they list them.

    Raises
    ------
    InputError
        If a level is missing or not finite, or there are more or fewer than the molecule has.
    """
    levels = np.sort(np.asarray(occupied_ev, np.float64).ravel())  # nan sorts to the end
    n_core, n_valence = count_core_levels(geometry), count_valence_levels(geometry)
    if len(levels) == 0:
        raise InputError("at least the HOMO is needed, no level is given")
    if not np.isfinite(levels).all():
        raise InputError(f"levels must be finite numbers, {int((~np.isfinite(levels)).sum())} are not")
    core_ev = max(BY_NUMBER[int(z)].core_below_ev for z in geometry.numbers)
    above = levels[levels > core_ev]
    n_deep = len(levels) - len(above)
    if n_deep > n_core:
        raise InputError(f"{geometry.formula} has {n_core} core levels, found {n_deep} levels below {core_ev:g} eV")
    if len(above) > n_valence or (n_deep and len(above) < n_valence):
        raise InputError(
            f"{geometry.formula} has {n_valence} valence levels and {n_core} core levels, found {len(above)} and {n_deep}"
        )
    return np.concatenate([np.full(n_valence - len(above), np.nan), above])
