"""A bounded queue of reference calculations on worker processes, for a page that must not wait.

Each worker process has one thread here, which hands it a geometry, takes down its cycles, and answers. A process that dies
costs its own molecule only.
"""

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from core.elements import ELEMENTS
from core.errors import EigenscopeError
from core.machine.cores import count_cores, memory_gb
from core.reference.cost import MAX_MEMORY_GB, check_calculable, estimate_seconds
from core.reference.result import FAST_SOLVER, MAX_CYCLES, Reference
from core.reference.worker import WorkerProcess
from core.structure.entry import CANCELLED, FAILED
from core.structure.geometry import Geometry
from core.structure.identity import geometry_key
from core.theory import REFERENCE_THEORY

QUEUED, RUNNING, DONE = "queued", "running", "done"  # else it is FAILED or CANCELLED, as an entry
MAX_WAITING = 24  # molecules, of all sessions together: some minutes' work
MAX_KEPT = 200  # references remembered: about 10 MB
IDLE_S = 300.0  # then a worker process leaves, and its 150 MB with it
ROUNDING_ANGSTROM = 1e-4  # geometries are the same within it: levels move by less than 1 meV
N_TIMED = 9  # calculations that the estimated time is corrected by
PROTOCOL = repr((REFERENCE_THEORY, ELEMENTS))


class QueueFullError(EigenscopeError):
    """More molecules than the queue takes: try again when some are answered."""


@dataclass(eq=False)
class Calculation:
    """One molecule on its way to its reference. The queue writes it; anyone may read it at any time.

    Attributes
    ----------
    key : str
        See `calculation_key`.
    n_functions : int
        Basis functions.
    expected_s : float
        Estimated seconds [s] on one core.
    state : QUEUED, RUNNING, DONE, FAILED or CANCELLED
    cycle, max_cycles : int
        Of the self-consistent field; 0 while the process starts.
    reason : str
        Why it failed: a sentence.
    reference : Reference or None
        Once it is done.
    n_asking : int
        Who wants it: it is stopped when all have cancelled.
    started_s, ended_s : float
        [s] on the monotonic clock; 0 before.
    """

    key: str
    geometry: Geometry
    n_functions: int
    expected_s: float
    state: str = QUEUED
    cycle: int = 0
    max_cycles: int = MAX_CYCLES
    reason: str = ""
    reference: Reference | None = None
    n_asking: int = 1
    started_s: float = field(default=0.0, repr=False)
    ended_s: float = field(default=0.0, repr=False)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (DONE, FAILED, CANCELLED)

    @property
    def elapsed_s(self) -> float:
        """Seconds [s] that it has been computed so far."""
        return (self.ended_s or time.monotonic()) - self.started_s if self.started_s else 0.0


def calculation_key(geometry: Geometry) -> str:
    """Return what two geometries share when one reference serves both: atoms, positions to 1e-4 Angstrom, protocol."""
    return geometry_key(geometry, within_angstrom=ROUNDING_ANGSTROM, context=PROTOCOL)


def count_workers() -> int:
    """Return how many worker processes this machine takes: one a core, as long as each has its memory."""
    return max(1, min(count_cores(), int(memory_gb(unknown=MAX_MEMORY_GB) / MAX_MEMORY_GB)))


