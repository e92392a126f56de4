"""A worker process for reference calculations, both ends of it: geometries go down a pipe; cycles and answers come up.

The process gives way to everything else on the machine, and ends with its parent, however that ends. To stop a
calculation, its process is killed, whatever it is doing.
"""

import os
import signal
import subprocess
import sys
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING

from core.errors import EigenscopeError
from core.machine.progress import Progress
from core.machine.threads import THREADS
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from core.reference.result import Reference

MODULE = "core.reference.worker"
NICE = 10  # the page, and what it computes, come first
CYCLE, COMPUTED, REASON = "cycle", "reference", "reason"  # first item of what comes up


class WorkerProcess:
    """The parent's end: a process that answers one geometry at a time, on one thread."""

    def __init__(self) -> None:
        self.pipe, theirs = Pipe()
        descriptor = theirs.fileno()
        # A command of its own: multiprocessing's "spawn" would first run the dashboard's script again in each process
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(descriptor)],
            pass_fds=[descriptor],
            env=os.environ | dict.fromkeys(THREADS, "1"),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def compute(self, geometry: Geometry, progress: Progress) -> "Reference":
        """Return the reference of a geometry; `progress(cycle, most)` is called after every cycle.

        Raises
        ------
        EigenscopeError
            With the engine's reason.
        OSError
            If the process is gone.
        """
        try:
            self.pipe.send(geometry)
            while True:
                kind, *content = self.pipe.recv()
                if kind == COMPUTED:
                    reference: Reference = content[0]
                    return reference
                if kind == REASON:
                    raise EigenscopeError(content[0])
                progress(*content)
        except EOFError as error:
            raise ConnectionResetError("the pipe was closed") from error

    def kill(self) -> None:
        """End the process at once; `end` must follow."""
        self.process.kill()

    def end(self) -> int:
        """Close the pipe, which ends the process, and return its exit code: negative for a signal."""
        self.pipe.close()
        return self.process.wait()


def main() -> None:
    """Be the process: answer one geometry after another, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    os.nice(NICE)
    pipe = Connection(int(sys.argv[1]))
    geometries: SimpleQueue[Geometry] = SimpleQueue()
    threading.Thread(target=receive_geometries, args=(pipe, geometries), daemon=True).start()
    while True:
        try:
            answer_geometry(pipe, geometries.get())
        except OSError:  # the parent is gone
            return


def receive_geometries(pipe: Connection, geometries: SimpleQueue[Geometry]) -> None:
    """Pass on what comes; when the pipe closes, end the process in the middle of whatever it does."""
    try:
        while True:
            geometries.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)


def answer_geometry(pipe: Connection, geometry: Geometry) -> None:
    """Send (CYCLE, cycle, most) after every cycle, then (COMPUTED, Reference) or (REASON, why there is none)."""
    from core.reference.dft import reference_levels

    try:
        reference = reference_levels(geometry, progress=lambda cycle, most: pipe.send((CYCLE, cycle, most)))
    except EigenscopeError as error:
        pipe.send((REASON, str(error)))
    except (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        pipe.send((REASON, repr(error)))
    else:
        unconverged = f"no solver converged, the last was {reference.solver}"
        pipe.send((COMPUTED, reference) if reference.converged else (REASON, unconverged))


if __name__ == "__main__":
    main()
