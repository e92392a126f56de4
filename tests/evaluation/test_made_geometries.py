"""Fitting and checking the error that comes with a geometry made here."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from core.assets import QM9_PBE
from core.cli import app
from core.evaluation.made_geometries import WAYS, fit_made_geometry_error, measure_made_geometries
from core.labels.label_set import load_labels
from core.models.registry import load_model
from core.models.uncertainty.made_geometry import MADE_GEOMETRY_FILE, MadeGeometryError, load_made_geometries
from core.structure.geometry import FAST


def test_a_planted_error_is_found_again():
    planted = MadeGeometryError(rigid_ev=0.12, rotatable_ev=0.05, rotor_ev=0.08)
    smiles = ["c1ccccc1", "CCCC", "OCCO", "CCO", "CCCCC", "CC(C)O", "NCCO", "CCC(C)CC"]
    found = fit_made_geometry_error(smiles, np.array([planted.of(s) for s in smiles]), np.zeros(len(smiles)))
    for name in ("rigid_ev", "rotatable_ev", "rotor_ev"):
        assert getattr(found, name) == pytest.approx(getattr(planted, name), abs=1e-6)
    assert found.n_fitted == len(smiles)


def test_nothing_gets_a_negative_share():
    found = fit_made_geometry_error(["C", "OCCO", "CCO"], np.array([0.2, 0.1, 0.1]), np.zeros(3))
    assert min(found.rigid_ev, found.rotatable_ev, found.rotor_ev) >= 0


def test_measures_a_few_and_writes_them(tmp_path):
    result = measure_made_geometries(load_model(), load_labels(QM9_PBE), out=tmp_path, n_fitted=6, n_checked=4)
    assert result == json.loads((tmp_path / MADE_GEOMETRY_FILE).read_text())
    assert 1 <= result["checked"][FAST]["n"] <= 4
    assert 0.01 < result["checked"][FAST]["rmse_ev"] < 1
    assert result["errors"][FAST]["n_fitted"] <= 6
    parts = [point["levels"] for point in result["checked"][FAST]["coverage"]]
    assert parts == sorted(parts)
    assert 0 <= parts[0] <= parts[-1] <= 1


def test_errors_that_are_known_are_checked_and_stay(tmp_path):
    known = {way.kind: MadeGeometryError(rigid_ev=10.0, rotatable_ev=0.0, rotor_ev=0.0, n_fitted=5) for way in WAYS}
    result = measure_made_geometries(load_model(), load_labels(QM9_PBE), out=tmp_path, n_checked=2, known=known)
    assert result["errors"] == {kind: error.model_dump() for kind, error in known.items()}
    assert result["checked"][FAST]["levels_within_90"] == 1


def test_the_command_keeps_what_was_fitted_on_request(monkeypatch, tmp_path):
    given = []

    def remember(*_, known, **__):
        given.append(known)
        return {"checked": {}}

    monkeypatch.setattr("core.evaluation.made_geometries.measure_made_geometries", remember)
    for options in ([], ["--check-only"]):
        assert CliRunner().invoke(app, ["compare", "geometries", *options]).exit_code == 0
    assert given == [None, load_made_geometries().errors]
