"""Campaigns: killed at random, refused, merged; and the order of QM9's jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.assets import QM9_PBE
from core.campaigns.jobs import LabelJob, library_jobs, own_jobs, place_job, qm9_jobs
from core.campaigns.labellers import check_not_reserved, label_job
from core.campaigns.records import finished_ids, merge_records, open_records, read_records
from core.campaigns.run import LABELS_FILE, run_campaign, sole_campaign
from core.errors import DomainError, InputError
from core.json_lines import append_line
from core.labels.label_set import load_labels
from core.labels.splits import load_reserved, named_qm9_index
from core.structure.geometry import Geometry

ROOT = Path(__file__).resolve().parents[2]
HYDROGEN = np.array([[0, 0, 0], [0, 0, 0.74]])


def job(name, *, index=-1):
    return LabelJob(name, index, "file", "as given", "[HH]", np.array([1, 1]), HYDROGEN)


def stand_in(job):
    """Label in no time: the thing under test is the bookkeeping."""
    time.sleep(0.004)
    check_not_reserved(job)
    if job.id.endswith("7"):
        raise DomainError("seven is refused")
    if job.id == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return {
        "id": job.id, "index": job.qm9_index, "split": job.split, "geometry": job.geometry, "smiles": job.smiles,
        "symbols": "H H", "positions": job.positions.tolist(), "n_core": 0, "n_occ": 1, "converged": True,
        "levels": [float(len(job.id)), 1.0], "pop": [[128, 127]] * 2, "pop_s": [[128, 127]] * 2, "e_tot": -1.0,
        "pad": "x" * 20000,  # longer than a pipe's or a file's buffer: a kill can cut such a line
    }  # fmt: skip


def jobs(n):
    return [job(f"m{k}") for k in range(n)]


CAMPAIGN = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_run import jobs, run_campaign, stand_in
if __name__ == "__main__":
    run_campaign(jobs({n}), Path(sys.argv[1]), workers=2, labeller=stand_in)
"""


def children(pid):
    """Process ids of a process's children."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(x) for x in found.read_text().split()] if found.exists() else []


def kill_when(process, out, *, more_than, victim):
    """Send SIGKILL to the campaign, or to one of its workers, once it has written that many records."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if sum(path.stat().st_size for path in out.glob("worker*.jsonl")) > 20000 * more_than:
            pids = [process.pid] if victim == "campaign" else children(process.pid)
            for pid in pids[-1:]:
                os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.01)
    return False


def test_killed_five_times_the_union_equals_an_uninterrupted_run(tmp_path):
    n = 150
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = run_campaign(jobs(n), whole, workers=1, labeller=stand_in)
    assert expected.counts == {"before": 0, "ok": 135, "failed": 15, "in file": 135}
    script = tmp_path / "campaign.py"
    script.write_text(CAMPAIGN.format(tests=str(Path(__file__).parent), n=n))
    broken.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    rng, kills = np.random.default_rng(5), 0
    command = [sys.executable, str(script), str(broken)]
    process = subprocess.Popen(command, env=environment)
    for k, more_than in enumerate(np.sort(rng.uniform(5, 115, 5))):
        victim = "worker" if k in (1, 3) else "campaign"
        kills += kill_when(process, broken, more_than=more_than, victim=victim)
        if victim == "campaign":
            process.wait(60)
            process = subprocess.Popen(command, env=environment)
    assert process.wait(120) == 0
    assert kills == 5
    ids = [record["id"] for record in read_records(broken)]
    assert len(ids) == len(set(ids)), "a molecule was done twice"
    assert set(ids) == {f"m{k}" for k in range(n)}
    one, other = (pd.read_parquet(x / LABELS_FILE).sort_values("id", ignore_index=True) for x in (whole, broken))
    pd.testing.assert_frame_equal(one, other)


