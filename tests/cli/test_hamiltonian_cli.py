"""eigenscope hamiltonian. Covers `core.cli.hamiltonian`."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.hamiltonian.exports import to_json
from core.hamiltonian.results import load_fits


def run(*args):
    return CliRunner().invoke(app, ["hamiltonian", *[str(a) for a in args]])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "flower.json"
    path.write_text(to_json(load_fits("flower_5x5").fits[2].hamiltonian))
    return path


def test_fit_writes_a_hamiltonian_and_says_how_good_it_is(tmp_path) -> None:
    out = tmp_path / "graphene.json"
    result = run("fit", "pristine_1x1", "--neighbours", 5, "--starts", 2, "--out", out)
    assert result.exit_code == 0, result.output
    assert "at k-points never fitted" in result.output
    assert "good fits differ in a parameter by" in result.output
    assert json.loads(out.read_text())["labels"] == ["pz", "pz"]


def test_own_bands_are_fitted(tmp_path) -> None:
    from core.hamiltonian.kpoints import general_points
    from core.hamiltonian.sheets import graphene

    kpts = np.array([1 / 3, 1 / 3, 0]) + 0.2 * general_points(graphene(), 30)
    energies = load_fits("pristine_1x1").fits[5].hamiltonian.bands(kpts)
    (tmp_path / "bands.txt").write_text("\n".join(" ".join(map(str, row)) for row in np.hstack([kpts, energies])))
    (tmp_path / "sheet.extxyz").write_text(
        '2\nLattice="2.46 0 0 -1.23 2.1304225 0 0 0 12" pbc="T T F"\nC 0 0 6\nC 0 1.4202817 6\n'
    )
    out = tmp_path / "own.csv"
    given = ("fit", tmp_path / "sheet.extxyz", "--bands", tmp_path / "bands.txt", "--out", out)
    result = run(*given, "--fermi", 0)
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(out)) > 40
    refused = run(*given)
    assert refused.exit_code == 2
    assert "give the Fermi level" in refused.output


def test_bands_and_exports_of_a_saved_hamiltonian(saved, tmp_path) -> None:
    result = run("bands", saved, "--out", tmp_path / "bands.csv", "--points", 4)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "bands.csv")
    assert {"k1", "length_per_angstrom", "energy_ev_49"} <= set(table)
    for ending, beginning in (("csv", "atom_1"), ("hr.dat", " written by"), ("sisl.py", '"""'), ("pythtb.py", '"""')):
        out = tmp_path / f"model.{ending}"
        assert run("export", saved, "--out", out).exit_code == 0
        assert out.read_text().startswith(beginning)
    assert (tmp_path / "model.json").exists()


def test_transmission_of_a_saved_hamiltonian(saved, tmp_path) -> None:
    result = run(
        "transmission", saved, "--out", tmp_path / "t.csv", "--neighbours", 2, "--kpoints", 1, "--window", -0.5, 0.5
    )
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "t.csv")
    assert (table["transmission"] <= table["pristine"] + 0.05).all()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("fit", "hole_5x5", "--out", "a.json"), "the reference must be one of"),
        (("fit", "nothing.xyz", "--bands", "nothing.txt", "--out", "a.json"), "cannot be read"),
        (("bands", "nothing.json", "--out", "a.csv"), "cannot be read"),
        (("references", "--only", "hole"), "DEFECT_NxN"),
        (
            ("references", "--python", "no-such-python", "--only", "585_5x5"),
            "made with GPAW, which is not in no-such-python",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(args, message, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
