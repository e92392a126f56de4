from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from reference_scan import labels

from core.errors import InputError
from core.evaluation.ranking_check import check_ranking, find_targets, formula_is_home
from core.labels.label_set import LabelSet
from core.spectrum.levels import Levels
from core.structure.geometry import Geometry
from core.structure.stereochemistry import mirror_image
from core.theory import REFERENCE_THEORY


@pytest.fixture(scope="module")
def home() -> LabelSet:
    """The first eight C7H10O2 molecules of the test split."""
    table = labels()
    mask = np.array([formula_is_home(z) for z in table["numbers"]]) & (table["split"] == "test").to_numpy()
    return LabelSet(table[mask].iloc[:8].reset_index(drop=True))


class LookUp:
    """A model that knows the reference levels by geometry; `error_ev` is added to the levels of one molecule."""

    key = "look-up"
    card = SimpleNamespace(level_of_theory=str(REFERENCE_THEORY))

    def __init__(self, known: LabelSet, *, wrong: int | None = None, error_ev: float = 0.0) -> None:
        self.levels = {}
        for k, (geometry, levels) in enumerate(zip(known.geometries(), known.levels(), strict=True)):
            moved = levels.valence_ev + (error_ev if k == wrong else 0.0)
            self.levels[geometry.positions.tobytes()] = Levels(moved, levels.lumo_ev, 0.05)

    def check(self, geometry: Geometry) -> None:
        """Any size."""

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        return [self.levels[g.positions.tobytes()] for g in geometries]


def library_of(home: LabelSet) -> pd.DataFrame:
    """The molecules themselves as a library, every second one under its mirror image's InChIKey."""
    _, molecules = find_targets(home)
    kept = [mirror_image(m) if k % 2 else m for k, m in enumerate(molecules) if m is not None]
    table = home.table[["id", "numbers", "positions"]].copy()
    return table.assign(smiles=[m.smiles for m in kept], inchikey=[m.inchikey for m in kept])


def test_perfect_predictions_find_every_molecule_mirror_images_included(home: LabelSet) -> None:
    library = library_of(home)
    chiral = [m for m in find_targets(home)[1][1::2] if m is not None and mirror_image(m).inchikey != m.inchikey]
    assert chiral  # else mirror images are not tested
    result = check_ranking(LookUp(home), home, library=library)
    assert (result["n"], result["n_in_library"], result["n_candidates"]) == (8, 8, 8)
    assert result["first"] == result["first_ten"] == result["first_constitution"] == 8
    assert result["median_rank"] == 1.0
    assert result["mean_rse"] == pytest.approx(0.0, abs=1e-4)
    assert result["at_reference_geometry"]["first"] == 8
    assert {m["first"] for m in result["by_metric"].values()} == {8}


def test_one_wrong_prediction_is_ranked_last(home: LabelSet) -> None:
    result = check_ranking(LookUp(home, wrong=2, error_ev=3.0), home, library=library_of(home))
    name = home.table["id"][2]
    assert result["ranks"][name] == 8
    assert result["first"] == result["at_reference_geometry"]["first"] == 7


def test_targets_that_the_library_lacks_are_listed(home: LabelSet) -> None:
    result = check_ranking(LookUp(home), home, library=library_of(home).iloc[:5])
    assert result["n_in_library"] == 5
    assert result["not_in_library"] == home.table["id"].tolist()[5:]
    with pytest.raises(InputError, match="must hold one of the 8"):
        check_ranking(LookUp(home), home, library=library_of(home).assign(inchikey="none"))


def test_only_home_molecules_of_the_test_split_are_targets(home: LabelSet) -> None:
    chosen, molecules = find_targets(LabelSet(labels(1500)))
    assert set(chosen.table["split"]) == {"test"}
    assert set(chosen.table["geometry"]) == {"dft"}
    assert {m.formula for m in molecules if m is not None} == {"C7H10O2"}
    assert None not in molecules  # every strained cage among them can be read
    assert not formula_is_home([6, 1, 1, 1, 1])
    with pytest.raises(InputError, match="must hold C7H10O2"):
        find_targets(LabelSet(home.table.iloc[:0]))