def test_a_half_written_line_is_dropped_and_done_again(tmp_path):
    run_campaign(jobs(6), tmp_path, labeller=stand_in)
    (path,) = tmp_path.glob("worker*.jsonl")
    path.write_bytes(path.read_bytes()[:-30])
    assert finished_ids(tmp_path) == {"m0", "m1", "m2", "m3", "m4"}
    again = run_campaign(jobs(6), tmp_path, labeller=stand_in)
    assert again.counts == {"before": 5, "ok": 1, "failed": 0, "in file": 6}


def test_a_molecule_that_kills_its_worker_is_recorded(tmp_path):
    result = run_campaign([job("a"), job("deadly"), job("b")], tmp_path, labeller=stand_in)
    assert result.counts == {"before": 0, "ok": 2, "failed": 1, "in file": 2}
    assert result.reasons == {"its worker died 3 times (the last: exit code -9)": 1}


def fails_and_dies(job):
    """Write one molecule's failure, as a worker does, and die before the campaign hears of it."""
    if job.id == "last words":
        with open_records(Path(os.environ["WRITTEN_TO"]), "worker") as sink:
            append_line(sink, {"id": job.id, "index": job.qm9_index, "error": "no convergence"})
        os.kill(os.getpid(), signal.SIGKILL)
    return stand_in(job)


def test_a_failure_that_its_worker_wrote_before_it_died_stays_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("WRITTEN_TO", str(tmp_path))
    result = run_campaign([job("a"), job("last words")], tmp_path, labeller=fails_and_dies)
    assert result.counts["failed"] == 1
    assert result.reasons == {"no convergence": 1}


def test_reserved_molecules_are_refused_everywhere(tmp_path):
    reserved = min(load_reserved())
    with pytest.raises(DomainError, match=f"got QM9 index {reserved}"):
        label_job(job("x", index=reserved))
    result = run_campaign([job("x", index=reserved)], tmp_path, labeller=label_job, refused=[("y", "no such file")])
    assert result.counts == {"before": 0, "ok": 0, "failed": 2, "in file": 0}
    forged = stand_in(job("forged")) | {"index": reserved}
    (tmp_path / "forged.jsonl").write_text(json.dumps(forged) + "\n")
    assert merge_records(tmp_path, tmp_path / LABELS_FILE)["in file"] == 0


def test_real_labels_land_in_the_columns_of_the_shipped_ones(tmp_path):
    one = own_jobs(
        [("hydrogen", "[HH]", Geometry([1, 1], HYDROGEN), {}), ("hydrogen", "", Geometry([1], [[0, 0, 0]]), {})]
    )
    result = run_campaign(one, tmp_path, done=())
    assert result.counts == {"before": 0, "ok": 1, "failed": 1, "in file": 1}
    assert list(result.reasons) == ["closed shells only, found an odd number of electrons (1)"]
    table, shipped = pd.read_parquet(tmp_path / LABELS_FILE), pd.read_parquet(QM9_PBE)
    assert list(table.columns) == list(shipped.columns)
    assert list(table.dtypes) == list(shipped.dtypes)
    for name in ("numbers", "positions", "levels_ev", "population", "population_s"):
        assert table[name][0].dtype == shipped[name][0].dtype
    assert table["levels_ev"][0][0] == pytest.approx(-10.3, abs=0.2)  # H2's HOMO in PBE
    assert len(load_labels(tmp_path / LABELS_FILE).levels()[0].valence_ev) == 1


def test_labels_at_hand_are_passed_over_and_merged_first(tmp_path):
    run_campaign(jobs(3), tmp_path / "first", labeller=stand_in)
    done = tmp_path / "first" / LABELS_FILE
    result = run_campaign(jobs(5), tmp_path / "second", labeller=stand_in, done=[done])
    assert result.counts == {"before": 3, "ok": 2, "failed": 0, "in file": 5}
    assert list(pd.read_parquet(tmp_path / "second" / LABELS_FILE)["id"]) == ["m0", "m1", "m2", "m3", "m4"]


