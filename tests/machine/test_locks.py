"""Locks between open files; and the program on a system that has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import InputError
from core.machine.locks import release, take_alone, take_shared

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = """
import os, sys
sys.modules["fcntl"] = None  # importing it raises ImportError
for name in ("sched_getaffinity", "sched_setaffinity", "sysconf", "nice"):
    if hasattr(os, name):
        delattr(os, name)
from core.cli import app
app(sys.argv[1:])
"""


def run_without_locks(*arguments):
    command = [sys.executable, "-c", WINDOWS, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def test_alone_is_alone(tmp_path):
    path = tmp_path / "x.lock"
    with path.open("w") as first, path.open("w") as second:
        assert take_alone(first, wait=False)
        assert not take_alone(second, wait=False)
        release(first)
        assert take_alone(second, wait=True)


def test_shared_is_with_others_but_not_with_one_alone(tmp_path):
    path = tmp_path / "x.lock"
    with path.open("w") as first, path.open("w") as second, path.open("w") as third:
        take_shared(first)
        take_shared(second)
        assert not take_alone(third, wait=False)


def test_without_locks_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with (tmp_path / "x.lock").open("w") as file, pytest.raises(InputError, match="file locks of Linux and macOS"):
        take_alone(file, wait=False)


def test_everything_but_campaigns_works_without_locks(tmp_path):
    molecules, out = tmp_path / "two.smi", tmp_path / "out.csv"
    molecules.write_text("C1CCCCC1O\nCCCCCCCO\n")
    result = run_without_locks("predict", molecules, "--out", out, "--geometry", "fast")
    assert result.returncode == 0, result.stderr
    assert out.read_text().count("ok") == 2
    campaign = run_without_locks("label", "--molecules", molecules, "--out", tmp_path / "campaign")
    assert campaign.returncode == 2
    assert campaign.stderr.strip().splitlines() == [
        "eigenscope: campaigns need the file locks of Linux and macOS, which this system has not"
    ]
    assert not (tmp_path / "campaign").exists()
