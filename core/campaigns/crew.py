"""Who does a campaign's work, and what becomes of a molecule whose worker dies. Here: processes of this machine.

Each worker appends to a file of its own. The parent hands out one job at a time and computes nothing. When the parent
dies, workers finish their molecule, write it and leave; a new campaign in the folder waits for that. When a worker dies,
another takes its place and the molecule is tried again, up to MAX_DEATHS times.
"""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from core.campaigns.jobs import LabelJob
from core.campaigns.records import open_records, read_records
from core.errors import EigenscopeError
from core.json_lines import Record, append_line
from core.machine.cores import count_cores
from core.machine.locks import take_shared

MAX_DEATHS = 3  # of workers at one molecule, then it is recorded as failed
MAX_DEATHS_IN_A_ROW = 10  # without an answer in between: it is not the molecule, the campaign stops
Labeller = Callable[[LabelJob], Record]


class Crew(Protocol):
    """Workers at hand for one campaign."""

    def work(self, jobs: Iterator[LabelJob], *, until: float) -> Iterator[Record]:
        """Yield an answer a job ({"id"} or {"id", "error"}), its record on disk, until jobs or time run out.

        Parameters
        ----------
        until : float
            [time.monotonic]; no job is begun later.

        Raises
        ------
        EigenscopeError
            If workers die one after another.
        """
        ...

    def dismiss(self) -> None:
        """Let the workers go."""
        ...


class CrewMaker(Protocol):
    """Makes a crew for the campaign in a folder."""

    def __call__(self, out: Path, labeller: Labeller, n_workers: int | None) -> Crew:
        """Make it; `n_workers` None: one a core."""
        ...


class Deaths:
    """How many workers died: one after another, and at each molecule."""

    def __init__(self, most_in_a_row: int = MAX_DEATHS_IN_A_ROW) -> None:
        self.most_in_a_row, self.in_a_row = most_in_a_row, 0
        self.at: Counter[str] = Counter()

    def count(self, how: str) -> None:
        """Count one more.

        Raises
        ------
        EigenscopeError
            If too many died since the last answer.
        """
        self.in_a_row += 1
        if self.in_a_row >= self.most_in_a_row:
            raise EigenscopeError(f"workers must live, {self.in_a_row} died one after another (the last: {how})")

    def give_up(self, job: LabelJob, how: str) -> Record | None:
        """Count the death at this molecule; return the record of its failure if that was the last try."""
        self.at[job.id] += 1
        if self.at[job.id] < MAX_DEATHS:
            return None
        error = f"its worker died {MAX_DEATHS} times (the last: {how})"
        return {"id": job.id, "index": job.qm9_index, "error": error}


class LocalCrew:
    """Worker processes, each with a pipe: a job goes down, a short answer comes up once the record is on disk."""

    def __init__(self, out: Path, labeller: Labeller, n_workers: int | None = None) -> None:
        self.out, self.labeller = out, labeller
        self.context = multiprocessing.get_context("spawn")  # fork would copy the parent's thread pools in mid-air
        self.deaths = Deaths()
        self.jobs: dict[Connection, LabelJob | None] = {}
        self.processes: dict[Connection, BaseProcess] = {}
        for _ in range(n_workers or count_cores()):
            self.hire()

    def hire(self) -> None:
        """Start one more worker."""
        ours, theirs = self.context.Pipe()
        process = self.context.Process(
            target=work_off, args=(theirs, self.out, self.labeller, os.getpid()), daemon=True
        )
        process.start()
        theirs.close()
        self.jobs[ours], self.processes[ours] = None, process

    def work(self, jobs: Iterator[LabelJob], *, until: float) -> Iterator[Record]:
        """See `Crew`."""
        again: list[LabelJob] = []
        while True:
            for pipe in [p for p, job in self.jobs.items() if job is None]:
                job = None if time.monotonic() > until else again.pop() if again else next(jobs, None)
                if job is not None:
                    self.give(pipe, job)
            busy = [pipe for pipe, job in self.jobs.items() if job is not None]
            if not busy:
                return
            ready = set(wait(busy))
            for pipe in [p for p in busy if p in ready]:
                answer = self.receive(pipe, again)
                if answer is not None:
                    yield answer

    def give(self, pipe: Connection, job: LabelJob) -> None:
        """Send a worker its next job."""
        self.jobs[pipe] = job
        with suppress(BrokenPipeError, ConnectionResetError):  # died idle: `receive` finds it out and sees to the job
            pipe.send(job)

    def receive(self, pipe: Connection, again: list[LabelJob]) -> Record | None:
        """Return a worker's answer; None if it died and its molecule is to be tried `again`."""
        try:
            answer: Record = pipe.recv()
        except (EOFError, ConnectionResetError):
            return self.replace_dead(pipe, again)
        self.jobs[pipe] = None
        self.deaths.in_a_row = 0
        return answer

    def replace_dead(self, pipe: Connection, again: list[LabelJob]) -> Record | None:
        """Hire another worker; return what is to be recorded of the molecule, or None if it is to be tried `again`."""
        job, process = self.jobs.pop(pipe), self.processes.pop(pipe)
        pipe.close()
        process.join()
        how = f"exit code {process.exitcode}"
        self.deaths.count(how)
        self.hire()
        if job is None:
            return None
        for written in read_records(self.out):
            if written["id"] == job.id:  # it was on disk before the worker could say so
                return written
        record = self.deaths.give_up(job, how)
        if record is None:
            again.append(job)
            return None
        with open_records(self.out, "lost") as sink:
            append_line(sink, record)
        return record

    def dismiss(self) -> None:
        """Close the pipes; each worker writes the molecule that it has in hand and leaves."""
        for pipe in self.jobs:
            pipe.close()
        for process in self.processes.values():
            process.join()


def work_off(pipe: Connection, out: Path, labeller: Labeller, parent: int) -> None:
    """Be a worker: one job after another, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    with (out / "workers.lock").open("w") as lock:
        take_shared(lock)  # held until this process is gone
        with open_records(out, "worker") as sink:
            while True:
                try:
                    job = pipe.recv()
                except (EOFError, ConnectionResetError):  # the parent is gone, politely or not
                    return
                if os.getppid() != parent:  # killed before this worker held the lock: the next campaign may have begun
                    return
                record = answer_job(job, labeller)
                append_line(sink, record)
                try:
                    pipe.send({k: record[k] for k in ("id", "error") if k in record})
                except (BrokenPipeError, ConnectionResetError):
                    return


def answer_job(job: LabelJob, labeller: Labeller) -> Record:
    """Return the label, or the reason why there is none: a campaign never stops and never loses a molecule."""
    try:
        record = labeller(job)
    except EigenscopeError as error:
        return {"id": job.id, "index": job.qm9_index, "error": str(error)}
    except (ArithmeticError, MemoryError, RuntimeError, TypeError, ValueError, LookupError) as error:
        return {"id": job.id, "index": job.qm9_index, "error": repr(error)}
    if not record.get("converged", True):
        return record | {"error": f"not converged by any solver ({record.get('solver', '')})"}
    return record