class ReferenceQueue:
    """Reference calculations in the order in which they were asked for; safe to use from any thread.

    Worker processes start with the first molecules and leave when there is nothing to do. None of them keeps the
    interpreter from ending.

    Parameters
    ----------
    n_workers : int
        Processes at a time; 0 = `count_workers`.
    max_waiting : int
        Molecules that may wait, those being computed not counted.
    max_kept : int
        References remembered; those longest not asked for go first.
    """

    def __init__(self, *, n_workers: int = 0, max_waiting: int = MAX_WAITING, max_kept: int = MAX_KEPT) -> None:
        self.n_workers, self.max_waiting, self.max_kept = n_workers or count_workers(), max_waiting, max_kept
        self._changed = threading.Condition()  # guards all below
        self._waiting: deque[Calculation] = deque()
        self._under_way: dict[str, Calculation] = {}  # queued or running, by key
        self._kept: OrderedDict[str, Calculation] = OrderedDict()
        self._processes: dict[Calculation, WorkerProcess] = {}
        self._timed: deque[tuple[float, float]] = deque(maxlen=N_TIMED)  # (measured, estimated) seconds
        self._n_threads = self._n_idle = 0
        self._is_closed = False

    def submit(self, geometry: Geometry) -> Calculation:
        """Return the calculation of a geometry: the one under way or done already, or a new one.

        Raises
        ------
        QueueFullError
            If `max_waiting` molecules wait.
        DomainError, GeometryError
            See `check_calculable`.
        """
        slowness = self.slowness()
        n_functions = check_calculable(geometry, slowness=slowness)
        key = calculation_key(geometry)
        with self._changed:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            if key in self._under_way:
                self._under_way[key].n_asking += 1
                return self._under_way[key]
            if len(self._waiting) >= self.max_waiting or self._is_closed:
                raise QueueFullError(
                    f"at most {self.max_waiting} molecules wait for DFT at a time, {len(self._waiting)} do: "
                    f"{geometry.formula} was not added, ask again when some are answered"
                )
            calculation = Calculation(key, geometry, n_functions, slowness * estimate_seconds(n_functions))
            self._under_way[key] = calculation
            self._waiting.append(calculation)
            self._hire()
            self._changed.notify()
            return calculation

    def slowness(self) -> float:
        """Return how many seconds this machine takes for an estimated one, from the last few calculations."""
        with self._changed:
            measured, estimated = (sum(x) for x in zip(*self._timed, strict=True)) if self._timed else (1.0, 1.0)
        return measured / estimated

    def cancel(self, calculation: Calculation) -> None:
        """Want a calculation no more; when nobody does it is stopped at once. What is finished stays as it is."""
        with self._changed:
            if calculation.is_finished:
                return
            calculation.n_asking -= 1
            if calculation.n_asking <= 0:
                self._stop(calculation)

    def wait(self, calculation: Calculation, *, cycle: int | None = None, timeout_s: float | None = None) -> bool:
        """Return whether a calculation is finished, or has reached a cycle, at the latest after so many seconds [s]."""

        def arrived() -> bool:
            return calculation.is_finished or (cycle is not None and calculation.cycle >= cycle)

        with self._changed:
            return self._changed.wait_for(arrived, timeout_s)

    def close(self) -> None:
        """Stop everything and take nothing more."""
        with self._changed:
            self._is_closed = True
            for calculation in list(self._under_way.values()):
                self._stop(calculation)
            self._changed.notify_all()

    def _hire(self) -> None:
        """Start one more thread, and so a process, if there is work for it."""
        if self._n_threads < self.n_workers and self._n_idle < len(self._waiting):
            self._n_threads += 1
            threading.Thread(target=self._serve, name="eigenscope-reference", daemon=True).start()

    def _stop(self, calculation: Calculation) -> None:
        if calculation.state == QUEUED:
            self._waiting.remove(calculation)
        if calculation in self._processes:
            self._processes[calculation].kill()
        self._end(calculation, CANCELLED)

    def _end(self, calculation: Calculation, state: str) -> None:
        calculation.ended_s = time.monotonic()
        calculation.state = state
        del self._under_way[calculation.key]
        self._changed.notify_all()

    def _take(self) -> Calculation | None:
        """Return the next one to compute; None when it is time to leave."""
        with self._changed:
            self._n_idle += 1
            self._changed.wait_for(lambda: self._waiting or self._is_closed, IDLE_S)
            self._n_idle -= 1
            if not self._waiting:
                self._n_threads -= 1
                return None
            calculation = self._waiting.popleft()
            calculation.state, calculation.started_s = RUNNING, time.monotonic()
            return calculation

    def _serve(self) -> None:
        """Compute one after another, on one process after another; run by each thread."""
        process: WorkerProcess | None = None
        while calculation := self._take():
            if process and not process.is_alive:
                process.end()
                process = None
            try:
                process = process or WorkerProcess()
            except OSError as error:
                self._finish(calculation, reason=f"no worker process could be started: {error}")
                continue
            if not self._compute(calculation, process):
                process = None
        if process:
            process.end()

    def _compute(self, calculation: Calculation, process: WorkerProcess) -> bool:
        """Answer one calculation and return whether the process lives on."""

        def progress(cycle: int, max_cycles: int) -> None:
            with self._changed:
                calculation.cycle, calculation.max_cycles = cycle, max_cycles
                self._changed.notify_all()

        with self._changed:
            self._processes[calculation] = process
        try:
            if calculation.state == RUNNING:  # else cancelled while the process started
                self._finish(calculation, reference=process.compute(calculation.geometry, progress))
        except EigenscopeError as error:
            self._finish(calculation, reason=str(error))
        except OSError:
            self._finish(calculation, reason=death_reason(process.end()))
        with self._changed:
            del self._processes[calculation]
            if calculation.state != CANCELLED and process.is_alive:
                return True
        process.end()
        return False

    def _finish(self, calculation: Calculation, *, reference: Reference | None = None, reason: str = "") -> None:
        """Answer a calculation, unless it was cancelled meanwhile."""
        with self._changed:
            if calculation.state != RUNNING:
                return
            calculation.reference, calculation.reason = reference, reason
            self._end(calculation, FAILED if reference is None else DONE)
            if reference is None:
                return
            if reference.solver == FAST_SOLVER:
                self._timed.append((reference.seconds, estimate_seconds(calculation.n_functions)))
            self._kept[calculation.key] = calculation
            while len(self._kept) > self.max_kept:
                self._kept.popitem(last=False)


def death_reason(code: int) -> str:
    """Return why a worker process gave no answer, from its exit code."""
    if code < 0:
        return f"its worker process was killed (signal {-code}), perhaps for want of memory"
    return f"its worker process ended before it answered (exit code {code})"
