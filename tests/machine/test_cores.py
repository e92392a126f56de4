"""Cores and memory, on systems that tell and on those that do not."""

import os

import pytest

from core.machine.cores import count_cores, memory_gb


def test_cores_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert count_cores() == 3


@pytest.mark.parametrize(("told", "counted"), [(8, 8), (None, 1)])
def test_macos_and_windows_have_all_there_are(monkeypatch, told, counted):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: told)
    assert count_cores() == counted


def test_memory(monkeypatch):
    assert 0.1 < memory_gb(unknown=-1.0) < 1e5
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert memory_gb(unknown=5.0) == 5.0
