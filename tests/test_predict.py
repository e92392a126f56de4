from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import DomainError, EigenscopeError
from core.predict import predict_entries, predict_levels
from core.structure.embed import embed_geometry
from core.structure.entry import CANCELLED, FAILED, OK, REFUSED, Entry
from core.structure.geometry import AS_GIVEN, FAST_LEARNT, XTB_LEARNT, Geometry
from core.structure.molecule import parse_smiles
from core.structure.place import IN_PROCESS
from core.table import COLUMNS


def entry(row, smiles, **kwargs):
    return Entry(row, f"m{row}", parse_smiles(smiles), **kwargs)


@pytest.fixture
def mixed():
    """Good rows and every kind of bad one, in between."""
    return [
        entry(1, "CCO", properties={"name": "ethanol", "note": "=1+1"}),
        entry(2, "C[SeH]"),
        Entry(3, "broken", status=FAILED, reason="SMILES cannot be read: got 'C1CC'"),
        entry(4, "O", geometry=Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])),
        Entry(5, "atoms on top of each other", geometry=Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]])),
        entry(6, "[Na+].[Cl-]"),
        Entry(7, "nothing"),
        entry(8, "C=O", properties={"name": "<b>formaldehyde</b>"}),
    ]


def test_every_row_is_answered_in_order(model, mixed):
    table = predict_entries(mixed, model, geometry="fast")
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert list(table["row"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(table["status"]) == [OK, REFUSED, FAILED, OK, FAILED, REFUSED, FAILED, OK]
    assert list(table["geometry"]) == [FAST_LEARNT, "", "", AS_GIVEN, AS_GIVEN, "", "", FAST_LEARNT]
    assert table["reason"][1].endswith("found Se")
    assert table["reason"][2] == "SMILES cannot be read: got 'C1CC'"
    assert "Angstrom apart" in table["reason"][4]
    assert "neither a structure nor a geometry" in table["reason"][6]
    assert list(table["input_name"]) == ["ethanol", "", "", "", "", "", "", "<b>formaldehyde</b>"]
    good = table[table["status"] == OK]
    assert [len(x) for x in good["levels_ev"]] == [10, 4, 6]
    assert (good["homo_ev"] == [x[-1] for x in good["levels_ev"]]).all() or np.allclose(
        good["homo_ev"], [x[-1] for x in good["levels_ev"]], atol=1e-6
    )
    assert (good["gap_ev"] > 0).all()
    assert (good["expected_rmse_ev"] > 0).all()
    bad = table[table["status"] != OK]
    assert bad["homo_ev"].isna().all()
    assert bad["levels_ev"].isna().all()


def test_the_company_changes_nothing(model, mixed):
    together = predict_entries(mixed, model, geometry="fast")
    for k in (0, 3, 7):
        alone = predict_entries([mixed[k]], model, geometry="fast")
        np.testing.assert_allclose(alone["levels_ev"][0], together["levels_ev"][k], atol=1e-4)


def test_geometry_modes(model):
    entries = [entry(1, "CO")]
    assert predict_entries(entries, model, geometry="xtb")["geometry"][0] == XTB_LEARNT
    refused = predict_entries(entries, model, geometry="as-is")
    assert refused["status"][0] == REFUSED
    assert "no 3-D geometry" in refused["reason"][0]
    with pytest.raises(EigenscopeError, match="one of xtb, fast, as-is, got 'slow'"):
        predict_entries(entries, model, geometry="slow")


def test_worker_processes_answer_as_this_one_does(model):
    many = [entry(k + 1, s) for k, s in enumerate(["CO", "CN", "CF", "C#N", "C=O", "C[SeH]", "CC"])]
    assert len(many) > IN_PROCESS
    seen = []
    table = predict_entries(many, model, geometry="fast", progress=lambda done, total: seen.append((done, total)))
    assert list(table["id"]) == [e.id for e in many]
    assert seen == [(k + 1, 7) for k in range(7)]
    np.testing.assert_allclose(
        table["levels_ev"][6], predict_entries(many[6:], model, geometry="fast")["levels_ev"][0], atol=1e-4
    )


@pytest.mark.parametrize("n", [3, 8])
def test_a_cancelled_run_keeps_what_it_has_and_every_row(model, n):
    entries = [entry(k + 1, "C" * (k + 1)) for k in range(n)]
    done = []
    table = predict_entries(
        entries, model, geometry="fast", progress=lambda k, _: done.append(k), should_cancel=lambda: len(done) >= 1
    )
    assert list(table["row"]) == [e.row for e in entries]
    assert table["status"][0] == OK
    assert set(table["status"][2:]) == {CANCELLED}
    assert set(table["reason"][2:]) == {"cancelled"}


def test_a_cancelled_run_goes_on_from_the_rows_it_has(model, monkeypatch):
    entries = [replace(entry(k + 1, "C" * (k + 1)), properties={f"own {k}": "x"}) for k in range(4)]
    whole = predict_entries(entries, model, geometry="fast")
    done = []
    part = predict_entries(
        entries, model, geometry="fast", progress=lambda k, _: done.append(k), should_cancel=lambda: len(done) >= 1
    )
    n_before = int((part["status"] == OK).sum())
    assert 0 < n_before < 4
    seen = []
    again = predict_entries(
        entries, model, geometry="fast", known=part, progress=lambda k, total: seen.append((k, total))
    )
    assert seen == [(k, 4) for k in range(n_before + 1, 5)]
    pd.testing.assert_frame_equal(again, whole, rtol=1e-4, atol=1e-4)
    with pytest.raises(EigenscopeError, match="as many rows as it had, 4; got 3"):
        predict_entries(entries[:3], model, geometry="fast", known=part)
    with pytest.raises(EigenscopeError, match="the learner that began it, other; got tight_binding"):
        predict_entries(entries, model, geometry="fast", known=part.assign(model="other"))


def test_no_entries_give_an_empty_table(model):
    table = predict_entries([], model)
    assert table.empty
    assert list(table.columns) == list(COLUMNS)


def test_predict_levels_refuses_what_it_cannot_know(model):
    with pytest.raises(DomainError, match="found Se"):
        predict_levels([Geometry([34, 1, 1], [[0, 0, 0], [0, 1.04, 1.02], [0, -1.04, 1.02]])], model)


def test_explanation_finds_the_lone_pair(model):
    """Formaldehyde's HOMO is the oxygen's lone pair, p and not s (textbook; e.g. Turner 1970)."""
    geometry = embed_geometry(parse_smiles("C=O"))
    levels = predict_levels([geometry], model, weights=True)[0]
    homo = len(levels.valence_ev) - 1
    oxygen = int(np.flatnonzero(geometry.numbers == 8)[0])
    assert levels.atom_weights[homo].argmax() == oxygen
    assert levels.s_weights[homo, oxygen] < 0.05


def test_a_molecule_that_breaks_the_model_costs_no_other(model, monkeypatch):
    """One eigenproblem that does not converge in a batch: its row fails, the others are predicted."""
    import torch

    whole = type(model).predict_levels

    def breaks_on_ethane(self, geometries, *, weights=False):
        if any(g.formula == "C2H6" for g in geometries):
            raise torch.linalg.LinAlgError("linalg.eigh: the algorithm failed to converge")
        return whole(self, geometries, weights=weights)

    monkeypatch.setattr(type(model), "predict_levels", breaks_on_ethane)
    table = predict_entries([entry(k + 1, s) for k, s in enumerate(["CO", "CC", "C=O"])], model, geometry="fast")
    assert list(table["status"]) == [OK, FAILED, OK]
    assert "could not predict it" in table["reason"][1]
