"""What learners said of test molecules beside the reference: parity, errors by level and by molecule, single cases."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from core.assets import QM9_PBE, check_labels_there
from core.errors import InputError
from core.labels.label_set import LabelSet
from core.spectrum.broaden import broaden
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import rmse

ErrorName = Literal["rmse_ev", "rse"]
BY_RMSE: ErrorName = "rmse_ev"
BY_RSE: ErrorName = "rse"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
REFERENCE_COLUMNS = ("id", "split", "geometry", "smiles", "numbers", "positions", "n_core", "n_occupied", "levels_ev")
HELD_OUT = ("test", "test_other")


@dataclass(frozen=True, eq=False)
class References:
    """The held-out molecules that have a band.

    Attributes
    ----------
    molecules : DataFrame
        Index: the label's id; geometry, smiles, numbers (n_atoms,), positions (3 n_atoms,) [Angstrom].
    band_ev : (n, N_BAND) float64 [eV]
    """

    molecules: pd.DataFrame
    band_ev: np.ndarray


def load_references(path: Path = QM9_PBE) -> References:
    """Return the held-out molecules of a label file with their reference bands.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    check_labels_there(path, option="")
    try:
        table = pd.read_parquet(path, columns=list(REFERENCE_COLUMNS), filters=[("split", "in", HELD_OUT)])
    except (OSError, ValueError) as error:
        raise InputError(f"reference labels must be a readable Parquet file: {path}: {error}") from error
    levels = LabelSet(table).levels()
    has_band = np.array([x.has_band for x in levels], bool)
    bands = np.array([x.band_ev for x in levels if x.has_band]).reshape(-1, N_BAND)
    molecules = table.loc[has_band, ["id", "geometry", "smiles", "numbers", "positions"]].set_index("id")
    return References(molecules, bands)


@dataclass(frozen=True, eq=False)
class Answers:
    """One learner's answers to held-out molecules, row by row beside the reference.

    Attributes
    ----------
    molecules : DataFrame
        See `References`.
    reference_ev : (n, N_BAND) float64 [eV]
    predicted_ev : (n, N_BAND) float64 [eV], or None for a learner of spectra
    density : (n, 300) float64 [states/eV] on GRID_EV: the headline spectrum that it predicts
    rmse_ev : (n,) float64 [eV], nan for a learner of spectra
    rse : (n,) float64, fraction
    """

    key: str
    molecules: pd.DataFrame
    reference_ev: np.ndarray
    predicted_ev: np.ndarray | None
    density: np.ndarray
    rmse_ev: np.ndarray
    rse: np.ndarray

    def __len__(self) -> int:
        return len(self.molecules)

    @property
    def own_metric(self) -> ErrorName:
        """What its molecules are ordered by: the RMSE of the band, or of a learner of spectra the RSE."""
        return BY_RMSE if self.predicted_ev is not None else BY_RSE

    def errors(self, metric: ErrorName) -> np.ndarray:
        """Return (n,) each molecule's error."""
        return self.rmse_ev if metric == BY_RMSE else self.rse

    def select(self, mask: np.ndarray) -> "Answers":
        """Return some of the rows: a mask or places."""
        return Answers(
            self.key,
            self.molecules[mask] if mask.dtype == bool else self.molecules.iloc[mask],
            self.reference_ev[mask],
            None if self.predicted_ev is None else self.predicted_ev[mask],
            self.density[mask],
            self.rmse_ev[mask],
            self.rse[mask],
        )


def answers_of(predictions: pd.DataFrame, references: References, key: str, geometry: str | None = None) -> Answers:
    """Return one learner's answers at one kind of geometry, or at all.

    Molecules without a reference band are left out: their rows say nothing about a band.

    Raises
    ------
    InputError
        If the learner answered none of them.
    """
    rows = predictions[(predictions["key"] == key) & predictions["id"].isin(references.molecules.index)]
    if geometry is not None:
        rows = rows[rows["geometry"] == geometry]
    if rows.empty:
        raise InputError(f"no test prediction of {key}" + (f" at {geometry} geometries" if geometry else ""))
    places = references.molecules.index.get_indexer(rows["id"])
    is_spectrum = rows["band_ev"].isna().all()
    predicted = None if is_spectrum else np.array(rows["band_ev"].to_list(), np.float64)
    return Answers(
        key,
        references.molecules.iloc[places],
        references.band_ev[places],
        predicted,
        np.array(rows["density"].to_list(), np.float64) if predicted is None else broaden(predicted),
        rows["rmse_ev"].to_numpy(np.float64),
        rows["rse"].to_numpy(np.float64),
    )


