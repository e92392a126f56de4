"""Outputs that cannot be written, standard input and output, and runs that are stopped.

Covers `core.cli.common`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app

ROOT = Path(__file__).resolve().parents[2]
CALL = [sys.executable, "-c", "from core.cli import app; app()"]
SMILES = ("CCO", "CC=CC", "CCN", "CCCO", "C1CC", "CCCC", "CC(C)C", "CCCN", "CCF", "COC", "CCOCC", "CCC=O")


def run(*args):
    return CliRunner().invoke(app, [str(a) for a in args])


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.smi"
    path.write_text("\n".join(SMILES) + "\n")
    return path


@pytest.mark.parametrize("name", ["x.tsv", "x.xlsx", "x"])
def test_an_ending_that_is_no_format_is_refused_before_the_input_is_read(tmp_path, name):
    result = run("predict", tmp_path / "not_there.smi", "--out", tmp_path / name)
    assert result.exit_code == 2
    assert f"--format say what it is, got {name}" in result.output


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "there"],
        ["scan", "there"],
        ["rank", "there", "--target", "x"],
        ["library", "build", "x"],
    ],
)
def test_what_cannot_be_written_is_found_out_first(tmp_path, command):
    (tmp_path / "file").write_text("")
    result = run(*command, "--out", tmp_path / "file" / "x.csv")
    assert result.exit_code == 2
    assert "output must be writable" in result.output


def test_labels_that_cannot_be_written_end_in_a_sentence(tmp_path, source):
    (tmp_path / "file").write_text("")
    result = run("label", "--molecules", source, "--out", tmp_path / "file" / "labels")
    assert result.exit_code == 2
    assert "output must be writable" in result.output


def start(*args, **kwargs):
    # Ctrl-C must reach it even where the tests run in a shell's background, which ignores it
    return subprocess.Popen(
        [*CALL, *map(str, args)], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **kwargs,
    )  # fmt: skip


def test_standard_input_and_output():
    process = start("predict", "-", "--out", "-", "--geometry", "fast", stdin=subprocess.PIPE)
    out, err = process.communicate("CO methanol\n", timeout=120)
    assert process.returncode == 0, err
    assert out.splitlines()[0].startswith("id,row,status")
    assert out.splitlines()[1].startswith("methanol,1,ok")
    assert "geometries: 1 of 1" in err
    assert "written to standard output" in err


def count_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def children_of(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(x) for x in found.stdout.split()]


def is_alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_run_goes_on_and_leaves_no_process_behind(tmp_path, source, sign, code):
    many = SMILES * 5  # so that it is not done before it is stopped
    source.write_text("\n".join(many) + "\n")
    out = tmp_path / "out.csv"
    partial = tmp_path / "out.csv.partial.jsonl"
    process = start("predict", source, "--out", out)
    deadline = time.monotonic() + 120
    while count_lines(partial) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    children = children_of(process.pid)
    os.kill(process.pid, sign)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert children
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, children))
    assert not out.exists()
    if sign != signal.SIGKILL:
        assert "finished rows are kept in" in err
        assert "Traceback" not in err
    kept = partial.read_text().splitlines()
    assert 2 < len(kept) <= len(many)
    result = run("predict", source, "--out", out)
    assert result.exit_code == 1, result.output
    table = pd.read_csv(out)
    assert list(table["smiles"].fillna("")) == [s if s != "C1CC" else "" for s in many]
    assert list(table["status"]).count("ok") == len(many) - 5
    assert not partial.exists()


def test_what_is_kept_of_another_input_is_not_taken(tmp_path, source):
    partial = tmp_path / "out.csv.partial.jsonl"
    partial.write_text('{"placement": "other", "inputs": 1, "sha256": "0"}\n')
    result = run("predict", source, "--out", tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "is of a run on another input or with other options" in result.output
    assert partial.exists()


def test_salts_on_request_and_notes_are_printed(tmp_path):
    (tmp_path / "in.smi").write_text("CC(=O)[O-].[Na+] acetate\n")
    out = tmp_path / "out.csv"
    assert run("predict", tmp_path / "in.smi", "--out", out, "--geometry", "fast").exit_code == 1
    result = run("predict", tmp_path / "in.smi", "--out", out, "--geometry", "fast", "--strip-salts")
    assert result.exit_code == 0, result.output
    assert "acetate: note: taken off as salt or solvent: [Na+]" in result.output
    assert pd.read_csv(out)["note"][0].startswith("taken off as salt or solvent: [Na+]")
