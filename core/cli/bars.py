"""Progress on stderr: bars where it is a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.text import Text

from core.cli.common import messages, say
from core.json_lines import Record
from core.machine.progress import Progress, Report

LINE_S = 10.0  # between lines of a shorter piece of work, likewise
REPORT_S = 60.0  # between lines of progress where stderr is no terminal


def make_bar() -> Bar:
    """Return a bar on stderr that counts, and tells the time gone and left."""
    text = TextColumn("{task.description}")
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Bar(*columns, console=messages, transient=not messages.is_terminal)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Yield a callback (done, total) that tells how far it is on stderr: a bar with time left, or a line now and then."""
    if not messages.is_terminal:
        yield plain_progress(what)
        return
    with make_bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def plain_progress(what: str) -> Progress:
    """Return a callback (done, total) that says a line at the start, every LINE_S seconds and at the end."""
    last = -LINE_S

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_S or done == total:
            last = now
            say(f"{what}: {done} of {total}" if total else f"{what}: {done}")

    return report


@contextmanager
def training_progress() -> Iterator[Report]:
    """Yield what a training reports to: a line an epoch or trial on stderr, and under them a bar for each stage."""
    with make_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def report(record: Record) -> None:
            stage, done, total = (record[k] for k in ("stage", "epoch", "epochs"))
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)
            figures = {k: v for k, v in record.items() if k not in ("stage", "epoch", "epochs", "seconds")}
            told = ", ".join(f"{name} {x if isinstance(x, str) else f'{x:.4g}'}" for name, x in figures.items())
            say(f"{stage} {done}/{total}: {told}, {record['seconds']:.0f} s")

        yield report


class RateColumn(ProgressColumn):
    """Molecules a minute."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        speed = task.finished_speed or task.speed
        return Text(f"{60 * speed:.0f} a minute" if speed else "")


@contextmanager
def rate_bar(what: str) -> Iterator[Progress]:
    """Yield a callback (done, total; 0 = unknown) that shows progress and rate on stderr: a bar, or a line a minute."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeElapsedColumn())
    with Bar(*columns, console=messages, transient=not messages.is_terminal, speed_estimate_period=120) as bar:
        task = bar.add_task(what, total=None)
        begun = last = time.monotonic()
        first: int | None = None

        def report(done: int, total: int) -> None:
            nonlocal last, first
            now = time.monotonic()
            first = done - 1 if first is None else first
            bar.update(task, completed=done, total=total or None)
            if not messages.is_terminal and now - last >= REPORT_S:
                last = now
                of = f" of {total}" if total else ""
                say(f"{what}: {done}{of}, {60 * (done - first) / (now - begun):.0f} a minute")

        yield report
