"""Scan: the levels of every molecule of a library, at the geometries that it holds."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import EigenscopeError
from core.familiarity import note_unfamiliar
from core.library.descriptors import with_descriptors
from core.machine.progress import Progress, ShouldCancel, report_nothing
from core.models.protocol import LevelModel, is_of_reference
from core.predict import continued, predict_entries, predict_molecules, put_rows, rows_not_reached
from core.structure.domain import MODEL_DOMAIN, molecule_violation
from core.structure.ensemble import ROOM_K, Ensemble
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.molecule import parse_smiles
from core.structure.place import AUTO_CONFORMERS, ConformerOptions, GeometryMode
from core.table import NO_CONFORMERS, PREDICTED_COLUMNS, Prediction, table_of_library, with_predictions
from core.table_conformers import conformers_of_row

WRITES_CHARGE = re.compile(r"\[[^\]]*[+-]")


def scan_library(
    library: pd.DataFrame,
    model: LevelModel,
    *,
    temperature_k: float = ROOM_K,
    known: pd.DataFrame | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a library: its rows in its order, with levels, and its descriptors behind.

    Geometries are used as they are; a molecule of several conformers gets their average. A row that cannot be predicted
    says why; none is lost. When cancelled, the rows predicted so far stay and the rest have the status CANCELLED.

    Parameters
    ----------
    library : DataFrame
        One row a molecule with `numbers` (n_atoms,) and `positions` (3 n_atoms,) [Angstrom], those of conformers as in
        `core.table.NO_CONFORMERS`; any other columns.
    temperature_k : float [K]
        Of the average over conformers.
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
        rest = scan_library(
            library.iloc[open_rows], model, temperature_k=temperature_k, progress=ahead, should_cancel=should_cancel
        )
        return put_rows(known, open_rows, rest, columns=PREDICTED_COLUMNS)
    table = table_of_library(library)
    report = progress or report_nothing
    molecules, unreadable = read_molecules(table)
    n_unreadable, total = len(unreadable), len(library)
    predicted = predict_molecules(
        list(molecules.values()),
        model,
        temperature_k=temperature_k,
        progress=lambda done, _: report(done + n_unreadable, total),
        should_cancel=should_cancel,
    )
    by_place = unreadable | dict(zip(molecules, predicted, strict=True))
    return with_predictions(
        table, [by_place[k] for k in range(total)], model=model.key, is_reference=is_of_reference(model)
    )


def scan_entries(
    entries: Sequence[Entry],
    model: LevelModel,
    *,
    geometry: GeometryMode | str = "xtb",
    conformers: ConformerOptions = AUTO_CONFORMERS,
    known: pd.DataFrame | None = None,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
    kept: Path | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a user's own molecules, with the descriptors that the home library has behind.

    Parameters
    ----------
    entries, geometry, conformers, known, progress, should_cancel, kept
        See `core.predict.predict_entries`.
    """
    table = predict_entries(
        entries,
        model,
        geometry=geometry,
        conformers=conformers,
        known=known,
        progress=progress,
        should_cancel=should_cancel,
        kept=kept,
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

    Conformers are averaged at the table's temperature.
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
    temperatures = table["temperature_k"].dropna()
    scanned = scan_library(
        table.iloc[places],
        model,
        temperature_k=ROOM_K if temperatures.empty else float(temperatures.iloc[0]),
        progress=progress,
        should_cancel=should_cancel,
    )
    again = put_rows(table, places, scanned, columns=PREDICTED_COLUMNS).assign(model=model.key)
    return note_unfamiliar(again, model)


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


def read_molecules(table: pd.DataFrame) -> tuple[dict[int, Ensemble], dict[int, Prediction]]:
    """Return the conformers of each row of a prediction table, by its place, and the answers of those without."""
    molecules, unreadable = {}, {}
    columns = ["smiles", "numbers", "positions", "geometry", *NO_CONFORMERS]
    for k, values in enumerate(zip(*(table[c] for c in columns), strict=True)):
        row = dict(zip(columns, values, strict=True))
        if row["numbers"] is None or row["positions"] is None:
            unreadable[k] = Prediction(FAILED, "the library holds no geometry for this row")
            continue
        if reason := charge_violation(row["smiles"]):
            unreadable[k] = Prediction(REFUSED, reason)
            continue
        try:
            molecules[k] = conformers_of_row(row)
        except (ValueError, TypeError) as error:  # EigenscopeError is a ValueError
            unreadable[k] = Prediction(FAILED, f"the geometry cannot be read: {error}")
    return molecules, unreadable


def charge_violation(smiles: str) -> str:
    """Return why a SMILES that writes charges is of no molecule that learners cover; "" else.

    A geometry alone does not tell an ion of paired electrons from a molecule.
    """
    if not WRITES_CHARGE.search(smiles):
        return ""
    with suppress(EigenscopeError):
        violation = molecule_violation(parse_smiles(smiles), MODEL_DOMAIN)
        return "" if violation is None else violation.sentence
    return ""
