"""Label campaigns: jobs out to worker processes, each label down on disk at once, resumable after a kill at any moment.

Each worker appends to a file of its own. The parent hands out one job at a time and computes nothing. When the parent
dies, workers finish their molecule, write it and leave; a new campaign in the folder waits for that. When a worker dies,
another takes its place and the molecule is tried again, up to MAX_DEATHS times.
"""

import fcntl
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from core.errors import DomainError, EigenscopeError, InputError
from core.reference.datasets import load_reserved
from core.reference.label_jobs import NOT_QM9, LabelJob, place_job
from core.reference.records import Record, append_record, finished_ids, merge_records, open_records
from core.reference.threads import one_thread_each

MAX_DEATHS = 3  # of workers at one molecule, then it is recorded as failed
MAX_DEATHS_IN_A_ROW = 10  # without an answer in between: it is not the molecule, the campaign stops
LABELS = "labels.parquet"
Labeller = Callable[[LabelJob], Record]
Progress = Callable[[int, int], None]


@dataclass
class CampaignResult:
    """What a campaign did in this call.

    Attributes
    ----------
    counts : dict
        "before" (already there), "ok", "failed" now; after the merge also "in file".
    reasons : dict
        How often each reason for a failure was given, now.
    seconds : float
        On the wall.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"before": 0, "ok": 0, "failed": 0})
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, record: Record) -> None:
        """Count one answer."""
        reason = record.get("error")
        self.counts["failed" if reason else "ok"] += 1
        if reason:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1


def label_job(job: LabelJob) -> Record:
    """Return the record of one molecule: levels [eV], populations in 255ths, positions [Angstrom].

    Raises
    ------
    DomainError
        If the molecule is reserved, or outside the engine's domain.
    GeometryError
        If no molecule can have this geometry.
    """
    from core.reference.dft import reference_levels

    check_not_reserved(job)
    geometry, kind = place_job(job)
    reference = reference_levels(geometry)
    return {
        "id": job.id,
        "index": job.qm9_index,
        "split": job.split,
        "geometry": kind,
        "smiles": job.smiles,
        "symbols": " ".join(geometry.symbols),
        "positions": np.round(geometry.positions, 5).tolist(),
        "n_core": reference.n_core,
        "n_occ": reference.n_occupied,
        "levels": np.round(reference.levels_ev, 4).tolist(),
        "pop": np.round(reference.population * 255).astype(int).tolist(),
        "pop_s": np.round(reference.population_s * 255).astype(int).tolist(),
        "e_tot": round(reference.total_energy_ha, 6),
        "converged": reference.converged,
        "cycles": reference.n_cycles,
        "seconds": round(reference.seconds, 3),
        "solver": reference.solver,
    }


def check_not_reserved(job: LabelJob) -> None:
    """Raise DomainError if the job's molecule is kept aside for acceptance."""
    if job.qm9_index != NOT_QM9 and job.qm9_index in load_reserved():
        raise DomainError(f"reserved molecules are never labelled, got QM9 index {job.qm9_index}")


def run_campaign(
    jobs: Iterable[LabelJob],
    out: Path,
    *,
    workers: int = 1,
    hours: float = float("inf"),
    done: Sequence[Path] = (),
    refused: Sequence[tuple[str, str]] = (),
    total: int = 0,
    progress: Progress | None = None,
    labeller: Labeller = label_job,
) -> CampaignResult:
    """Label what is not yet labelled, then merge everything into `out`/labels.parquet.

    Parameters
    ----------
    jobs : iterable of LabelJob
        Ids unique. Those already in `out` or in `done` are passed over.
    hours : float
        No job is begun after that long.
    done : paths of Parquet files
        Labels at hand; they come first in the merged file.
    refused : (id, reason) pairs
        Inputs that cannot even become jobs: recorded as failures.
    total : int
        How many jobs there are, for `progress`; 0 = unknown.
    progress : callable(done, total)
        Called from this process after every molecule.
    labeller : callable
        Module-level function, LabelJob to record.

    Raises
    ------
    InputError
        If another campaign runs in `out`, or it holds no readable records.
    """
    out.mkdir(parents=True, exist_ok=True)
    result, start = CampaignResult(), time.monotonic()
    with sole_campaign(out):
        finished = finished_ids(out, done)
        record_refused(out, [x for x in refused if x[0] not in finished], result)
        pending = unfinished(jobs, finished, result)
        report = progress or (lambda done, total: None)
        with one_thread_each():
            crew = Crew(out, labeller, workers)
            try:
                for record in crew.work(pending, until=start + 3600 * hours):
                    result.add(record)
                    report(sum(result.counts.values()), total)
            finally:
                crew.dismiss()
        result.counts["in file"] = merge_records(out, out / LABELS, done=done)["in file"]
    result.seconds = time.monotonic() - start
    return result


