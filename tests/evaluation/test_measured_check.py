"""The five example spectra against the whole home library: the right constitutions come early with what is proposed."""

import json
import statistics

import pandas as pd
import pytest

from core.assets import HOME_LIBRARY
from core.errors import InputError
from core.evaluation.measured_check import MEASURED, TRUTH, place_measured
from core.library.store import load_library
from core.screening.scan import scan_library
from core.spectrum.levels import Levels
from core.structure.geometry import Geometry
from core.structure.identity import geometry_bytes

MEDIAN_BAR = 60  # of 6,021


class OnePass:
    """A learner that keeps what it predicted: the scan and the intensities need one pass of the library instead of two."""

    def __init__(self, model) -> None:
        self.model, self.key, self.card = model, model.key, model.card
        self.known: dict[bytes, Levels] = {}

    def check(self, geometry: Geometry) -> None:
        self.model.check(geometry)

    def predict_levels(self, geometries: list[Geometry], *, weights: bool = False) -> list[Levels]:
        keys = [geometry_bytes(g) for g in geometries]
        new = [k for k, key in enumerate(keys) if key not in self.known]
        made = self.model.predict_levels([geometries[k] for k in new], weights=True) if new else []
        self.known |= {keys[k]: levels for k, levels in zip(new, made, strict=True)}
        return [self.known[key] for key in keys]


@pytest.fixture(scope="module")
def learner(model) -> OnePass:
    return OnePass(model)


def test_the_right_constitutions_come_early(learner: OnePass) -> None:
    scan = scan_library(load_library(HOME_LIBRARY), learner)
    places = place_measured(scan, model=learner)
    assert [p.name for p in places] == sorted(p.stem for p in MEASURED.glob("*.txt"))
    assert {p.n_constitutions for p in places} == {6021}
    assert statistics.median(p.place for p in places) <= MEDIAN_BAR, [(p.name, p.place) for p in places]


def test_a_molecule_that_is_no_candidate_has_no_place(learner: OnePass) -> None:
    scan = scan_library(load_library(HOME_LIBRARY).head(30), learner)
    places = place_measured(scan, model=learner)
    known = {key[:14] for key in scan["inchikey"]}
    truth = json.loads((MEASURED / TRUTH).read_text())
    assert [p.place is not None for p in places] == [t["inchikey"][:14] in known for t in truth.values()]


def test_a_folder_without_truth_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"needs truth\.json"):
        place_measured(pd.DataFrame(), folder=tmp_path)
