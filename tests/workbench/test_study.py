"""How well labels are learnt: molecules left out, more labels, which to label next.

Covers `core.workbench.study`, `core.workbench.doubt` and `core.workbench.structures`.
"""

import numpy as np
import pandas as pd
import pytest

from core.assets import EXAMPLES, HOME_LIBRARY
from core.errors import InputError
from core.labels.label_set import load_labels
from core.library.store import load_library
from core.models.delta.inputs import LevelInputs, join_inputs
from core.models.delta.process import Kernel, search_kernel
from core.models.registry import load_model
from core.spectrum.levels import N_BAND
from core.structure.entry import Entry
from core.structure.geometry import Geometry
from core.workbench.doubt import as_correction, choose_spread, suggest_molecules
from core.workbench.structures import structures_by_id
from core.workbench.study import (
    BY_LINE,
    CHOSEN,
    DRAWN,
    N_FIFTHS,
    LabelPairs,
    LabelStudy,
    crossing,
    label_counts,
    labels_needed,
    pair_labels,
    study_labels,
)

N_LEVELS = 8


def planted_pairs(rng, *, n_molecules=40, noise_ev=0.02) -> LabelPairs:
    """Return levels that a correction explains but for noise."""
    parts = []
    for _ in range(n_molecules):
        energies = np.sort(rng.uniform(-18, -6, N_LEVELS))
        parts.append(
            LevelInputs(
                energies,
                np.column_stack([energies, rng.normal(size=(N_LEVELS, 4))]),
                rng.normal(size=(N_LEVELS, 6)),
                np.zeros(N_LEVELS, int),
            )
        )
    inputs = join_inputs(parts)
    truth = 1.1 * inputs.energies_ev - 3 + 0.3 * inputs.described[:, 1] + noise_ev * rng.normal(size=len(inputs))
    return LabelPairs(inputs, truth, inputs.molecules, np.tile(np.arange(N_LEVELS)[::-1], n_molecules))


@pytest.fixture(scope="module")
def study() -> LabelStudy:
    return study_labels(planted_pairs(np.random.default_rng(5)), n_workers=0)


def test_each_level_is_left_out_once_and_known_as_well_as_it_says(study: LabelStudy) -> None:
    assert not study.left_out.duplicated(["row", "depth"]).any()
    assert len(study.left_out) == 40 * N_LEVELS
    figures = study.figures()
    assert figures["n_molecules"] == 40
    assert figures["mae_ev"] < 0.05
    assert 0.8 < figures["levels_within_90"] < 0.99
    assert figures["homo_mae_ev"] < 0.08


def test_more_labels_teach_more_and_more_than_a_line(study: LabelStudy) -> None:
    means = study.curve.groupby(["way", "n_molecules"])["mae_ev"].mean()
    assert (means[DRAWN].diff().dropna() < 0).all()
    assert means[DRAWN].iloc[-1] < 0.3 * means[BY_LINE].iloc[-1]
    assert means[CHOSEN].iloc[-1] == pytest.approx(means[DRAWN].iloc[-1]), "all labels are all labels"
    assert means[CHOSEN].iloc[0] == pytest.approx(means[DRAWN].iloc[0]), "they begin alike"
    assert study.curve.groupby(["way", "n_molecules"])["fold"].nunique().eq(N_FIFTHS).all()


