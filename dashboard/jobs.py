"""Long work beside the page: progress, cancel, partial results."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import streamlit as st

from core.machine.progress import Progress, ShouldCancel

Work = Callable[[Progress, ShouldCancel], Any]


class Job:
    """Work in a thread that says how far it is. It touches no Streamlit state: the page collects its result.

    Attributes
    ----------
    label : str
        What is being done, for the progress bar.
    noun : str
        What is counted, "molecules".
    """

    def __init__(self, work: Work, *, label: str, noun: str = "molecules") -> None:
        self.label, self.noun = label, noun
        self._counts = (0, 0)
        self._cancel = threading.Event()
        self._started: float | None = None  # None while it waits for a free thread
        self._work = work
        self._future: Future[Any] = executor().submit(self._run)

    def _run(self) -> Any:  # noqa: ANN401 - whatever the work returns
        self._started = time.monotonic()  # not the time in the queue
        return self._work(self._report, self._cancel.is_set)

    def _report(self, done: int, total: int) -> None:
        self._counts = (done, total)

    @property
    def is_finished(self) -> bool:
        """Whether the work ended, however it did."""
        return self._future.done()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next molecule."""
        self._cancel.set()

    def result(self) -> Any:  # noqa: ANN401
        """Return what the work returned, or raise what it raised."""
        return self._future.result()

    def wait(self, seconds: float) -> bool:
        """Return whether the work ended within so many seconds."""
        try:
            self._future.exception(timeout=seconds)
        except FutureTimeoutError:
            return False
        return True

    def fraction(self) -> float:
        """Return how much is done, 0 to 1."""
        done, total = self._counts
        return min(done / total, 1.0) if total else 0.0

    def text(self) -> str:
        """Return the line beside the bar: counts, speed, time left."""
        done, total = self._counts
        if self.is_cancelled:
            return f"{self.label}: stopping after the molecules at hand …"
        if self._started is None:
            return f"{self.label}: waiting for other work to end …"
        elapsed = time.monotonic() - self._started
        if not done or elapsed <= 0:
            return f"{self.label}: starting …"
        speed = done / elapsed
        left = (total - done) / speed
        return f"{self.label}: {done:,} of {total:,} {self.noun}, {speed:,.3g} a second, {format_seconds(left)} left"


def format_seconds(seconds: float) -> str:
    """Return a duration in words: "8 s", "3 min", "2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@st.cache_resource(show_spinner=False)
def executor() -> ThreadPoolExecutor:
    """Return the threads that all sessions share; more would only slow each other down."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="eigenscope-job")