def level_errors(answers: Answers) -> np.ndarray | None:
    """Return (N_BAND,) the RMSE of each level [eV], HOMO-15 first; None for a learner of spectra."""
    if answers.predicted_ev is None:
        return None
    errors: np.ndarray = np.sqrt(np.mean((answers.predicted_ev - answers.reference_ev) ** 2, axis=0))
    return errors


@dataclass(frozen=True, eq=False)
class Parity:
    """Predicted against reference energies [eV], and what they sum up to.

    Attributes
    ----------
    reference_ev, predicted_ev : (n,) [eV]
    neighbours : (n,) int
        Points in the same small square of the plane, itself included: the density there.
    counts, edges_ev : (n_squares, n_squares) int, rows = predicted; (n_squares + 1,) [eV]
        All squares, edges the same along both axes.
    """

    reference_ev: np.ndarray
    predicted_ev: np.ndarray
    neighbours: np.ndarray
    counts: np.ndarray
    edges_ev: np.ndarray
    rmse_ev: float
    mae_ev: float
    mean_signed_error_ev: float


def parity_of(answers: Answers, depth: int | None, *, n_squares: int = 60) -> Parity | None:
    """Return the parity data of one level, or of all; None for a learner of spectra.

    Parameters
    ----------
    depth : int or None
        Levels below the HOMO: 0 is the HOMO, 15 the lowest of the band; None = every level of the band.
    n_squares : int
        Along each axis, from the lowest to the highest energy of either.
    """
    if answers.predicted_ev is None:
        return None
    which = slice(None) if depth is None else [N_BAND - 1 - depth]
    return measure_parity(
        answers.reference_ev[:, which].ravel(), answers.predicted_ev[:, which].ravel(), n_squares=n_squares
    )


def measure_parity(reference: np.ndarray, predicted: np.ndarray, *, n_squares: int = 60) -> Parity:
    """Return the parity data of energies (n,) [eV], finite; `n_squares` as in `parity_of`."""
    counts, edges = count_squares(reference, predicted, n_squares=n_squares)
    row, column = (np.clip(np.searchsorted(edges, x, "right") - 1, 0, n_squares - 1) for x in (predicted, reference))
    error = predicted - reference
    return Parity(
        reference,
        predicted,
        counts[row, column],
        counts,
        edges,
        rmse(predicted, reference),
        float(np.abs(error).mean()),
        float(error.mean()),
    )


def count_squares(reference: np.ndarray, predicted: np.ndarray, *, n_squares: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many points lie in each square (n_squares, n_squares), rows = predicted, and the common edges."""
    low, high = min(reference.min(), predicted.min()), max(reference.max(), predicted.max())
    edges = np.linspace(low, high + 1e-9, n_squares + 1)
    counts = np.histogram2d(predicted, reference, bins=(edges, edges))[0]
    return counts.astype(int), edges


@dataclass(frozen=True)
class Spread:
    """How a learner's errors are spread over molecules: QUANTILES, and the worst one with its id."""

    quantiles: tuple[float, ...]
    worst: float
    worst_id: str
    n: int


def spread_of(answers: Answers, metric: ErrorName) -> Spread | None:
    """Return the distribution of the per-molecule error; None where the learner has no such error."""
    errors = answers.errors(metric)
    if np.isnan(errors).all():
        return None
    worst = int(np.nanargmax(errors))
    return Spread(
        tuple(float(x) for x in np.nanquantile(errors, QUANTILES)),
        float(errors[worst]),
        str(answers.molecules.index[worst]),
        int(np.isfinite(errors).sum()),
    )