def test_rows_of_one_molecule_are_left_out_together(rng) -> None:
    pairs = planted_pairs(rng, n_molecules=24)
    twice = LabelPairs(pairs.inputs, pairs.levels_ev, pairs.molecules // 2, pairs.depth)
    found = study_labels(twice, n_workers=0)
    assert found.n_molecules == 12
    fold = found.left_out.merge(found.left_out, on="depth")
    assert len(found.left_out) == 24 * N_LEVELS == fold["row_x"].nunique() * N_LEVELS


def test_rows_of_one_molecule_are_on_one_side_of_the_kernel_s_folds(rng, monkeypatch) -> None:
    seen: list[np.ndarray] = []

    def watch(points: np.ndarray, rest_ev: np.ndarray, molecules: np.ndarray) -> Kernel:
        seen.append(np.unique(molecules))
        return search_kernel(points, rest_ev, molecules)

    monkeypatch.setattr("core.models.delta.process.search_kernel", watch)
    pairs = planted_pairs(rng, n_molecules=24)
    twice = LabelPairs(pairs.inputs, pairs.levels_ev, pairs.molecules // 2, pairs.depth)
    twice.fit(np.arange(12))
    assert len(seen[0]) == 12


def test_a_cancelled_study_is_none(rng) -> None:
    assert study_labels(planted_pairs(rng, n_molecules=12), n_workers=0, should_cancel=lambda: True) is None


@pytest.mark.parametrize(
    ("n_most", "counts"), [(8, [8]), (12, [12]), (20, [12, 20]), (61, [12, 24, 61]), (400, [12, 24, 48, 96, 192, 400])]
)
def test_counts_of_labels_double(n_most: int, counts: list[int]) -> None:
    assert label_counts(n_most) == counts


def planted_curve(exponent: float) -> LabelStudy:
    rows = [
        {"way": DRAWN, "n_molecules": n, "fold": fold, "mae_ev": 0.4 * (n / 12) ** exponent * (1 + 0.01 * fold)}
        for n in (12, 24, 48, 96)
        for fold in range(N_FIFTHS)
    ]
    return LabelStudy(pd.DataFrame(), pd.DataFrame(rows), 120)


def test_the_number_of_labels_follows_the_power_law() -> None:
    needed, low, high = labels_needed(planted_curve(-0.5), target_ev=0.1)
    assert needed == pytest.approx(12 * 16, rel=0.06)
    assert low <= needed <= high
    assert labels_needed(planted_curve(-0.01), target_ev=0.1) is None, "an error that does not fall is never reached"
    assert labels_needed(planted_curve(-0.2), target_ev=0.01) is None, "too far off to be told"
    assert crossing(pd.Series([0.4, 0.2], index=[10, 40]), 0.1) == pytest.approx(160)


def test_few_molecules_are_refused() -> None:
    labels = load_labels(EXAMPLES / "labels.csv")
    few = labels.select(np.arange(len(labels)) < 5)
    with pytest.raises(InputError, match="at least 10 different molecules, got 5"):
        pair_labels(load_model(device="cpu").explain_levels(few.geometries()), few)


def test_the_most_doubtful_are_chosen_unlike_each_other() -> None:
    doubts = np.array([0.5, 0.49, 0.48, 0.3, 0.1])
    places = np.array([[0.0], [0.01], [0.02], [5.0], [9.0]])
    assert choose_spread(doubts, places, 2).tolist() in ([0, 3], [0, 4])
    assert choose_spread(doubts, places, 9).tolist() == [0, 1, 2, 3, 4]


def test_candidates_that_cannot_be_predicted_are_passed_over() -> None:
    library = load_library(HOME_LIBRARY).head(12)
    broken = library.head(1).assign(positions=[np.zeros(3)])
    learner = as_correction(load_model("ionisation", device="cpu"))
    found = suggest_molecules(learner, pd.concat([broken, library]), 4)
    assert len(found) == 4
    assert found["doubt_ev"].is_monotonic_decreasing
    assert (found["doubt_ev"] > 0.02).all()
    assert {len(x) for x in found["positions"]} == {3 * 19}
    others = suggest_molecules(learner, library, 20, labelled=found)
    assert len(others) > 0
    assert not set(others["constitution_id"]) & set(found["constitution_id"])
    assert suggest_molecules(learner, library, 4, labelled=library).empty
    stopped = suggest_molecules(learner, library, 4, should_cancel=lambda: True)
    assert stopped.empty
    with pytest.raises(InputError, match="corrects another's"):
        as_correction(load_model(device="cpu"))


def test_structures_are_known_by_id_and_ones_own_come_first() -> None:
    library = load_library(HOME_LIBRARY)
    name, own = library["id"][0], Geometry([1, 1], [[0, 0, 0], [0, 0, 0.74]])
    known = structures_by_id([Entry(1, name, geometry=own), Entry(2, "flat")])
    assert known[name] is own
    assert "flat" not in known
    with pytest.raises(InputError, match="ids of structures must differ, 2 are called 'w'"):
        structures_by_id([Entry(1, "w", geometry=own), Entry(2, "w", geometry=own)])
    other = library.iloc[3]
    np.testing.assert_allclose(known[other["id"]].positions.ravel(), other["positions"], atol=1e-6)
    assert N_BAND == 16
