"""Long work beside the page: progress, cancel, partial results; several sessions may wait for the same."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import streamlit as st

from core.machine.progress import Progress, ShouldCancel
from dashboard.tabs import is_tab_open

AWAY_S = 30.0
Work = Callable[[Progress, ShouldCancel], Any]


class Job:
    """Work in a thread that says how far it is. It touches no Streamlit state: the pages collect its result.

    It goes on while anyone waits for it: a session that cancels, or is gone, or whose tab is closed for AWAY_S, only takes its
    own `Ticket` back.

    Attributes
    ----------
    label : str
        What is being done, for the progress bar.
    noun : str
        What is counted, "molecules".
    n_known : int
        How many of them an earlier run has done.
    """

    def __init__(self, work: Work, *, label: str, noun: str = "molecules", n_known: int = 0) -> None:
        self.label, self.noun, self.n_known = label, noun, n_known
        self.counts = (n_known, 0)  # done, total; total 0 before the first report
        self._lock = threading.Lock()
        self._tickets: WeakSet[Ticket] = WeakSet()  # weak: a closed session's goes with it
        self._was_joined = self._is_stopped = False
        self._started: float | None = None  # None while it waits for a free thread
        self._work = work
        self._future: Future[Any] = executor().submit(self._run)

    def _run(self) -> Any:  # noqa: ANN401 - whatever the work returns
        self._started = time.monotonic()  # not the time in the queue
        return self._work(self._report, self._stop_if_unwanted)

    def _report(self, done: int, total: int) -> None:
        self.counts = (done, total)

    def _stop_if_unwanted(self) -> bool:
        now_s = time.monotonic()
        with self._lock:
            for ticket in list(self._tickets):
                if ticket.is_away(now_s):
                    ticket.is_cancelled = True
                    self._tickets.discard(ticket)
            self._is_stopped |= self._was_joined and not self._tickets
            return self._is_stopped

    def join(self) -> "Ticket | None":
        """Return a ticket for the result; None where the work stops already, because nobody wanted it any more."""
        with self._lock:
            if self._is_stopped:
                return None
            ticket = Ticket(self)
            self._tickets.add(ticket)
            self._was_joined = True
            return ticket

    def leave(self, ticket: "Ticket") -> None:
        """Take a ticket back."""
        with self._lock:
            self._tickets.discard(ticket)

    @property
    def is_wanted(self) -> bool:
        """Whether anyone has a ticket."""
        with self._lock:
            return bool(self._tickets)

    @property
    def is_finished(self) -> bool:
        """Whether the work ended, however it did."""
        return self._future.done()

    def result(self) -> Any:  # noqa: ANN401 - whatever the work returns
        """Return what the work returned, or raise what it raised."""
        return self._future.result()

    def wait(self, seconds: float) -> bool:
        """Return whether the work ended within so many seconds."""
        try:
            self._future.exception(timeout=seconds)
        except FutureTimeoutError:
            return False
        return True

    def text(self) -> str:
        """Return the line beside the bar: counts, speed, time left."""
        done, total = self.counts
        if self._started is None:
            return f"{self.label}: waiting for other work to end …"
        elapsed = time.monotonic() - self._started
        if done <= self.n_known or elapsed <= 0:
            return f"{self.label}: starting …"
        n_new = done - self.n_known
        left = (total - done) * elapsed / n_new
        speed = format_speed(n_new, elapsed)
        return f"{self.label}: {done:,} of {total:,} {self.noun}, {speed} a second, {format_seconds(left)} left"


@dataclass(frozen=True)
class Left:
    """What a session gets of a job that it left and that goes on for others: how far it was, (done, total)."""

    counts: tuple[int, int]


class Ticket:
    """One session's claim to a job's result.

    Attributes
    ----------
    tab : str
        The browser's tab in which the result is awaited; "" before that is known.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.is_cancelled = False
        self.tab = ""
        self._closed_s: float | None = None  # when its tab was first seen closed

    def is_away(self, now_s: float) -> bool:
        """Return whether its tab is closed for AWAY_S: a page that is reloaded comes back sooner."""
        if not self.tab or is_tab_open(self.tab):
            self._closed_s = None
            return False
        self._closed_s = now_s if self._closed_s is None else self._closed_s
        return now_s - self._closed_s >= AWAY_S

    @property
    def label(self) -> str:
        """What is being done."""
        return self.job.label

    @property
    def counts(self) -> tuple[int, int]:
        """How many molecules are done, and how many there are."""
        return self.job.counts

    @property
    def has_left(self) -> bool:
        """Whether it is cancelled while the job goes on for others."""
        return self.is_cancelled and self.job.is_wanted

    @property
    def is_finished(self) -> bool:
        """Whether there is a result for this session: the job ended, or it has left."""
        return self.has_left or self.job.is_finished

    def cancel(self) -> None:
        """Want the result no more; the work stops at its next molecules when nobody else wants it."""
        self.is_cancelled = True
        self.job.leave(self)

    def result(self) -> Any:  # noqa: ANN401 - whatever the work returns
        """Return the job's result, or raise what it raised; `Left` where this session has left."""
        return Left(self.counts) if self.has_left else self.job.result()

    def wait(self, seconds: float) -> bool:
        """Return whether the work ended within so many seconds."""
        return self.job.wait(seconds)

    def fraction(self) -> float:
        """Return how much is done, 0 to 1."""
        done, total = self.counts
        return min(done / total, 1.0) if total else 0.0

    def text(self) -> str:
        """Return the line beside the bar."""
        return f"{self.label}: stopping after the molecules at hand …" if self.is_cancelled else self.job.text()


def format_seconds(seconds: float) -> str:
    """Return a duration in words: "8 s", "3 min", "2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def format_speed(n: int, seconds: float) -> str:
    """Return how many a second, in digits that mean something: "1,800", "0.8"."""
    rate = n / max(seconds, 1e-9)
    return f"{rate:,.0f}" if rate >= 9.95 else f"{rate:.2g}"


def format_rate(n: int, seconds: float) -> str:
    """Return how many molecules a second: "1,800 molecules a second", "0.8 molecules a second", "1 molecule a second"."""
    number = format_speed(n, seconds)
    return f"{number} molecule{'s' * (number != '1')} a second"


@st.cache_resource(show_spinner=False)
def executor() -> ThreadPoolExecutor:
    """Return the threads that all sessions share; more would only slow each other down."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="eigenscope-job")
