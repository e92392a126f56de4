"""Threads of OpenMP and BLAS are limited where molecules are computed, and only there."""

import os

import numpy as np
from threadpoolctl import threadpool_info

from core.machine.threads import THREADS, one_thread_each, one_thread_here
from core.reference.xtb import xtb_levels
from core.structure import relax
from core.structure.geometry import Geometry

WATER = Geometry([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])


def n_threads():
    return {(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()}


def test_processes_started_inside_use_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with one_thread_each():
        assert {os.environ[name] for name in THREADS} == {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


def test_one_thread_inside_and_as_many_as_before_after():
    xtb_levels(WATER)
    before = n_threads()
    with one_thread_here("tblite"):
        assert {n for _, n in n_threads()} == {1}
    assert n_threads() == before


def test_xtb_relaxes_on_one_thread(monkeypatch):
    from ase.optimize import BFGS

    seen = []
    run = BFGS.run

    def watch(self, **options):
        seen.append({n for _, n in n_threads()})
        return run(self, **options)

    monkeypatch.setattr(BFGS, "run", watch)
    geometry, energy = relax.relax_geometry(WATER)
    assert seen == [{1}]
    assert np.isfinite(energy)
    assert geometry.n_atoms == 3
