"""Conformers in the prediction table: they come back as they went in, and any temperature is a new weighing."""

import numpy as np
import pandas as pd
import pytest

from core.errors import EigenscopeError
from core.models.geometry.correction import correct_ensembles
from core.models.registry import DEFAULT
from core.predict import predict_entries
from core.readers.structures import entries_from_text
from core.screening.scan import scan_again, scan_library
from core.structure.conformers import find_conformers
from core.structure.molecule import parse_smiles
from core.structure.place import ONE_CONFORMER, ConformerOptions
from core.table_conformers import conformer_levels, ensemble_of_row, fitting_conformer, one_conformer, reweigh


@pytest.fixture(scope="module")
def table(model) -> pd.DataFrame:
    return predict_entries(entries_from_text("OCC=O\nc1ccccc1\n[NH4+]"), model)


def test_a_floppy_molecule_has_several_and_a_rigid_one_has_one(table: pd.DataFrame) -> None:
    assert table["n_conformers"].tolist()[1:] == [1, 0]
    assert table["n_conformers"][0] > 1
    assert table["conformer_positions"][1] is None
    assert np.isnan(table["conformer_spread_ev"][1])
    assert table["conformer_spread_ev"][0] > 0.01


def test_they_come_back_as_they_went_in(table: pd.DataFrame) -> None:
    (found,) = correct_ensembles([find_conformers(parse_smiles("OCC=O"))])
    read = ensemble_of_row(table.iloc[0])
    assert len(read) == len(found) == table["n_conformers"][0]
    np.testing.assert_allclose(read.energies_ev, found.energies_ev, atol=1e-6)
    for one, other in zip(read.geometries, found.geometries, strict=True):
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-4)
    assert ensemble_of_row(table.iloc[1]) is None


def test_levels_are_the_average_of_the_conformers(table: pd.DataFrame, model) -> None:
    ensemble = ensemble_of_row(table.iloc[0])
    alone = np.array([x.valence_ev for x in model.predict_levels(ensemble.geometries)])
    np.testing.assert_allclose(table["levels_ev"][0], ensemble.weights() @ alone, atol=1e-3)
    np.testing.assert_allclose([x.valence_ev for x in conformer_levels(table.iloc[0])], alone, atol=1e-3)


def test_another_temperature_is_a_new_weighing(table: pd.DataFrame, model) -> None:
    cold = reweigh(table, 60.0)
    first = conformer_levels(table.iloc[0])[0]
    np.testing.assert_allclose(cold["levels_ev"][0], first.valence_ev, atol=0.02)
    assert cold["conformer_spread_ev"][0] < table["conformer_spread_ev"][0]
    assert cold["temperature_k"].tolist()[:1] == [60.0]
    again = reweigh(cold, 298.15)
    np.testing.assert_allclose(again["levels_ev"][0], table["levels_ev"][0], atol=1e-4)
    assert again["lumo_ev"][0] == pytest.approx(table["lumo_ev"][0], abs=1e-4)
    hot = predict_entries(entries_from_text("OCC=O"), model, conformers=ConformerOptions("ensemble", 500.0))
    assert hot["homo_ev"][0] == pytest.approx(reweigh(table, 500.0)["homo_ev"][0], abs=1e-4)
    with pytest.raises(EigenscopeError, match="50 to 600 K"):
        reweigh(table, 5000.0)


def test_another_look_at_the_same_rows_sees_the_same_conformers(table: pd.DataFrame, model) -> None:
    again = scan_again(table, model)
    np.testing.assert_allclose(again["levels_ev"][0], table["levels_ev"][0], atol=1e-4)
    assert again["temperature_k"][0] == table["temperature_k"][0]
    as_library = scan_library(table[table["status"] == "ok"].reset_index(drop=True), model)
    np.testing.assert_allclose(as_library["levels_ev"][0], table["levels_ev"][0], atol=1e-4)
    assert as_library["model"].tolist() == [DEFAULT] * 2


def test_one_conformer_stays_a_choice(model) -> None:
    one = predict_entries(entries_from_text("OCC=O"), model, conformers=ONE_CONFORMER)
    assert one["n_conformers"].tolist() == [1]
    with pytest.raises(EigenscopeError, match="conformers must be one of auto"):
        ConformerOptions("all")


def test_the_one_conformer_alone_is_what_it_was(table: pd.DataFrame, model) -> None:
    row = one_conformer(table.iloc[0])
    first = ensemble_of_row(table.iloc[0]).geometries[0]
    np.testing.assert_allclose(row["levels_ev"], model.predict_levels([first])[0].valence_ev, atol=1e-3)
    assert (row["n_conformers"], row["conformer_levels_ev"]) == (1, None)
    assert one_conformer(table.iloc[1]) is not None
    assert ensemble_of_row(row) is None


def test_the_conformer_that_stands_for_a_hit_is_the_one(table: pd.DataFrame, model) -> None:
    row = one_conformer(with_place(table.iloc[0], 2))
    second = ensemble_of_row(table.iloc[0]).geometries[1]
    np.testing.assert_allclose(row["positions"], second.positions.ravel(), atol=1e-5)
    np.testing.assert_allclose(row["levels_ev"], model.predict_levels([second])[0].valence_ev, atol=1e-3)
    assert fitting_conformer(row) is None


def with_place(row: pd.Series, place: int) -> pd.Series:
    """Return a row as a ranking has it, this conformer fitting best."""
    return pd.concat([row, pd.Series({"conformer": place})])
