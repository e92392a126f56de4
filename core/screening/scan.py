"""Scan: predict the levels of every molecule of a library, in pieces, so that progress shows and Cancel works."""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from rdkit import Chem

from core.errors import DomainError, EigenscopeError, InputError
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.models.protocol import LevelModel
from core.spectrum.levels import Levels
from core.structure.entry import FAILED, OK, REFUSED
from core.structure.geometry import ATOMIC_NUMBERS, MIN_DISTANCE, Geometry, check_geometry
from core.structure.molecule import MAX_ATOMS, check_domain, parse_smiles
from core.table import answer_columns

SMALLEST_PIECE, LARGEST_PIECE = 100, 1000  # molecules between two looks at Cancel; fewer do not fill two cores
SECONDS_PER_PIECE = 1.0  # what their number is fitted to: learners differ by a factor of a hundred in speed
CANCELLED = "scan cancelled"
TEXT_COLUMNS = ("id", "smiles", "inchikey", "formula", "geometry")
ANSWER_COLUMNS = ("status", "reason", "levels_ev", "homo_ev", "lumo_ev", "gap_ev", "expected_rmse_ev")

Answer = tuple[str, str, Levels | None]  # status, reason, levels


def scan_library(
    library: pd.DataFrame,
    model: LevelModel,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a library: its rows in its order, with levels, and its descriptors behind.

    Geometries are used as they are. A row that cannot be predicted says why; none is lost. When cancelled, the rows
    answered so far keep their answers and the rest are "failed" with the reason CANCELLED.

    Parameters
    ----------
    library : DataFrame
        One row a molecule with `numbers` (n_atoms,) and `positions` (3 n_atoms,) [Angstrom]; any other columns.
    model : LevelModel
    progress : callable (done, total)
        Called after every piece of molecules, and once at the start.
    should_cancel : callable () -> bool
        Asked before every piece.

    Raises
    ------
    InputError
        If the table has no `numbers` or `positions`.
    """
    missing = [c for c in ("numbers", "positions") if c not in library.columns]
    if missing:
        raise InputError(f"a library needs the columns numbers and positions, {' and '.join(missing)} not found")
    report = progress or report_nothing
    cancelled = should_cancel or never_cancel
    total = len(library)
    answers: list[Answer] = [(FAILED, CANCELLED, None)] * total
    geometries, unreadable = read_geometries(library)
    for k, reason in unreadable.items():
        answers[k] = (FAILED, reason, None)
    order = sorted(geometries, key=lambda k: geometries[k].n_atoms)  # like sizes together: little padding
    done = len(unreadable)
    report(done, total)
    size = SMALLEST_PIECE
    while order and not cancelled():
        piece, order = order[:size], order[size:]
        begun = time.monotonic()
        for k, answer in zip(piece, answer_piece([geometries[k] for k in piece], model), strict=True):
            answers[k] = answer
        done += len(piece)
        report(done, total)
        pace = len(piece) / max(time.monotonic() - begun, 1e-3)
        size = int(np.clip(pace * SECONDS_PER_PIECE, SMALLEST_PIECE, LARGEST_PIECE))
    return prediction_table(library, answers, model.key)


def ask_again(
    table: pd.DataFrame,
    model: LevelModel,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> pd.DataFrame:
    """Return a prediction table as another learner answers it, at the geometries that its molecules have already.

    What the learner before refused is asked again. Rows without a geometry, and those that no learner covers (a charge,
    say), keep their status and reason.

    Parameters
    ----------
    table : prediction table
    progress, should_cancel
        See `scan_library`.
    """
    rows = zip(table["numbers"], table["status"], table["smiles"], strict=True)
    places = [k for k, (numbers, status, smiles) in enumerate(rows) if is_askable(numbers, status, smiles)]
    answers = scan_library(table.iloc[places], model, progress=progress, should_cancel=should_cancel)
    again = table.assign(model=model.key)
    for column in ANSWER_COLUMNS:
        values = table[column].to_list()
        for place, value in zip(places, answers[column], strict=True):
            values[place] = value
        again[column] = pd.Series(values, index=table.index, dtype=table[column].dtype)
    return again


def is_askable(numbers: np.ndarray | None, status: str, smiles: str) -> bool:
    """Return whether a row of a prediction table has a geometry and a molecule that a learner may cover."""
    if not hasattr(numbers, "__len__"):
        return False
    if status == OK or not smiles:
        return True
    try:
        check_domain(parse_smiles(smiles))
    except EigenscopeError:
        return False
    return True


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


def answer_piece(geometries: Sequence[Geometry], model: LevelModel) -> list[Answer]:
    """Return one answer for each geometry: checked, then predicted together."""
    answers: list[Answer] = [
        check_one(g, model, doubtful=doubtful)
        for g, doubtful in zip(geometries, find_doubtful(geometries), strict=True)
    ]
    fit = [k for k, (status, _, _) in enumerate(answers) if status == OK]
    for k, answer in zip(fit, predict_piece([geometries[k] for k in fit], model), strict=True):
        answers[k] = answer
    return answers


def predict_piece(geometries: Sequence[Geometry], model: LevelModel) -> list[Answer]:
    """Return the answers for checked geometries; if one breaks the batch, each is tried alone."""
    if not geometries:
        return []
    try:
        predicted = model.predict_levels(geometries)
    except (EigenscopeError, torch.linalg.LinAlgError) as error:
        if len(geometries) == 1:
            return [(FAILED, f"the model could not predict it: {error}", None)]
        return [answer for g in geometries for answer in predict_piece([g], model)]
    return [
        (OK, "", levels)
        if np.isfinite(levels.valence_ev).all() and len(levels.valence_ev)
        else (FAILED, "the model's levels are not finite numbers", None)
        for levels in predicted
    ]


def check_one(geometry: Geometry, model: LevelModel, *, doubtful: bool) -> Answer:
    """Return what `check_geometry`, if it may have something to say, and the learner say of a geometry."""
    try:
        if doubtful:
            check_geometry(geometry)
        model.check(geometry)
    except DomainError as error:
        return REFUSED, str(error), None
    except EigenscopeError as error:
        return FAILED, str(error), None
    return OK, "", None


def find_doubtful(geometries: Sequence[Geometry]) -> np.ndarray:
    """Return (n,) bool: which geometries `check_geometry` must look at; it would pass all others.

    The same rules for many molecules at once: 30 times as fast as one by one, which would take as long as predicting.
    """
    sizes = np.array([g.n_atoms for g in geometries])
    doubtful = (sizes == 0) | (sizes > MAX_ATOMS)
    radii = np.zeros(256)
    radii[list(ATOMIC_NUMBERS)] = [Chem.GetPeriodicTable().GetRcovalent(z) for z in ATOMIC_NUMBERS]
    for size in np.unique(sizes[~doubtful]):
        places = np.flatnonzero(sizes == size)
        numbers = np.stack([geometries[k].numbers for k in places.tolist()])  # (n_same, size)
        positions = np.stack([geometries[k].positions for k in places.tolist()])
        bad = ~np.isfinite(positions).all(axis=(1, 2)) | ~np.isin(numbers, list(ATOMIC_NUMBERS)).all(axis=1)
        bad |= numbers.sum(axis=1, dtype=np.int64) % 2 == 1
        positions[bad] = 0.0
        distances = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)
        reach = 1.4 * (radii[numbers][:, :, None] + radii[numbers][:, None])
        joined = (distances < reach).astype(np.float32)
        for _ in range(int(size).bit_length()):  # after k squarings: joined by a path of up to 2^k bonds
            joined = (joined @ joined > 0).astype(np.float32)
        distances[:, np.arange(size), np.arange(size)] = np.inf
        doubtful[places] = bad | (distances < MIN_DISTANCE).any(axis=(1, 2)) | ~joined.astype(bool).all(axis=(1, 2))
    return doubtful


def prediction_table(library: pd.DataFrame, answers: Sequence[Answer], model_key: str) -> pd.DataFrame:
    """Return the prediction table: its own columns first, then the library's others."""
    numbers = library["numbers"]
    text = {c: text_column(library, c) for c in TEXT_COLUMNS}
    columns = {
        "id": [own or f"row {k}" for k, own in enumerate(text["id"], start=1)],
        "row": np.arange(1, len(library) + 1),
        "status": [answer[0] for answer in answers],
        "reason": [answer[1] for answer in answers],
        "smiles": text["smiles"],
        "inchikey": text["inchikey"],
        "formula": text["formula"],
        "n_atoms": [0 if n is None else len(n) for n in numbers],
        "geometry": text["geometry"],
        "numbers": numbers.to_numpy(),
        "positions": library["positions"].to_numpy(),
        **answer_columns([answer[2] for answer in answers]),
        "model": model_key,
    }
    table = pd.DataFrame({name: pd.Series(values, index=range(len(library))) for name, values in columns.items()})
    others = library.drop(columns=[c for c in library.columns if c in table.columns]).reset_index(drop=True)
    return pd.concat([table, others], axis=1)


def text_column(library: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text, "" where absent or missing."""
    if column not in library.columns:
        return [""] * len(library)
    return ["" if missing else str(x) for x, missing in zip(library[column], library[column].isna(), strict=True)]
