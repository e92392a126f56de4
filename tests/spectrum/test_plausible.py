"""What hardly any molecule has is marked."""

import numpy as np
import pandas as pd
import pytest

from core.spectrum.levels import Levels
from core.spectrum.plausible import doubt_note, find_doubts
from core.table import Prediction, table_of_library, with_predictions

USUAL = Levels(np.array([-25.0, -12.0, -6.0]), -1.0, 0.04)


def test_usual_levels_are_not_doubted():
    assert find_doubts(USUAL) == ()
    assert doubt_note(USUAL) == ""


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (Levels(np.array([-25.0, -6.0]), -5.6, 0.04), "a gap of 0.40 eV"),
        (Levels(np.array([-25.0, -2.0]), 1.0, 0.04), "a HOMO at -2.00 eV"),
        (Levels(np.array([-40.0, -6.0]), -1.0, 0.04), "a valence level at -40.0 eV"),
        (Levels(np.array([-25.0, -6.0]), -1.0, 0.71), "an expected error of 0.71 eV"),
    ],
)
def test_each_rule_says_what_was_found(levels, words):
    assert find_doubts(levels) == (words,)
    assert doubt_note(levels) == f"doubtful: {words}; check with DFT before using it"


def test_a_deep_level_of_another_level_of_theory_is_no_doubt():
    ionised = Levels(np.array([-40.6, -16.0]), float("nan"), 0.2)
    assert find_doubts(ionised, is_reference=False) == ()
    assert find_doubts(ionised) == ("a valence level at -40.6 eV",)


def test_what_is_not_known_is_no_doubt():
    assert find_doubts(Levels(np.array([np.nan, -6.0]), float("nan"), float("nan"))) == ()


def test_the_table_carries_the_note_behind_those_of_the_input():
    table = table_of_library(
        pd.DataFrame({"numbers": [[1], [1]], "positions": [[0.0] * 3] * 2, "note": ["stripped", ""]})
    )
    doubtful = Levels(np.array([-25.0, -2.0]), 1.0, 0.04)
    full = with_predictions(table, [Prediction("ok", "", doubtful), Prediction("ok", "", USUAL)], model="m")
    assert full["note"].tolist() == ["stripped; doubtful: a HOMO at -2.00 eV; check with DFT before using it", ""]
