"""Learners with known errors on real test molecules."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.evaluation.answers import Answers, References, answers_of, load_references
from core.spectrum.broaden import broaden
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import rse


@pytest.fixture(scope="session")
def references() -> References:
    return load_references()


@pytest.fixture(scope="session")
def few(references: References) -> References:
    return References(references.molecules.iloc[:40], references.band_ev[:40])


def predict(references: References, key: str, band_ev: np.ndarray, *, spectrum: bool = False) -> pd.DataFrame:
    """Return the rows that a learner with these bands would have in the file."""
    density = broaden(band_ev)
    rows = pd.DataFrame(
        {"key": key, "id": references.molecules.index, "geometry": references.molecules["geometry"].values}
    )
    rows["band_ev"] = [None] * len(rows) if spectrum else list(band_ev.astype(np.float32))
    rows["density"] = list(density.astype(np.float32)) if spectrum else [None] * len(rows)
    rows["rmse_ev"] = np.nan if spectrum else np.sqrt(np.mean((band_ev - references.band_ev) ** 2, axis=1))
    rows["rse"] = rse(density, broaden(references.band_ev))
    return rows


@pytest.fixture
def rows_of() -> Callable[..., pd.DataFrame]:
    """Return what makes the rows that a learner with given bands would have in the file."""
    return predict


@pytest.fixture
def perfect(few: References) -> Answers:
    return answers_of(predict(few, "perfect", few.band_ev), few, "perfect")


@pytest.fixture
def noisy(few: References, rng: np.random.Generator) -> Answers:
    scale = np.linspace(0.01, 0.8, len(few.band_ev))[:, None]  # each molecule worse than the one before
    return answers_of(predict(few, "noisy", few.band_ev + scale * np.linspace(-1, 1, N_BAND)), few, "noisy")


@pytest.fixture
def of_spectra(few: References) -> Answers:
    return answers_of(predict(few, "s", few.band_ev + 0.1, spectrum=True), few, "s")
