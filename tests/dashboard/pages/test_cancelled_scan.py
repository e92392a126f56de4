"""Scans that are shared, cancelled, and gone on with.

Covers `dashboard.widgets.scan_run`, `dashboard.widgets.job_bar`, `dashboard.jobs`.
"""

from collections.abc import Callable, Iterator
from threading import Semaphore

import pytest
from page_states import settle, state_of
from streamlit.testing.v1 import AppTest

import core.predict
from core.screening.filters import RangeFilter
from core.structure.conformers import SEARCH
from core.structure.entry import CANCELLED, OK
from core.table import NO_CONFORMERS
from dashboard import resources
from dashboard.jobs import Job, Left

N_LIBRARY, N_PIECE = 60, 20


class Gate:
    """Lets a scan do one more piece of N_PIECE molecules at a time."""

    def __init__(self) -> None:
        self.open, self.sizes = Semaphore(0), []

    def let(self, n_pieces: int) -> None:
        for _ in range(n_pieces):
            self.open.release()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, predict_piece = Gate(), core.predict.predict_piece
    library = resources.shipped_library("home")  # a conformer each: pieces are of geometries
    library = library.assign(**{**dict.fromkeys(NO_CONFORMERS), "n_conformers": 1})
    monkeypatch.setattr(resources, "shipped_library", lambda _: library)

    def wait_and_predict(geometries, model):
        if len(geometries) <= SEARCH.most_kept:  # the conformers of the example of Predict
            return predict_piece(geometries, model)
        assert gate.open.acquire(timeout=60)
        gate.sizes.append(len(geometries))
        return predict_piece(geometries, model)

    monkeypatch.setattr(core.predict, "SMALLEST_PIECE", N_PIECE)
    monkeypatch.setattr(core.predict, "LARGEST_PIECE", N_PIECE)
    monkeypatch.setattr(core.predict, "predict_piece", wait_and_predict)
    yield gate
    gate.let(100)


def wait_for_pieces(page: AppTest, n_molecules: int) -> None:
    """Return once so many molecules are done; nothing else can be, the gate being shut."""
    ticket = state_of(page).jobs["scan"]
    while ticket.counts[0] < n_molecules:
        assert not ticket.wait(0.01)


def begin(open_page: Callable[[str], AppTest]) -> AppTest:
    page = open_page("scan")
    page.button(key="scan_run").click().run()
    assert "scan" in state_of(page).jobs
    return page


def test_cancelling_leaves_the_others_theirs(open_page, gate: Gate, text_of) -> None:
    first, second = begin(open_page), begin(open_page)
    gate.let(1)
    wait_for_pieces(first, N_PIECE)
    first.button(key="cancel_scan").click().run()
    assert "20 of 60, cancelled" in text_of(first)
    assert "goes on for others" in text_of(first)
    assert "scan" not in state_of(first).jobs
    gate.let(2)
    settle(second, "scan")
    assert (state_of(second).scan["status"] == OK).all()
    assert gate.sizes == [N_PIECE] * 3, "both wait for one job"
    first.button(key="scan_go_on").click().run()
    assert (state_of(first).scan["status"] == OK).all()
    assert gate.sizes == [N_PIECE] * 3, "the result is kept"
    assert state_of(first).stopped is None


def test_a_cancelled_scan_says_how_far_it_came_and_goes_on(open_page, gate: Gate, text_of) -> None:
    page = begin(open_page)
    gate.let(1)
    wait_for_pieces(page, N_PIECE)
    page.button(key="cancel_scan").click()
    gate.let(1)  # the piece at hand
    settle(page.run())
    scan, text = state_of(page).scan, text_of(page)
    assert scan["status"].value_counts().to_dict() == {OK: 40, CANCELLED: 20}
    assert "40 of 60, cancelled" in text
    assert "failed" not in text
    assert f"{40 / state_of(page).scan_seconds:,.0f} molecules a second" in text
    state_of(page).filters = [RangeFilter("homo_ev", None, 0.0)]
    page.run()
    gate.let(1)
    page.button(key="scan_go_on").click().run()
    settle(page, "scan")
    assert (state_of(page).scan["status"] == OK).all()
    assert gate.sizes == [N_PIECE] * 3, "only the rest was predicted"
    assert state_of(page).filters == [RangeFilter("homo_ev", None, 0.0)]
    assert "cancelled" not in text_of(page)


def test_the_complete_scan_stays_until_the_new_one_is_complete_or_chosen(open_page, gate: Gate, text_of) -> None:
    page = begin(open_page)
    gate.let(3)
    settle(page, "scan")
    complete = state_of(page).scan
    resources.scans().clear()
    page.button(key="scan_run").click().run()
    page.button(key="cancel_scan").click()
    gate.let(1)
    settle(page.run())
    assert state_of(page).scan is complete
    assert "20 of 60, cancelled" in text_of(page)
    page.button(key="scan_show_stopped").click().run()
    assert (state_of(page).scan["status"] == OK).sum() == N_PIECE
    assert "20 of 60, cancelled · 20 predicted" in text_of(page)


def test_a_job_ends_when_nobody_waits_for_it_any_more() -> None:
    gate = Semaphore(0)
    seen: list[bool] = []

    def work(progress, should_cancel) -> str:
        for k in range(2):
            gate.acquire(timeout=60)
            progress(k + 1, 10)
            seen.append(should_cancel())
        return "partial" if seen[-1] else "whole"

    job = Job(work, label="Waiting")
    first, second, third = job.join(), job.join(), job.join()
    first.cancel()
    gate.release()
    while not seen:
        assert not job.wait(0.01)
    assert first.result() == Left((1, 10))
    del third  # a session that is gone, and its ticket with it
    second.cancel()
    assert not second.has_left
    gate.release()
    assert second.job.wait(60)
    assert seen == [False, True]
    assert second.result() == "partial"
    assert job.join() is None
