"""Work in processes: order, cancelling, and what a script needs not do.

Covers `core.machine.progress`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.machine.pools import map_in_processes

ROOT = Path(__file__).resolve().parents[2]


def square(x):
    if x < 0:
        raise ValueError(f"got {x}")
    return x * x


def slow_square(x):
    sum(range(300_000))  # some milliseconds: nothing ends while the pool is being stopped
    return x * x


def process_and_threads(_):
    return os.getpid(), os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("n_workers", [0, 2])
@pytest.mark.parametrize("ordered", [True, False])
def test_every_item_once(n_workers, ordered):
    results = list(map_in_processes(square, range(20), n_workers=n_workers, ordered=ordered))
    expected = [x * x for x in range(20)]
    assert (results if ordered else sorted(results)) == expected


@pytest.mark.parametrize("n_workers", [0, 2])
def test_no_item_no_result(n_workers):
    assert list(map_in_processes(square, [], n_workers=n_workers)) == []


@pytest.mark.parametrize("n_workers", [0, 2])
def test_cancelled_after_so_many(n_workers):
    seen = []
    for result in map_in_processes(
        slow_square, iter(range(1000)), n_workers=n_workers, should_cancel=lambda: len(seen) == 3
    ):
        seen.append(result)
    assert seen == [0, 1, 4]
    assert list(map_in_processes(square, range(3), n_workers=n_workers, should_cancel=lambda: True)) == []
    assert list(map_in_processes(square, range(3), n_workers=n_workers)) == [0, 1, 4]  # and the next call works


@pytest.mark.parametrize("n_workers", [0, 2])
def test_errors_come_up(n_workers):
    with pytest.raises(ValueError, match="got -1"):
        list(map_in_processes(square, [1, -1, 2], n_workers=n_workers))


def test_processes_are_others_of_one_thread_each_and_this_environment_stays(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    results = list(map_in_processes(process_and_threads, range(4), n_workers=2))
    assert os.getpid() not in {pid for pid, _ in results}
    assert {threads for _, threads in results} == {"1"}
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_script_needs_no_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from core.machine.pools import map_in_processes\n"
        "print(list(map_in_processes(abs, [-1, 2, -3], n_workers=2)))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout == "[1, 2, 3]\n"
