"""A prediction beside its reference."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import EigenscopeError
from core.evaluation.against_reference import (
    compare_levels,
    describe_reference,
    level_table,
    occupied_levels,
    reference_target,
)
from core.reference.result import SECOND_ORDER, Reference
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.metrics import evaluate_levels


@pytest.fixture
def reference(rng) -> Reference:
    """Three cores, 20 valence levels, six empty ones."""
    valence = np.sort(rng.uniform(-28, -6, 20))
    levels = np.r_[-280.0, -270.0, -265.0, valence, np.linspace(-1, 2, 6)]
    empty = np.zeros((26, 8))
    return Reference(levels, 3, 23, empty, empty, -100.0, True, 12, 1.7)


def test_occupied_levels_leave_out_cores_and_empty_ones(reference) -> None:
    levels = occupied_levels(reference)
    np.testing.assert_array_equal(levels.valence_ev, reference.levels_ev[3:23])
    assert levels.lumo_ev == -1.0
    assert np.isnan(occupied_levels(replace(reference, levels_ev=reference.levels_ev[:23])).lumo_ev)


def test_a_prediction_that_is_the_reference_has_no_error(reference) -> None:
    errors = compare_levels(occupied_levels(reference), occupied_levels(reference))
    assert (errors.n_levels, errors.rmse_ev, errors.rse, errors.homo_ev, errors.lumo_ev) == (N_BAND, 0, 0, 0, 0)


def test_errors_are_those_of_the_evaluation(reference, rng) -> None:
    right = occupied_levels(reference)
    predicted = Levels(np.sort(right.valence_ev + rng.normal(0, 0.1, 20)), right.lumo_ev + 0.2)
    errors, evaluated = compare_levels(predicted, right), evaluate_levels([predicted], [right])
    assert errors.rmse_ev == pytest.approx(evaluated["rmse_ev"])
    assert errors.rse == pytest.approx(evaluated["rse"])
    assert abs(errors.homo_ev) == pytest.approx(evaluated["homo_mae_ev"])
    assert errors.lumo_ev == pytest.approx(0.2)


def test_differences_are_predicted_minus_reference(reference) -> None:
    right = occupied_levels(reference)
    errors = compare_levels(Levels(right.valence_ev - 0.3, np.nan), right)
    assert errors.homo_ev == pytest.approx(-0.3)
    assert errors.rmse_ev == pytest.approx(0.3)
    assert np.isnan(errors.lumo_ev)


def test_small_molecules_are_compared_by_all_their_levels() -> None:
    right = Levels(np.array([-20.0, -12.0, -8.0]), 1.0)
    errors = compare_levels(Levels(np.array([-20.0, -12.0, -8.3]), 1.0), right)
    assert errors.n_levels == 3
    assert errors.rmse_ev == pytest.approx(0.3 / np.sqrt(3))


def test_the_band_alone_is_compared_from_the_homo_down(reference) -> None:
    right = occupied_levels(reference)
    band = Levels(right.band_ev, np.nan)
    assert compare_levels(band, right).rmse_ev == 0
    table = level_table(band, right)
    assert len(table) == N_BAND + 1
    np.testing.assert_array_equal(table["difference_ev"][1:], 0)


def test_other_numbers_of_levels_are_refused(reference) -> None:
    right = occupied_levels(reference)
    for wrong in (right.valence_ev[1:], right.valence_ev[:0]):
        with pytest.raises(EigenscopeError, match=f"has 20 valence levels, {len(wrong)} were predicted"):
            compare_levels(Levels(wrong, 0.0), right)


def test_level_table_counts_down_from_the_lumo(reference) -> None:
    right = occupied_levels(reference)
    table = level_table(Levels(right.valence_ev + 0.1, right.lumo_ev), right)
    assert table["level"].tolist()[:3] == ["LUMO", "HOMO", "HOMO-1"]
    assert table["level"].iloc[-1] == "HOMO-19"
    np.testing.assert_allclose(table["difference_ev"], [0.0, *[0.1] * 20])
    assert table["reference_ev"][1] == right.homo_ev


@pytest.mark.parametrize(("n_levels", "n_found"), [(N_BAND, N_BAND), (None, 20)])
def test_the_target_has_the_levels_asked_for(reference, n_levels, n_found) -> None:
    target = reference_target(occupied_levels(reference), "x", n_levels=n_levels)
    np.testing.assert_array_equal(target.levels_ev, occupied_levels(reference).valence_ev[-n_found:])
    assert target.is_absolute


def test_the_sentence_says_what_it_is(reference) -> None:
    said = describe_reference(reference, origin="as given")
    assert "PBE/6-31+G(d), computed here in 1.7 s" in said
    assert "(as given)" in said
    assert "slower solver" not in said
    assert SECOND_ORDER in describe_reference(replace(reference, solver=SECOND_ORDER), origin="as given")
