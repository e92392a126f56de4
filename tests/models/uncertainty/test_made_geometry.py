"""The error that comes with a geometry made here."""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.models.uncertainty import made_geometry
from core.models.uncertainty.made_geometry import (
    MadeGeometryError,
    count_turning,
    load_made_geometries,
    made_geometry_error_ev,
    total_errors_ev,
)
from core.structure.geometry import AS_GIVEN, FAST, XTB, XTB_UFF


@pytest.mark.parametrize(
    ("smiles", "n_rotatable", "n_rotors"),
    [
        ("c1ccccc1", 0, 0),
        ("CCCC", 1, 0),
        ("OCCO", 1, 2),
        ("CC(=O)O", 0, 0),  # an acid's hydrogen stays where it is
        ("CC(N)=O", 0, 0),
        ("CCN", 0, 1),
        ("CCCCCCCC", 3, 0),  # five bonds turn, three count
        ("", 0, 0),
        ("not a molecule", 0, 0),
    ],
)
def test_what_turns_is_counted(smiles, n_rotatable, n_rotors):
    assert count_turning(smiles) == (n_rotatable, n_rotors)


def test_squares_add_up():
    error = MadeGeometryError(rigid_ev=0.1, rotatable_ev=0.03, rotor_ev=0.05)
    assert error.of("c1ccccc1") == pytest.approx(0.1)
    assert error.of("OCCO") == pytest.approx(np.sqrt(0.1**2 + 0.03**2 + 2 * 0.05**2))


def test_a_given_geometry_has_none_and_one_made_by_a_force_field_more_than_a_relaxed_one():
    given, relaxed, fast, other = made_geometry_error_ev(["CCO"] * 4, [AS_GIVEN, XTB, FAST, XTB_UFF], [np.nan] * 4)
    assert given == 0
    assert 0.05 < relaxed < fast < 0.4
    assert other >= relaxed


def test_the_error_of_a_level_is_that_of_learner_and_geometry():
    table = pd.DataFrame({"expected_rmse_ev": [0.04, 0.04, np.nan], "smiles": "CCO", "geometry": [AS_GIVEN, XTB, XTB]})
    table["levels_ev"] = [[-12.0, -8.0]] * 3
    made = load_made_geometries().errors[XTB].of("CCO")
    np.testing.assert_allclose(total_errors_ev(table), [[0.04] * 2, [np.hypot(0.04, made)] * 2, [np.nan] * 2])
    alone = total_errors_ev(table[["levels_ev", "expected_rmse_ev"]])
    np.testing.assert_allclose(alone, [[0.04] * 2, [0.04] * 2, [np.nan] * 2])


def test_levels_have_their_own_errors_where_a_learner_tells_them_apart():
    table = pd.DataFrame({"expected_rmse_ev": [0.04, 0.04], "smiles": "CCO", "geometry": XTB})
    table["levels_ev"], table["level_errors_ev"] = [[-12.0, -8.0]] * 2, [[0.03, 0.05], None]
    made = load_made_geometries().errors[XTB].of("CCO")
    own, alike = total_errors_ev(table)
    np.testing.assert_allclose(own, np.hypot([0.03, 0.05], made))
    np.testing.assert_allclose(alike, np.hypot([0.04, 0.04], made))


def test_a_row_without_levels_has_no_errors():
    table = pd.DataFrame({"expected_rmse_ev": [np.nan], "smiles": "", "geometry": "", "levels_ev": [None]})
    assert [len(x) for x in total_errors_ev(table)] == [0]


def test_the_shipped_errors_hold_on_test_molecules():
    """As the command measured it: nothing here was fitted to them."""
    import json

    content = json.loads((made_geometry.COMPARISON / made_geometry.MADE_GEOMETRY_FILE).read_text())
    for checked in content["checked"].values():
        assert checked["n"] > 200
        assert checked["expected_ev"] == pytest.approx(checked["rmse_ev"], rel=0.25)
        assert 0.85 < checked["levels_within_90"] < 0.97


@pytest.mark.parametrize("content", [None, "{", "[]", '{"errors": {"x": {"rigid_ev": "much"}}}'])
def test_a_broken_file_says_which_command_writes_it(tmp_path, content):
    if content is not None:
        (tmp_path / made_geometry.MADE_GEOMETRY_FILE).write_text(content)
    with pytest.raises(InputError, match=r"made_geometry.json is not there or broken: eigenscope compare geometries"):
        load_made_geometries(tmp_path)
