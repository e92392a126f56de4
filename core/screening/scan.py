"""Scan: the levels of every molecule of a library, at the geometries that it holds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.library.descriptors import with_descriptors
from core.machine.progress import Progress, ShouldCancel, report_nothing
from core.models.protocol import LevelModel
from core.predict import continued, predict_entries, predict_geometries, put_rows, rows_not_reached
from core.structure.domain import MODEL_DOMAIN, molecule_violation
from core.structure.entry import FAILED, OK, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles
from core.structure.place import GeometryMode
from core.table import PREDICTED_COLUMNS, Prediction, table_of_library, with_predictions


def scan_library(
    library: pd.DataFrame,
    model: LevelModel,
    *,
    known: pd.DataFrame | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a library: its rows in its order, with levels, and its descriptors behind.

    Geometries are used as they are. A row that cannot be predicted says why; none is lost. When cancelled, the rows
    predicted so far stay and the rest have the status CANCELLED.

    Parameters
    ----------
    library : DataFrame
        One row a molecule with `numbers` (n_atoms,) and `positions` (3 n_atoms,) [Angstrom]; any other columns.
    known : prediction table, optional
        What a cancelled scan of the same library returned: its rows are kept, and those it did not reach are predicted.
    progress : callable (done, total)
        Called after every piece of molecules, and once at the start.
    should_cancel : callable () -> bool
        Called before every piece.

    Raises
    ------
    EigenscopeError
        If the table has no `numbers` or `positions`, or `known` is of another library or model.
    """
    if known is not None:
        open_rows = rows_not_reached(known, n_rows=len(library), model=model)
        ahead = continued(progress, len(library) - len(open_rows), len(library))
        rest = scan_library(library.iloc[open_rows], model, progress=ahead, should_cancel=should_cancel)
        return put_rows(known, open_rows, rest, columns=PREDICTED_COLUMNS)
    table = table_of_library(library)
    report = progress or report_nothing
    geometries, unreadable = read_geometries(library)
    n_unreadable, total = len(unreadable), len(library)
    predicted = predict_geometries(
        list(geometries.values()),
        model,
        progress=lambda done, _: report(done + n_unreadable, total),
        should_cancel=should_cancel,
    )
    by_place = {k: Prediction(FAILED, reason) for k, reason in unreadable.items()}
    by_place |= dict(zip(geometries, predicted, strict=True))
    return with_predictions(table, [by_place[k] for k in range(total)], model=model.key)


def scan_entries(
    entries: Sequence[Entry],
    model: LevelModel,
    *,
    geometry: GeometryMode | str = "xtb",
    known: pd.DataFrame | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
    kept: Path | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a user's own molecules, with the descriptors that the home library has behind.

    Parameters
    ----------
    entries, geometry, known, progress, should_cancel, kept
        See `core.predict.predict_entries`.
    """
    table = predict_entries(
        entries, model, geometry=geometry, known=known, progress=progress, should_cancel=should_cancel, kept=kept
    )
    return with_descriptors(table)


def scan_again(
    table: pd.DataFrame,
    model: LevelModel,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return a prediction table as another learner predicts it, at the geometries that its molecules have already.

    What the learner before refused is predicted too. Rows without a geometry, and those that no learner covers (a charge,
    say), keep their status and reason.

    Parameters
    ----------
    table : prediction table
    progress, should_cancel
        See `scan_library`.
    """
    rows = zip(table["numbers"], table["status"], table["smiles"], strict=True)
    places = [k for k, (numbers, status, smiles) in enumerate(rows) if is_predictable(numbers, status, smiles)]
    scanned = scan_library(table.iloc[places], model, progress=progress, should_cancel=should_cancel)
    return put_rows(table, places, scanned, columns=PREDICTED_COLUMNS).assign(model=model.key)


def is_predictable(numbers: np.ndarray | None, status: str, smiles: str) -> bool:
    """Return whether a row of a prediction table has a geometry and a molecule that a learner may cover."""
    if not hasattr(numbers, "__len__"):
        return False
    if status == OK or not smiles:
        return True
    try:
        return molecule_violation(parse_smiles(smiles), MODEL_DOMAIN) is None
    except EigenscopeError:
        return False


def read_geometries(library: pd.DataFrame) -> tuple[dict[int, Geometry], dict[int, str]]:
    """Return the geometries by place in the table, and the reasons of those that cannot be read."""
    geometries, unreadable = {}, {}
    for k, (numbers, positions) in enumerate(zip(library["numbers"], library["positions"], strict=True)):
        if numbers is None or positions is None:
            unreadable[k] = "the library holds no geometry for this row"
            continue
        try:
            geometries[k] = Geometry(numbers, positions)
        except (ValueError, TypeError) as error:  # EigenscopeError is a ValueError
            unreadable[k] = f"the geometry cannot be read: {error}"
    return geometries, unreadable
