"""Sessions that outlive a reload: who finds which, what goes when there are too many, and when their work ends.

Covers `dashboard.tabs`, `dashboard.jobs`.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.structure.trajectory import Trajectory
from dashboard import jobs
from dashboard import kept_sessions as kept
from dashboard.jobs import Job
from dashboard.kept_sessions import KeptSessions, browser_secret, new_key
from dashboard.state import KEY, Session

APP = str(Path(__file__).parents[2] / "dashboard" / "app.py")


def open_tabs(*names: str):
    return lambda tab: tab in names


def put(
    store: KeptSessions, key: str, state: Session, *, browser: str = "b", tab: str = "old", now_s: float = 0
) -> None:
    store.keep(key, state, browser=browser, tab=tab, now_s=now_s)


def test_a_reloaded_page_finds_its_session() -> None:
    store, state = KeptSessions(), Session()
    put(store, "key", state)
    found = store.take("key", browser="b", tab="new", now_s=1, is_open=open_tabs())
    assert found == ("key", state)
    assert found[1] is state
    assert store.take("key", browser="b", tab="new", now_s=2, is_open=open_tabs("new"))[1] is state


@pytest.mark.parametrize(("key", "browser"), [("other", "b"), ("key", "c"), ("key", ""), ("", "b")])
def test_nobody_else_does(key: str, browser: str) -> None:
    store = KeptSessions()
    put(store, "key", Session())
    assert store.take(key, browser=browser, tab="new", now_s=1, is_open=open_tabs()) is None


def test_a_second_tab_begins_with_a_copy_under_its_own_key() -> None:
    store, scan = KeptSessions(), pd.DataFrame({"id": ["a", "b"]})
    state = Session(scan=scan, selected=[1], filters=["a filter"])
    put(store, "key", state)
    key, own = store.take("key", browser="b", tab="second", now_s=1, is_open=open_tabs("old"))
    assert key not in ("key", "")
    assert own.scan is scan
    own.selected.append(0)
    own.filters.clear()
    own.settings["axis"] = "binding"
    assert (state.selected, state.filters, state.settings["axis"]) == ([1], ["a filter"], "orbital")
    assert store.take("key", browser="b", tab="old", now_s=2, is_open=open_tabs("old", "second"))[1] is state
    assert store.take(key, browser="b", tab="second", now_s=2, is_open=open_tabs("old", "second"))[1] is own


def test_keys_cannot_be_guessed_and_differ() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert min(map(len, keys)) >= 32


def test_those_not_seen_longest_go_when_there_are_too_many() -> None:
    store = KeptSessions(max_sessions=3)
    for k in range(3):
        put(store, f"{k}", Session(), now_s=k)
    store.take("0", browser="b", tab="old", now_s=3, is_open=open_tabs("old"))
    put(store, "3", Session(), now_s=4)
    assert len(store) == 3
    there = [k for k in "0123" if store.take(k, browser="b", tab="old", now_s=5, is_open=open_tabs("old"))]
    assert there == ["0", "2", "3"]


def test_those_with_many_rows_go_and_shared_tables_count_once() -> None:
    store, shared = KeptSessions(max_rows=250), pd.DataFrame({"id": range(100)})
    for k in range(5):
        put(store, f"{k}", Session(scan=shared), now_s=k)
    assert len(store) == 5
    for k in range(5, 7):
        put(store, f"{k}", Session(scan=shared.copy()), now_s=k)
    assert len(store) == 2, "300 rows until the last of those that share is gone"
    put(store, "large", Session(scan=pd.DataFrame({"id": range(1000)})), now_s=9)
    assert len(store) == 1, "one that is too large by itself stays until the next"


def test_frames_of_trajectories_count_as_rows() -> None:
    followed = SimpleNamespace(trajectory=Trajectory(np.array([1, 1]), np.zeros((200, 2, 3))))
    store = KeptSessions(max_rows=250)
    put(store, "first", Session(trajectory=followed), now_s=0)
    put(store, "same", Session(trajectory=followed), now_s=1)
    assert len(store) == 2, "what is shared counts once"
    put(store, "other", Session(scan=pd.DataFrame({"id": range(100)})), now_s=2)
    assert len(store) == 1


def test_a_session_is_forgotten_after_its_time() -> None:
    store = KeptSessions(max_age_s=100)
    put(store, "early", Session(), now_s=0)
    put(store, "late", Session(), now_s=90)
    assert store.take("early", browser="b", tab="new", now_s=101, is_open=open_tabs()) is None
    assert store.take("late", browser="b", tab="new", now_s=101, is_open=open_tabs()) is not None


@pytest.fixture
def gate() -> Iterator[Semaphore]:
    gate = Semaphore(0)
    yield gate
    for _ in range(100):
        gate.release()


def waiting_job(gate: Semaphore) -> Job:
    """Return a job that looks whether it is wanted once each time the gate lets it, and says how often it did."""

    def work(progress, should_cancel) -> int:
        for k in range(100):
            gate.acquire(timeout=60)
            progress(k + 1, 100)
            if should_cancel():
                return k + 1
        return 100

    return Job(work, label="Waiting")


def look_once(job: Job, gate: Semaphore) -> None:
    before = job.counts[0]
    gate.release()
    while job.counts[0] == before:
        assert not job.wait(0.01)


def test_work_ends_with_its_tab_and_what_is_done_is_kept(gate: Semaphore, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"old", "other"}
    monkeypatch.setattr(jobs, "is_tab_open", lambda tab: tab in there)
    job = waiting_job(gate)
    ticket, other = job.join(), job.join()
    ticket.tab, other.tab = "old", "other"
    look_once(job, gate)
    there.clear()
    look_once(job, gate)
    assert not ticket.is_cancelled, "it may be a reload"
    there.add("other")
    monkeypatch.setattr(jobs, "AWAY_S", 0.0)
    look_once(job, gate)
    look_once(job, gate)
    assert (ticket.is_cancelled, other.is_cancelled) == (True, False)
    assert ticket.result() == jobs.Left(job.counts), "it goes on for the other"
    there.clear()
    gate.release()
    assert job.wait(60)
    assert ticket.result() == other.result() < 100


def test_a_reloaded_page_waits_on_and_a_copy_has_its_own_claim(gate: Semaphore) -> None:
    job = waiting_job(gate)
    store, state, ticket = KeptSessions(), Session(), job.join()
    state.jobs["scan"], ticket.tab = ticket, "old"
    put(store, "key", state)
    assert store.take("key", browser="b", tab="new", now_s=1, is_open=open_tabs())[1].jobs == {"scan": ticket}
    assert ticket.tab == "new"
    _, own = store.take("key", browser="b", tab="third", now_s=1, is_open=open_tabs("new"))
    assert own.jobs["scan"] is not ticket
    assert own.jobs["scan"].tab == "third"
    ticket.cancel()
    assert job.is_wanted, "the copy waits still"


@pytest.mark.parametrize("mask", ["01020304", "deadbeef"])
def test_a_browsers_secret_is_the_same_however_its_cookie_is_masked(monkeypatch: pytest.MonkeyPatch, mask: str) -> None:
    token = bytes(range(16))
    masked = bytes(x ^ bytes.fromhex(mask)[k % 4] for k, x in enumerate(token)).hex()
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies={kept.COOKIE: f"2|{mask}|{masked}|1700000000"}))
    assert browser_secret() == token.hex()


@pytest.mark.parametrize("cookie", ["", "2", "2|zz|zz|1", "2||00|1", "nonsense"])
def test_a_cookie_of_another_kind_is_none(monkeypatch: pytest.MonkeyPatch, cookie: str) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies={kept.COOKIE: cookie}))
    assert browser_secret() == ""


def test_a_page_opened_again_by_its_address_is_as_it_was(open_page) -> None:
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    state: Session = page.session_state[KEY]
    while (ticket := state.jobs.get("scan")) is not None:
        ticket.wait(60)
        page.run()
    state.selected = [3]
    again = AppTest.from_file(APP, default_timeout=120)
    again.query_params["session"] = page.session_state[kept.OWN_KEY]
    again.run()
    again.switch_page("app_pages/scan/page.py").run()
    found: Session = again.session_state[KEY]
    assert found.scan is state.scan
    assert found.selected == [3]
    assert any("1 selected" in m.value for m in again.markdown)
