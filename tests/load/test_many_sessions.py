"""A few sessions at once, as `make load` has many."""

import sys
from pathlib import Path

from core.assets import HOME_LIBRARY
from core.library.store import load_library, save_library

sys.path.insert(0, str(Path(__file__).parent))
from many_sessions import name_of, run_sessions, strangers

N_SESSIONS, N_LIBRARY = 4, 400


def test_sessions_that_scan_and_rank_at_once_all_finish_and_see_only_their_own(tmp_path: Path) -> None:
    library = load_library(HOME_LIBRARY).head(N_LIBRARY)
    save_library(library, tmp_path / "few.parquet", notes=library.attrs["notes"])
    load = run_sessions(N_SESSIONS, library=tmp_path / "few.parquet")
    assert len(load.received) == N_SESSIONS
    for k, messages in enumerate(load.received):
        assert any(name_of(k).encode() in message for message in messages)
    assert strangers(load) == []
