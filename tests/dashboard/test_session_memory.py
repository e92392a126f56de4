"""What sessions leave behind when they are gone: nothing that grows with their number."""

import gc
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.assets import HOME_LIBRARY
from core.library.store import load_library
from core.models.registry import load_model
from core.screening import spectra
from core.screening.scan import scan_library
from core.spectrum.target import target_from_levels
from dashboard.state import KEY, Session

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")
N_SESSIONS, N_WARM, N_LIBRARY = 30, 22, 60
MAX_GROWTH_MB = 0.3  # a session
SPECTRA_BYTES = 500_000  # kept for all sessions together; those of one are 150,000 here
KEPT_STATES = 3  # of sessions that are being cleared away


def rank_in_a_new_session(scan, rng: np.random.Generator) -> weakref.ref:
    """Rank a scan of its own against a target of its own, and close the page; return what tells whether it is gone."""
    state = Session(scan=scan.copy(deep=True), scan_key=f"own {rng.integers(2**60)} | tight_binding", scan_seconds=1.0)
    state.target = target_from_levels(np.sort(rng.uniform(-20, -6, 16)), "levels of its own")
    state.settings |= {"target_kind": "levels", "rank_shift": True, "rank_max_shift_ev": float(rng.uniform(1, 6))}
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state[KEY] = state
    page.run()
    page.switch_page("app_pages/rank/page.py").run()
    assert not page.exception
    assert any("best 50 of" in m.value for m in page.markdown)
    return weakref.ref(state)


def test_memory_levels_off_over_thirty_sessions_that_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectra, "KEPT_SPECTRA_BYTES", SPECTRA_BYTES)
    scan = scan_library(load_library(HOME_LIBRARY).head(N_LIBRARY), load_model())
    rng = np.random.default_rng(5)
    alive = [rank_in_a_new_session(scan, rng) for _ in range(N_WARM)]
    gc.collect()
    tracemalloc.start()
    try:
        alive += [rank_in_a_new_session(scan, rng) for _ in range(N_SESSIONS - N_WARM)]
        gc.collect()
        grown_mb = tracemalloc.get_traced_memory()[0] / 1e6
    finally:
        tracemalloc.stop()
    assert sum(a.nbytes for a in spectra._kept.values()) <= SPECTRA_BYTES
    assert sum(ref() is not None for ref in alive) <= KEPT_STATES
    assert grown_mb / (N_SESSIONS - N_WARM) < MAX_GROWTH_MB
