"""`eigenscope trajectory`.

Covers `core.cli.trajectory`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from core.assets import EXAMPLES
from core.cli import app
from core.readers.trajectories import read_trajectory

EXAMPLE = EXAMPLES / "trajectory.extxyz"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["trajectory", *(str(a) for a in arguments)])


def test_a_file_gives_levels_spectrum_and_motions(tmp_path: Path) -> None:
    out, spectrum, motions = tmp_path / "levels.parquet", tmp_path / "spectrum.csv", tmp_path / "motions.csv"
    result = run(
        EXAMPLE, "--out", out, "--every", 5, "--spectrum-out", spectrum, "--motions-out", motions, "--level", 1
    )
    assert result.exit_code == 0, result.output
    assert "zero-point" not in result.output, "what is said of a file is what the file says"
    table = pd.read_parquet(out)
    assert table["status"].eq("ok").all()
    assert len(table) == 40
    curve = pd.read_csv(spectrum)
    assert curve["average"].sum() * 0.1 == pytest.approx(16, abs=0.05)
    assert (pd.read_csv(motions)["correlation"].abs() <= 1).all()


def test_a_smiles_is_set_moving(tmp_path: Path) -> None:
    out, frames = tmp_path / "levels.csv", tmp_path / "frames.extxyz"
    result = run("O", "--out", out, "--length", 0.01, "--spacing", 2, "--equilibration", 0, "--trajectory-out", frames)
    assert result.exit_code == 0, result.output
    assert "Langevin thermostat at 300 K" in result.output
    assert "zero-point" in result.output
    whole = read_trajectory(frames.read_bytes(), frames.name)
    assert (whole.n_frames, whole.spacing_fs) == (5, 2.0)
    assert np.isfinite(pd.read_csv(out)["homo_ev"]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.xyz", "--out", "x.csv"), "there is none"),
        (("C[NH3+]", "--out", "x.csv"), "total charge must be 0"),
        ((EXAMPLE, "--out", "x.sdf"), "no SDF"),
        ((EXAMPLE, "--out", "x.csv", "--skip", 500), "skip must be 0 to 199"),
        (("O", "--out", "x.csv", "--length", 50, "--spacing", 1), "at most 10,000 frames"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[object, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert not list(tmp_path.iterdir())