def test_one_campaign_at_a_time(tmp_path):
    with sole_campaign(tmp_path), pytest.raises(InputError, match="another one runs in"):
        run_campaign(jobs(1), tmp_path, labeller=stand_in)


def test_no_time_no_molecules(tmp_path):
    assert run_campaign(jobs(3), tmp_path, hours=0, labeller=stand_in).counts["ok"] == 0


def test_library_sample_is_seeded_and_stays_when_the_library_grows(tmp_path):
    reserved = min(load_reserved())
    library = pd.DataFrame(
        {
            "id": [f"lib-{k}" for k in range(50)],
            "smiles": "[HH]",
            "numbers": [np.array([1, 1], np.uint8)] * 50,
            "positions": [HYDROGEN.astype(np.float32).ravel()] * 50,
        }
    )
    library.iloc[:40].to_parquet(tmp_path / "small.parquet")
    library.to_parquet(tmp_path / "large.parquet")
    small = [j.id for j in library_jobs(tmp_path / "small.parquet", n_molecules=10)]
    large = [j.id for j in library_jobs(tmp_path / "large.parquet", n_molecules=20)]
    assert set(small) <= set(large) | {f"lib-{k}" for k in range(40)}
    assert [x for x in large if int(x[4:]) < 40][:8] == small[:8]
    assert small != [j.id for j in library_jobs(tmp_path / "small.parquet", n_molecules=10, seed=2)]
    library.assign(constitution_id=str(reserved)).to_parquet(tmp_path / "reserved.parquet")
    assert library_jobs(tmp_path / "reserved.parquet") == []
    library.drop(columns="positions").to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(InputError, match="lacks positions"):
        library_jobs(tmp_path / "bad.parquet")


@pytest.mark.parametrize(
    ("name", "properties", "index"),
    [("qm9-61254", {}, 61254), ("gdb_000012", {}, 12), ("ethanol", {"qm9_index": "7"}, 7), ("ethanol 2", {}, -1)],
)
def test_own_molecules_that_say_they_are_of_qm9(name, properties, index):
    assert named_qm9_index(name, properties) == index


def test_qm9_order_leaves_out_reserved_molecules_and_follows_the_shipped_labels(tmp_path):
    """A made-up QM9 in three parts: the order and the kinds of geometry depend only on the number of rows."""
    n = 2100
    reserved = sorted(load_reserved())[:3]
    index = np.r_[reserved, 200_000 + np.arange(n - 3)]
    xyz = str(HYDROGEN.tolist())
    table = pd.DataFrame({"Index": index, "SMILES": "[HH]", "Elements": "['H', 'H']", "XYZ_Ang": xyz})
    for part in (1, 2, 3):
        table.iloc[700 * (part - 1) : 700 * part].to_csv(tmp_path / f"qm9_part{part}.csv", index=False)
    found = list(qm9_jobs(tmp_path))
    assert len(found) == n - 3
    assert not {j.qm9_index for j in found} & set(reserved)
    order = np.random.default_rng(20261122).permutation(n)
    assert [j.qm9_index for j in found] == [i for i in index[order] if i not in reserved]
    tested = [j for j in found if j.split == "test"]
    assert 997 <= len(tested) <= 1000
    assert {j.geometry for j in tested} == {"dft"}
    kinds = {j.geometry for j in found}
    assert kinds == {"dft", "mmff", "rattled"}
    rattled = next(j for j in found if j.geometry == "rattled")
    moved = place_job(rattled)[0].positions - HYDROGEN
    rng = np.random.default_rng(rattled.qm9_index)
    np.testing.assert_array_equal(moved + HYDROGEN, HYDROGEN + rng.normal(0, rng.uniform(0.01, 0.05), (2, 3)))
    with pytest.raises(InputError, match="of qm9pack"):
        next(qm9_jobs(tmp_path / "nowhere"))
