"""Ionisation energies against labels and measurements: the curves, their yardsticks, and what is on file."""

import json

import numpy as np
import pytest

from core.assets import COMPARISON
from core.evaluation.ionisation_check import (
    IONISATION_FILE,
    MISPRINTED,
    OUTER_VALENCE_EV,
    by_delta,
    by_line,
    curve_sizes,
    level_figures,
    measure_ionisation,
    measure_known,
    without_energies,
)
from core.labels.label_set import load_labels
from core.models.delta.inputs import LevelInputs, join_inputs
from core.models.delta.recipe import IONISATION_LABELS
from core.models.registry import load_model


@pytest.fixture(scope="module")
def labels():
    return load_labels(IONISATION_LABELS)


@pytest.fixture(scope="module")
def learner():
    return load_model("ionisation", device="cpu")


def molecule(rng, n_levels=8):
    energies = np.sort(rng.uniform(-20, -6, n_levels))
    described = np.column_stack([energies, rng.normal(size=(n_levels, 3))])
    return LevelInputs(energies, described, rng.normal(size=(n_levels, 20)), np.zeros(n_levels, int))


def test_curves_double_and_end_with_all_labels():
    assert curve_sizes(60) == [(n, seed) for n in (12, 25, 50) for seed in (1, 2, 3)] + [(60, 1)]


def test_figures_are_those_of_the_levels_that_count(rng):
    inputs = join_inputs([molecule(rng), molecule(rng)])
    reference = np.tile([-25.0, -17.0, -16.0, -15.0, -14.0, -13.0, -12.0, -11.0], 2)
    found = reference + np.where(reference > OUTER_VALENCE_EV, 0.1, 5.0)
    found[-1] += 0.2  # the HOMO of the second
    figures = level_figures(found, np.full(16, 0.1), inputs, reference)
    assert figures["n_levels"] == 14
    assert figures["mae_ev"] == pytest.approx(0.1 + 0.2 / 14)
    assert figures["homo_mae_ev"] == pytest.approx(0.2)
    assert figures["levels_within_90"] == pytest.approx(13 / 14)


def test_what_is_not_told_the_energies_cannot_use_them(rng):
    inputs = join_inputs([molecule(rng), molecule(rng)])
    moved = LevelInputs(inputs.energies_ev - 3, inputs.described - [3, 0, 0, 0], inputs.features, inputs.molecules)
    for one, other in zip(vars(without_energies(inputs)).values(), vars(without_energies(moved)).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_line_is_the_best_and_the_process_beats_it_where_more_is_known(rng):
    known, asked = (join_inputs([molecule(rng) for _ in range(20)]) for _ in range(2))
    truth = [1.1 * x.energies_ev - 3 + 0.2 * x.described[:, 1] for x in (known, asked)]
    line, _ = by_line(known, truth[0], asked)
    found, _ = by_delta(known, truth[0], asked)
    assert np.abs(found - truth[1]).mean() < 0.2 * np.abs(line - truth[1]).mean()


def test_measured_molecules_are_organic_and_none_is_misprinted(learner):
    found = measure_known(learner, learner.base)
    names = [m["name"] for m in found["molecules"]]
    assert found["n"] == len(names) >= 8
    assert not set(names) & set(MISPRINTED)
    assert {"C6H6", "CH3OH"} <= set(names)
    assert found["mae_ev"] < 0.6
    off = [abs(m["predicted_ev"] - m["measured_ev"]) for m in found["molecules"]]
    assert found["mae_ev"] == pytest.approx(np.mean(off))


def test_what_is_on_file_is_of_the_shipped_labels(labels):
    found = json.loads((COMPARISON / IONISATION_FILE).read_text())
    n_train = len(labels.split("train"))
    assert found["n_test"] == len(labels.split("test"))
    assert {(r["n_labels"], r["seed"]) for r in found["curves"]} == set(curve_sizes(n_train))
    last = {r["way"]: r["mae_ev"] for r in found["curves"] if r["n_labels"] == n_train}
    assert last["delta"] < 0.75 * last["line"] < last["direct"]


def test_measuring_again_gives_what_is_on_file(labels, learner, tmp_path, monkeypatch):
    monkeypatch.setattr("core.evaluation.ionisation_check.curve_sizes", lambda n: [(12, 1)])
    lines = []
    found = measure_ionisation(learner, labels, out=tmp_path, tell=lines.append)
    assert found == json.loads((tmp_path / IONISATION_FILE).read_text())
    assert len(lines) == 1
    on_file = json.loads((COMPARISON / IONISATION_FILE).read_text())["curves"]
    for row in found["curves"]:
        [same] = [r for r in on_file if (r["way"], r["n_labels"], r["seed"]) == (row["way"], 12, 1)]
        assert row["mae_ev"] == pytest.approx(same["mae_ev"], abs=0.01)