def record_refused(out: Path, refused: Sequence[tuple[str, str]], result: CampaignResult) -> None:
    """Record inputs that cannot become jobs, with the reason."""
    if not refused:
        return
    with open_records(out, "refused") as sink:
        for name, reason in refused:
            append_record(sink, {"id": name, "error": reason})
            result.add({"id": name, "error": reason})


def unfinished(jobs: Iterable[LabelJob], finished: set[str], result: CampaignResult) -> Iterator[LabelJob]:
    """Yield the jobs still to do, counting the others."""
    for job in jobs:
        if job.id in finished:
            result.counts["before"] += 1
        else:
            yield job


@contextmanager
def sole_campaign(out: Path) -> Iterator[None]:
    """Hold the folder; wait for workers that a killed campaign left behind to write their last molecule.

    Raises
    ------
    InputError
        If another campaign holds it.
    """
    with (out / "campaign.lock").open("w") as campaign, (out / "workers.lock").open("w") as left_behind:
        try:
            fcntl.flock(campaign, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"one campaign at a time in a folder, another one runs in {out}") from error
        fcntl.flock(left_behind, fcntl.LOCK_EX)
        fcntl.flock(left_behind, fcntl.LOCK_UN)
        yield


class Crew:
    """Worker processes, each with a pipe: a job goes down, a short answer comes up once the record is on disk."""

    def __init__(self, out: Path, labeller: Labeller, n_workers: int) -> None:
        self.out, self.labeller = out, labeller
        self.context = multiprocessing.get_context("spawn")  # fork would copy the parent's thread pools in mid-air
        self.deaths: dict[str, int] = {}
        self.deaths_in_a_row = 0
        self.jobs: dict[Connection, LabelJob | None] = {}
        self.processes: dict[Connection, BaseProcess] = {}
        for _ in range(n_workers):
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
        """Yield an answer a job ({"id"} or {"id", "error"}) until jobs or time [time.monotonic] run out."""
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
        self.jobs[pipe] = job
        with suppress(BrokenPipeError, ConnectionResetError):  # died idle: `receive` finds it out and sees to the job
            pipe.send(job)

    def receive(self, pipe: Connection, again: list[LabelJob]) -> Record | None:
        """Return a worker's answer; None if it died and its molecule is to be tried `again`."""
        try:
            answer = pipe.recv()
        except (EOFError, ConnectionResetError):
            return self.replace_dead(pipe, again)
        self.jobs[pipe] = None
        self.deaths_in_a_row = 0
        return answer

    def replace_dead(self, pipe: Connection, again: list[LabelJob]) -> Record | None:
        job, process = self.jobs.pop(pipe), self.processes.pop(pipe)
        pipe.close()
        process.join()
        self.deaths_in_a_row += 1
        if self.deaths_in_a_row == MAX_DEATHS_IN_A_ROW:
            raise EigenscopeError(
                f"workers must live, {MAX_DEATHS_IN_A_ROW} died one after another (the last: exit code {process.exitcode})"
            )
        self.hire()
        if job is None:
            return None
        if job.id in finished_ids(self.out):  # it was on disk before the worker could say so
            return {"id": job.id}
        self.deaths[job.id] = self.deaths.get(job.id, 0) + 1
        if self.deaths[job.id] < MAX_DEATHS:
            again.append(job)
            return None
        record = {"id": job.id, "index": job.qm9_index, "error": f"its worker died {MAX_DEATHS} times"}
        with open_records(self.out, "lost") as sink:
            append_record(sink, record)
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
        fcntl.flock(lock, fcntl.LOCK_SH)  # held until this process is gone
        with open_records(out, "worker") as sink:
            while True:
                try:
                    job = pipe.recv()
                except (EOFError, ConnectionResetError):  # the parent is gone, politely or not
                    return
                if os.getppid() != parent:  # killed before this worker held the lock: the next campaign may have begun
                    return
                record = answer_job(job, labeller)
                append_record(sink, record)
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
