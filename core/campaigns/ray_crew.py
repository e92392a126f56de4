"""A crew on a Ray cluster: campaigns on more machines than one. Needs the extra `ray`.

Workers return their records, and this process, on the machine with the campaign's folder, writes them: whoever is killed,
a record is on disk once or not at all. Eigenscope must be installed alike on every machine of the cluster.
"""

import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from threadpoolctl import threadpool_limits

from core.campaigns.crew import MAX_DEATHS_IN_A_ROW, Deaths, Labeller, answer_job
from core.campaigns.jobs import LabelJob
from core.campaigns.records import open_records
from core.errors import InputError
from core.json_lines import Record, append_line
from core.machine.cores import count_cores

OBJECT_STORE_BYTES = 128 * 2**20  # of a cluster started here; a record is some 30 kB
CONNECT_S = 10.0


class RayCrew:
    """One Ray task a molecule, as many in flight as there are workers.

    Parameters
    ----------
    n_workers : int or None
        How many molecules at a time; None = one a CPU of the cluster. A cluster that grows on demand sees no more demand
        than that.
    address : str or None
        Of a running cluster: "auto" for this machine's own, else HOST:PORT. None starts one here, of `n_workers` CPUs.

    Raises
    ------
    InputError
        If Ray is not installed, no cluster answers, or it has no CPU.
    """

    def __init__(
        self, out: Path, labeller: Labeller, n_workers: int | None = None, *, address: str | None = None
    ) -> None:
        self.ray, self.labeller = import_ray(), labeller
        start_or_join(self.ray, n_workers or count_cores(), address)
        self.n_workers = n_workers or int(self.ray.cluster_resources().get("CPU", 0))
        if not self.n_workers:
            self.ray.shutdown()
            raise InputError(f"a Ray cluster needs CPUs, the one at {address} has none")
        # Ray itself tries nothing again: deaths are counted here, by molecule
        self.task = self.ray.remote(num_cpus=1, max_retries=0)(answer_on_one_thread)
        # a machine that goes down takes all its workers at once
        self.deaths = Deaths(MAX_DEATHS_IN_A_ROW + self.n_workers)
        self.jobs: dict[Any, LabelJob] = {}
        self.again: list[LabelJob] = []
        self.sink = open_records(out, "ray")

    def work(self, jobs: Iterator[LabelJob], *, until: float) -> Iterator[Record]:
        """See `Crew`."""
        while True:
            while len(self.jobs) < self.n_workers and time.monotonic() <= until:
                # a molecule is tried again after all others: by then the machine that failed it may be gone
                job = next(jobs, None) or (self.again.pop(0) if self.again else None)
                if job is None:
                    break
                self.jobs[self.task.remote(job, self.labeller)] = job
            if not self.jobs:
                return
            ready, _ = self.ray.wait(list(self.jobs), num_returns=1)
            for task in ready:
                answer = self.receive(task)
                if answer is not None:
                    append_line(self.sink, answer)
                    yield answer

    def receive(self, task: Any) -> Record | None:  # noqa: ANN401 - a reference of Ray, which need not be there
        """Return a task's record; None if its worker died and the molecule is to be tried again."""
        job = self.jobs.pop(task)
        try:
            record: Record = self.ray.get(task)
        except self.ray.exceptions.RayError as error:
            how = why_lost(error)
            self.deaths.count(how)
            failure = self.deaths.give_up(job, how)
            if failure is None:
                self.again.append(job)
            return failure
        self.deaths.in_a_row = 0
        return record

    def dismiss(self) -> None:
        """Leave the cluster, and stop it if it was started here; molecules in hand are dropped, a new campaign does them."""
        self.ray.shutdown()
        self.sink.close()


def answer_on_one_thread(job: LabelJob, labeller: Labeller) -> Record:
    """Return a job's record; the worker's libraries may have been loaded before anyone told them to use one thread."""
    with threadpool_limits(1):
        return answer_job(job, labeller)


def why_lost(error: Exception) -> str:
    """Return why a task has no answer, in a few words: Ray's own messages are pages long."""
    cause = getattr(error, "cause", None)
    return repr(cause) if cause is not None else type(error).__name__


def import_ray() -> ModuleType:
    """Return Ray.

    Raises
    ------
    InputError
        If it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    try:
        import ray
    except ImportError as error:
        raise InputError(
            f"a campaign on Ray needs Ray, which cannot be loaded ({error}); pip install 'eigenscope[ray]'"
        ) from error
    return ray


def start_or_join(ray: ModuleType, n_cpus: int, address: str | None) -> None:
    """Start a cluster of this machine alone, or join the one at an address.

    Raises
    ------
    InputError
        If no cluster answers there.
    """
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        ray.init(
            address="local",
            num_cpus=n_cpus,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            **quiet,
        )
        return
    check_answers(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or [repr(error)])[0]
        raise InputError(f"no Ray cluster could be joined at {address}: {reason}") from error


def check_answers(address: str) -> None:
    """Raise InputError if nothing listens at HOST:PORT: Ray would try for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "://" in address:
        raise InputError(f"the address of a Ray cluster must be auto or HOST:PORT, got {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"no Ray cluster answers at {address}: {error}") from error
