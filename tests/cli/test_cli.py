"""The command line end to end, in this process.

Covers `core.cli.bars`, `core.cli.compare`, `core.cli.dataset`, `core.cli.draw`, `core.cli.measured`,
`core.cli.model`, `core.cli.screen`.
"""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.assets import QM9_PBE
from core.cli import app
from core.evaluation.measured_check import MEASURED
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.spectrum.levels import N_BAND
from core.writers.spectra import spectrum_to_csv

REQUIRED = ["id", "status", "reason", "smiles", "n_atoms", "levels_ev", "homo_ev", "lumo_ev", "model"]


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A scan-ready library: forty labelled test molecules at their own geometries."""
    labels = pd.read_parquet(QM9_PBE)
    some = labels[labels["split"] == "test"].head(40)
    path = tmp_path_factory.mktemp("cli") / "library.parquet"
    table = some[["id", "smiles", "numbers", "positions"]].assign(geometry="dft", n_atoms=some["numbers"].map(len))
    table.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def scanned(library):
    out = library.with_name("scan.parquet")
    result = run("scan", library, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def test_predict_answers_every_row_and_says_so(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.parquet"
    source.write_text("name,smiles\nethanol,CCO\nselenol,C[SeH]\nbroken,C1CC\nwater,O\n")
    result = run("predict", source, "--out", out, "--geometry", "fast")
    assert result.exit_code == 1
    table = pd.read_parquet(out)
    assert set(REQUIRED) <= set(table)
    assert list(table["id"]) == ["ethanol", "selenol", "broken", "water"]
    assert list(table["status"]) == ["ok", "refused", "failed", "ok"]
    assert [len(x) for x in table.loc[[0, 3], "levels_ev"]] == [10, 4]


@pytest.mark.parametrize("fmt", ["json", "csv"])
def test_predict_in_other_formats(tmp_path, fmt):
    source, out = tmp_path / "in.smi", tmp_path / "out.dat"
    source.write_text("CO methanol\n")
    assert run("predict", source, "--out", out, "--geometry", "fast", "--format", fmt).exit_code == 0
    if fmt == "json":
        assert json.loads(out.read_text())[0]["id"] == "methanol"
    else:
        assert pd.read_csv(out)["id"][0] == "methanol"


UNREADABLE = [("empty.smi", b""), ("noise.csv", bytes(range(256)) * 8), ("none.smi", None)]


@pytest.mark.parametrize(("name", "content"), UNREADABLE)
def test_unreadable_input_is_exit_code_2_and_a_sentence(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = run("predict", tmp_path / name, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 2
    assert "eigenscope:" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out.parquet").exists()


def test_scan_keeps_order(library, scanned):
    table = pd.read_parquet(scanned)
    assert list(table["id"]) == list(pd.read_parquet(library)["id"])
    assert (table["status"] == "ok").all()


def test_scan_answers_bad_rows_one_by_one(library, tmp_path):
    table = pd.read_parquet(library)[["id", "numbers", "positions"]].head(6).copy()
    table.loc[1, "id"] = table["id"][0]  # twice the same id
    table.at[2, "positions"] = table["positions"][2] * np.nan
    table.at[3, "positions"] = table["positions"][3][:-1]
    table.at[4, "numbers"] = None
    table.to_parquet(tmp_path / "bad.parquet")
    result = run("scan", tmp_path / "bad.parquet", "--out", tmp_path / "scan.parquet")
    assert result.exit_code == 1, result.output
    scan = pd.read_parquet(tmp_path / "scan.parquet")
    assert list(scan["status"]) == ["ok", "ok", "failed", "failed", "failed", "ok"]
    assert scan["reason"][2].startswith("coordinates must be finite")
    assert all(scan["reason"][2:5])


def test_rank_by_id_puts_the_molecule_itself_first(scanned, tmp_path):
    wanted = pd.read_parquet(scanned)["id"][7]
    result = run("rank", scanned, "--target", wanted, "--out", tmp_path / "rank.csv", "--top", 5)
    assert result.exit_code == 0, result.output
    ranking = pd.read_csv(tmp_path / "rank.csv")
    assert len(ranking) == 5
    assert ranking["id"][0] == wanted
    assert ranking["score"][0] == pytest.approx(0, abs=1e-6)


def test_rank_folds_stereoisomers_on_request(scanned, tmp_path):
    wanted = pd.read_parquet(scanned)["id"][7]
    result = run("rank", scanned, "--target", wanted, "--out", tmp_path / "rank.csv", "--top", 1000, "--fold")
    assert result.exit_code == 0, result.output
    ranking = pd.read_csv(tmp_path / "rank.csv")
    assert not ranking["inchikey"].dropna().astype(str).str[:14].duplicated().any()
    assert ranking["n_stereoisomers"].sum() == len(pd.read_parquet(scanned))


def test_rank_by_file_with_shift_and_window(scanned, tmp_path):
    table = pd.read_parquet(scanned)
    levels = np.asarray(table["levels_ev"][11])[-N_BAND:] + 0.8
    target = tmp_path / "target.csv"
    target.write_bytes(spectrum_to_csv(Spectrum(GRID_EV, broaden(levels))))
    out = tmp_path / "rank.csv"
    result = run(
        "rank",
        scanned,
        "--target",
        target,
        "--metric",
        "cosine",
        "--window",
        -18,
        -4,
        "--shift",
        "--band",
        "--top",
        3,
        "--out",
        out,
    )
    assert result.exit_code == 0, result.output
    ranking = pd.read_csv(out)
    assert ranking["id"][0] == table["id"][11]
    assert ranking["shift_ev"][0] == pytest.approx(0.8, abs=0.06)


def test_rank_says_what_was_read_and_who_is_missing(scanned, tmp_path):
    table = pd.read_parquet(scanned)
    table.loc[:2, ["status", "reason"]] = ["refused", "contains Se"]
    broken = tmp_path / "scan.parquet"
    table.to_parquet(broken)
    target = tmp_path / "he1.csv"
    energies = np.arange(8.0, 20.0, 0.05)
    kinetic = 21.218 - energies
    rows = "".join(f"{k:.3f},{1 + e:.2f}\n" for k, e in zip(kinetic, np.exp(-((energies - 11) ** 2)), strict=True))
    target.write_text(f"Ekin (eV),counts\n{rows}")
    out = tmp_path / "rank.csv"
    asked = run("rank", broken, "--target", target, "--out", out)
    assert asked.exit_code == 2
    assert "kinetic energies need the photon energy" in asked.output
    assert "(--photon-energy)" in asked.output
    result = run("rank", broken, "--target", target, "--out", out, "--photon-energy", 21.218)
    assert result.exit_code == 1, result.output
    assert "target: 240 points, kinetic energies in eV" in result.output
    assert "binding energy is 21.218 eV, the photon energy, minus kinetic energy" in result.output
    assert f"3 of {len(table)} not ranked: 3 no prediction: contains Se" in result.output
    assert len(pd.read_csv(out)) == len(table) - 3


@pytest.mark.parametrize(
    ("text", "flag", "value"),
    [
        ("-19.1\n-0.6\n-0.3\n", "--unit", "Hartree"),
        ("E-E_HOMO (eV)\n0\n-1.2\n-2.5\n", "--zero", "-6.5"),
        ("10,5,1027\n11,5,963\n12,5,20\n", "--decimal", ","),
        ("alpha_energy_ev beta_energy_ev\n-9.1 -9.0\n-8.2 -8.1\n", "--energy-column", "alpha_energy_ev"),
    ],
)
def test_rank_asks_for_the_option_that_settles_a_reading(scanned, tmp_path, text, flag, value):
    target, out = tmp_path / "target.txt", tmp_path / "rank.csv"
    target.write_text(text)
    asked = run("rank", scanned, "--target", target, "--out", out)
    assert asked.exit_code == 2
    assert (flag if flag != "--zero" else "--reference") in asked.output
    result = run("rank", scanned, "--target", target, "--out", out, flag, value)
    assert result.exit_code in (0, 1), result.output
    assert "target: " in result.output


def test_rank_says_which_options_have_no_effect(scanned, tmp_path):
    target = pd.read_parquet(scanned).query("status == 'ok'")["id"].iloc[0]
    given = ("--unit", "Hartree", "--max-shift", 0.5)
    result = run("rank", scanned, "--target", target, "--out", tmp_path / "rank.csv", *given)
    assert result.exit_code in (0, 1), result.output
    assert "--unit: without effect" in result.output
    assert "--max-shift: without effect" in result.output


def test_rank_without_a_target(scanned, tmp_path):
    result = run("rank", scanned, "--target", "no-such-id", "--out", tmp_path / "rank.csv")
    assert result.exit_code == 2
    assert "got 'no-such-id'" in result.output


def test_evaluate_prints_json(tmp_path):
    labels = pd.read_parquet(QM9_PBE)
    path = tmp_path / "labels.parquet"
    pd.concat([labels[labels["split"] == "test"].head(20), labels[labels["split"] == "train"].head(5)]).to_parquet(path)
    whole = json.loads(run("evaluate", "--labels", path).stdout)
    part = json.loads(run("evaluate", "--labels", path, "--split", "test").stdout)
    assert (whole["n"], part["n"]) == (25, 20)
    assert {"rmse_ev", "rse", "homo_mae_ev", "lumo_mae_ev", "per_level_rmse_ev"} <= set(part)
    assert len(part["per_level_rmse_ev"]) == N_BAND
    assert run("evaluate", "--labels", path, "--split", "nonsense").exit_code == 2


def test_library_build_scan_and_info(tmp_path):
    source, out = tmp_path / "in.smi", tmp_path / "library.parquet"
    source.write_text("CO methanol\nCC(F)O fluoroethanol\n")
    result = run("library", "build", source, "--out", out, "--workers", 1)
    assert result.exit_code == 0, result.output
    info = json.loads(run("library", "info", out).stdout)
    assert info["n_molecules"] == len(pd.read_parquet(out)) >= 2
    assert run("scan", out, "--out", tmp_path / "scan.parquet").exit_code == 0


def test_rank_of_a_measured_spectrum_says_what_it_rests_on(scanned, tmp_path):
    out = tmp_path / "rank.csv"
    result = run("rank", scanned, "--target", MEASURED / "he1_70624.txt", "--out", out, "--top", 7)
    assert result.exit_code == 0, result.output
    for said in (
        "Pearson correlation; 8 to 18 eV ionisation energy",
        "1.107",
        "no computed ionisation energies",
        "He I",
    ):
        assert said in result.output
    ranking = pd.read_csv(out)
    assert ranking["shift_ev"].abs().max() <= 0.3 + 1e-9
    assert ranking["shift_at_bound"].dtype == bool
    chosen = run("rank", scanned, "--target", MEASURED / "he1_70624.txt", "--out", out, "--kind", "density", "--shift")
    assert "RSE" in chosen.output
    assert "1.107" not in chosen.output


def test_measured_prints_a_place_for_each_spectrum(scanned):
    result = run("measured", "--scan", scanned)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("none") == 5  # none of the five is among forty molecules of QM9
    assert "he1_95917" in result.stdout


def test_rank_of_a_list_of_ionisation_energies_says_what_it_rests_on(scanned, tmp_path):
    target, out = tmp_path / "typed.txt", tmp_path / "rank.csv"
    target.write_text("9.62, 10.4, 11.6 eV\n")
    result = run("rank", scanned, "--target", target, "--out", out, "--top", 7)
    assert result.exit_code == 0, result.output
    for said in ("target: 3 levels, binding energies in eV", "Level-wise RMSE", "1.107", "no computed ionisation"):
        assert said in result.output
    assert pd.read_csv(out)["shift_ev"].abs().max() <= 0.3 + 1e-9
    as_levels = run("rank", scanned, "--target", target, "--out", out, "--kind", "density")
    assert "1.107" not in as_levels.output
