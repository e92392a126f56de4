"""Campaigns on a Ray cluster of this machine: workers and campaign killed, a deadly molecule, refusals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.campaigns.crew import MAX_DEATHS_IN_A_ROW, Deaths
from core.campaigns.jobs import LabelJob
from core.campaigns.ray_crew import start_or_join
from core.campaigns.records import read_records
from core.campaigns.run import LABELS_FILE, run_campaign
from core.cli import app
from core.errors import EigenscopeError, InputError
from core.labels.splits import load_reserved

ROOT = Path(__file__).resolve().parents[2]
N = 14
WATER = np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])
DEADLY = "deadly"


def small_jobs():
    """Water molecules of all sizes, a reserved molecule, and one with an odd number of electrons."""
    waters = [
        LabelJob(f"water{k}", -1, "file", "as given", "O", np.array([8, 1, 1]), WATER * (0.95 + 0.01 * k))
        for k in range(N)
    ]
    reserved = LabelJob("reserved", min(load_reserved()), "train", "dft", "O", np.array([8, 1, 1]), WATER)
    odd = LabelJob("odd", -1, "file", "as given", "[OH]", np.array([8, 1]), WATER[:2])
    return [*waters[: N // 2], reserved, odd, *waters[N // 2 :]]


def kill_own_worker(job):
    """Label nothing; one molecule kills whoever works at it."""
    if job.id == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return {
        "id": job.id, "index": job.qm9_index, "split": job.split, "geometry": job.geometry, "smiles": job.smiles,
        "symbols": "O H H", "positions": job.positions.tolist(), "n_core": 1, "n_occ": 5, "converged": True,
        "levels": [0.0] * 6, "pop": [[85] * 3] * 5, "pop_s": [[85] * 3] * 5, "e_tot": -1.0,
    }  # fmt: skip


CAMPAIGN = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_ray_crew as t
from core.campaigns.ray_crew import RayCrew
if __name__ == "__main__":
    if sys.argv[2] == "deadly":
        jobs = [t.LabelJob(name, -1, "file", "x", "O", t.np.array([8, 1, 1]), t.WATER) for name in ("a", t.DEADLY, "b")]
        result = t.run_campaign(jobs, Path(sys.argv[1]), workers=1, crew=RayCrew, labeller=t.kill_own_worker)
    else:
        result = t.run_campaign(t.small_jobs(), Path(sys.argv[1]), workers=2, crew=RayCrew)
    print(json.dumps([result.counts, result.reasons]))
"""


@pytest.fixture
def campaign(tmp_path):
    """Return what starts a campaign on Ray in a process of its own: (folder, what) to process."""
    script = tmp_path / "campaign.py"
    script.write_text(CAMPAIGN.format(tests=str(Path(__file__).parent)))
    # Ray would run its workers at low priority: on a busy machine the test would take long
    ours = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "RAY_worker_niceness": "0"}
    processes = []

    def start(out, what="small"):
        command = [sys.executable, str(script), str(out), what]
        processes.append(subprocess.Popen(command, env=os.environ | ours, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def descendants(pid):
    """Process ids of a process's children, their children, and so on."""
    try:
        children = [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return children + [x for child in children for x in descendants(child)]


def is_busy_worker(pid):
    """Return whether a process is a Ray worker with a molecule in hand."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().startswith("ray::answer")
    except OSError:
        return False


def busy_workers(pid):
    """Process ids of the busy Ray workers below a process."""
    return [child for child in descendants(pid) if is_busy_worker(child)]


def n_records(out):
    return sum(path.read_text().count("\n") for path in out.glob("*.jsonl"))


def wait_for(condition, process, *, seconds=120):
    """Return the condition's first true value; fail if the process ends or time runs out first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"nothing to kill: the campaign ended with {process.poll()}")


def test_workers_and_campaign_killed_the_union_equals_an_uninterrupted_local_run(tmp_path, campaign):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = run_campaign(small_jobs(), whole, workers=1)
    assert expected.counts == {"before": 0, "ok": N, "failed": 2, "in file": N}
    broken.mkdir()
    process = campaign(broken)
    for more_than in (0, 2, 4):
        wait_for(lambda: n_records(broken) > more_than, process)  # noqa: B023
        os.kill(wait_for(lambda: busy_workers(process.pid), process)[0], signal.SIGKILL)
    wait_for(lambda: n_records(broken) > 6, process)
    cluster = descendants(process.pid)
    process.kill()
    process.wait()
    while any(is_busy_worker(pid) for pid in cluster):  # they notice by themselves that the campaign is gone
        time.sleep(0.02)
    before = n_records(broken)
    assert 6 < before < N + 2
    process = campaign(broken)
    os.kill(wait_for(lambda: busy_workers(process.pid), process)[0], signal.SIGKILL)
    told, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    assert f'"before": {before}' in told
    ids = [record["id"] for record in read_records(broken)]
    assert len(ids) == len(set(ids)), "a molecule was done twice"
    assert set(ids) == {job.id for job in small_jobs()}
    assert reasons(broken) == reasons(whole)
    one, other = (pd.read_parquet(x / LABELS_FILE).sort_values("id", ignore_index=True) for x in (whole, broken))
    assert one["id"].tolist() == other["id"].tolist()
    np.testing.assert_allclose(np.stack(other["levels_ev"]), np.stack(one["levels_ev"]), atol=1e-4)
    np.testing.assert_array_equal(np.stack(other["positions"]), np.stack(one["positions"]))


def reasons(out):
    return {record["id"]: record["error"] for record in read_records(out) if "error" in record}


def test_a_molecule_that_kills_its_worker_is_recorded_and_the_others_are_done(tmp_path, campaign):
    told, _ = campaign(tmp_path, "deadly").communicate(timeout=180)
    assert '{"before": 0, "ok": 2, "failed": 1, "in file": 2}' in told
    assert reasons(tmp_path) == {DEADLY: "its worker died 3 times (the last: WorkerCrashedError)"}


def test_when_workers_die_one_after_another_it_is_not_the_molecules():
    deaths = Deaths()
    for _ in range(MAX_DEATHS_IN_A_ROW - 1):
        deaths.count("exit code -9")
    deaths.in_a_row = 0  # an answer in between
    for _ in range(MAX_DEATHS_IN_A_ROW - 1):
        deaths.count("exit code -9")
    with pytest.raises(EigenscopeError, match=r"10 died one after another \(the last: exit code 1\)"):
        deaths.count("exit code 1")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"),
        ("ray://head:10001", "must be auto or HOST:PORT"),
        ("head", "must be auto or HOST:PORT"),
        ("auto", "no Ray cluster could be joined at auto"),
    ],
)
def test_no_cluster_at_the_address(monkeypatch, tmp_path, address, message):
    import ray

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # where `auto` looks
    with pytest.raises(InputError, match=message):
        start_or_join(ray, 1, address)


def test_the_command_says_what_is_missing(monkeypatch, tmp_path):
    source = tmp_path / "in.smi"
    source.write_text("O\n")
    command = ["label", "--molecules", str(source), "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(app, [*command, "--address", "auto"])
    assert told.exit_code == 2
    assert "needs --engine ray" in told.output
    monkeypatch.setitem(sys.modules, "ray", None)
    told = CliRunner().invoke(app, [*command, "--engine", "ray"])
    assert told.exit_code == 2
    assert "pip install 'eigenscope[ray]'" in told.output
