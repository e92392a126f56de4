"""Another learner asked about the same rows: same molecules and geometries, its own answers and refusals."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.assets import MODELS
from core.errors import DomainError
from core.models.protocol import Familiarity, Verdict
from core.models.registry import DEFAULT
from core.models.tight_binding.learner import TightBindingModel
from core.predict import predict_entries
from core.readers.structures import entries_from_text
from core.screening.scan import scan_again
from core.spectrum.levels import Levels
from core.spectrum.plausible import DOUBTFUL, UNTRAINED
from core.structure.entry import FAILED, OK, REFUSED
from core.structure.geometry import Geometry
from core.structure.place import ConformerOptions


class SmallOnly(TightBindingModel):
    """The flagship, of molecules of up to five atoms."""

    def check(self, geometry: Geometry) -> None:
        if geometry.n_atoms > 5:
            raise DomainError(f"at most 5 atoms, found {geometry.n_atoms}")


class HardlyOpen(TightBindingModel):
    """The flagship, with the LUMO right above the HOMO."""

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        found = super().predict_levels(geometries, weights=weights)
        return [replace(levels, lumo_ev=levels.homo_ev + 0.1) for levels in found]


@pytest.fixture(scope="module")
def table(model) -> pd.DataFrame:
    return predict_entries(entries_from_text("O\nCCO\n[NH4+]\nCC[SeH]\nnonsense"), model, geometry="fast")


@pytest.fixture(scope="module")
def small() -> SmallOnly:
    return SmallOnly(MODELS / DEFAULT, device="cpu")


def test_the_same_learner_answers_the_same(table: pd.DataFrame, model) -> None:
    again = scan_again(table, model)
    assert list(again.columns) == list(table.columns)
    for column in ("id", "row", "status", "reason", "smiles", "geometry", "model"):
        assert again[column].tolist() == table[column].tolist(), column
    np.testing.assert_allclose(again["homo_ev"], table["homo_ev"], atol=1e-4)
    np.testing.assert_allclose(again["levels_ev"][1], table["levels_ev"][1], atol=1e-4)


def test_what_it_refuses_comes_back_when_the_other_is_asked_again(table: pd.DataFrame, model, small: SmallOnly) -> None:
    refused = scan_again(table, small)
    assert refused["status"].tolist() == [OK, REFUSED, REFUSED, REFUSED, FAILED]
    assert refused["reason"][1] == "at most 5 atoms, found 9"
    assert refused["levels_ev"][1] is None
    assert np.isnan(refused["homo_ev"][1])
    back = scan_again(refused, model)
    assert back["status"].tolist() == table["status"].tolist()
    np.testing.assert_allclose(back["homo_ev"], table["homo_ev"], atol=1e-4)


def test_doubts_are_those_of_the_learner_that_predicted_last(table: pd.DataFrame, model) -> None:
    assert table["note"][1] == ""
    doubted = table.assign(note=f"a salt; {DOUBTFUL}a gap of 0.20 eV; check with DFT before using it")
    assert scan_again(doubted, model)["note"][1] == "a salt"
    strange = table.assign(note=f"a salt; {UNTRAINED}: nitro is unfamiliar; check with DFT before using it")
    assert scan_again(strange, model)["note"][1] == "a salt"
    closed = scan_again(table, HardlyOpen(MODELS / DEFAULT, device="cpu"))
    assert closed["note"][0].startswith(f"{DOUBTFUL}a gap of 0.10 eV")


def test_conformers_are_averaged_at_the_temperature_that_they_had(model) -> None:
    asked = ConformerOptions("ensemble", 500.0)
    hot = predict_entries(entries_from_text("OCCO"), model, geometry="xtb", conformers=asked)
    assert hot["n_conformers"][0] > 1
    again = scan_again(hot, model)
    assert again["temperature_k"].tolist() == [500.0]
    assert again["homo_ev"][0] == pytest.approx(hot["homo_ev"][0], abs=1e-4)


def test_what_no_learner_covers_keeps_its_reason(table: pd.DataFrame, small: SmallOnly) -> None:
    again = scan_again(table, small)
    for row in (2, 3, 4):
        assert again["reason"][row] == table["reason"][row]


def test_a_charge_is_not_forgotten_where_the_file_had_a_geometry(table: pd.DataFrame, model) -> None:
    ammonium = table.iloc[[0]].assign(
        status=REFUSED, reason="total charge must be 0, found +1", smiles="[NH4+]", levels_ev=None
    )
    assert scan_again(ammonium, model)["reason"].tolist() == ["total charge must be 0, found +1"]


def test_what_lies_outside_is_said_whichever_learner_comes_next(table: pd.DataFrame, model, monkeypatch) -> None:
    outside = Familiarity(Verdict.OUTSIDE, (0,), ("CC",))
    monkeypatch.setattr(type(model), "familiarity", lambda _self, _geometry: outside)
    again = scan_again(table, model)
    assert [UNTRAINED in note for note in again["note"]] == [status == OK for status in again["status"]]


def test_input_is_untouched(table: pd.DataFrame, small: SmallOnly) -> None:
    before = table.copy(deep=True)
    scan_again(table, small)
    pd.testing.assert_frame_equal(table, before)


def test_rows_in_any_order_keep_their_labels(table: pd.DataFrame, small: SmallOnly) -> None:
    turned = table.iloc[::-1]
    again = scan_again(turned, small)
    assert again.index.tolist() == turned.index.tolist()
    assert again["status"][1] == REFUSED
