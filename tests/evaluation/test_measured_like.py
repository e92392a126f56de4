"""Spectra made as if measured, and where their molecules come.

Covers `core.evaluation.measured_like`.
"""

import json

import numpy as np
import pandas as pd
import pytest

from core.assets import HOME_LIBRARY
from core.evaluation.measured_check import place_constitution
from core.evaluation.measured_like import (
    MADE_RANGE_EV,
    MEASURED_LIKE_FILE,
    check_sharpness,
    made_spectra,
    made_spectrum,
    measure_measured_like,
)
from core.labels.label_set import load_labels
from core.library.store import load_library
from core.models.delta.recipe import IONISATION_LABELS
from core.models.registry import load_model
from core.screening.scan import scan_library
from core.structure.molecule import Molecule

HOME_NUMBERS = [1] * 10 + [6] * 7 + [8] * 2


@pytest.fixture(scope="module")
def labels():
    found = load_labels(IONISATION_LABELS).split("test")
    home = [sorted(np.asarray(z).tolist()) == HOME_NUMBERS for z in found.table["numbers"]]
    found = found.select(home)
    return found.select(np.arange(len(found)) < 4)


def test_a_band_is_where_its_energy_is_and_has_a_tail_to_deeper_energies(rng) -> None:
    found = made_spectrum(np.array([12.0]), np.array([1.0]), rng)
    axis = -found.energies_ev
    assert (axis.min(), axis.max()) == pytest.approx(MADE_RANGE_EV, abs=0.03)
    clean = np.clip(found.density - np.median(found.density), 0, None)
    clean[np.abs(axis - 12) > 2] = 0
    middle = float((clean * axis).sum() / clean.sum())
    assert middle == pytest.approx(12.0, abs=0.25)
    assert axis[clean.argmax()] < middle, "it rises steeply and falls slowly"


def test_the_same_labels_make_the_same_spectra(labels) -> None:
    base = load_model(device="cpu")
    first, again = (made_spectra(labels, base) for _ in range(2))
    np.testing.assert_array_equal(first[1].density, again[1].density)
    assert not np.array_equal(first[0].density[:400], first[1].density[:400])


def test_right_molecules_come_before_most_others(labels, tmp_path) -> None:
    library = load_library(HOME_LIBRARY)
    wanted = {Molecule(smiles).inchikey[:14] for smiles in labels.table["smiles"]}
    own = library[library["inchikey"].str[:14].isin(wanted)]
    candidates = [own, library[~library["inchikey"].str[:14].isin(wanted)].head(60)]
    scan = scan_library(pd.concat(candidates, ignore_index=True), load_model("ionisation", device="cpu"))
    found = measure_measured_like(scan, labels, load_model(device="cpu"), out=tmp_path)
    assert found["n"] >= 3, "one may have no stereoisomer in the library"
    assert found["median_place"] < 15
    assert found == json.loads((tmp_path / MEASURED_LIKE_FILE).read_text())
    assert place_constitution(scan.assign(rank=1, score=0.5), "NOT-THERE-AT-ALL-X") is None


def test_probabilities_are_checked_on_the_other_half(rng) -> None:
    scores = [(np.sort(rng.uniform(0.5, 0.99, 30))[::-1], int(rng.integers(3))) for _ in range(20)]
    found = check_sharpness(scores)
    assert found["found_first_ten"] == 1.0
    assert found["mean_log_probability"] > found["blind_log_probability"]
