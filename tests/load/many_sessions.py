"""Many sessions that predict, scan and rank at once: do all finish, and does the server answer meanwhile?

`make load` runs 12 and 20 on the home library and prints what it took; `test_many_sessions` runs four on a small one.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

sys.path.insert(0, str(Path(__file__).parent))
from sessions import predict_scan_and_rank

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
from pathlib import Path

import core.assets

if sys.argv[1]:
    core.assets.HOME_LIBRARY = Path(sys.argv[1])
from core.cli import app

app(["dashboard", "--port", sys.argv[2], "--address", "127.0.0.1"])
"""
START_S = 120


@dataclass(frozen=True)
class Load:
    """What came of it.

    Attributes
    ----------
    received : one list of messages a session
    wall_s, processor_s : float [s]
    slowest_health_s : float [s]
        The longest that the server took to say that it is well.
    """

    received: list[list[bytes]]
    wall_s: float
    processor_s: float
    slowest_health_s: float


def name_of(k: int) -> str:
    """Return what session k calls its molecule; none is part of another."""
    return f"molecule-{k:03d}-here"


def smiles_of(k: int) -> str:
    """Return session k's own molecule."""
    return "C" * (4 + k) + "O"


@contextmanager
def serve(library: Path | None = None) -> Iterator[tuple[str, int]]:
    """Yield the address and process number of a running dashboard, with a library in place of the home one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(library or ""), str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_S
        while time.monotonic() < end and server.poll() is None:
            try:
                ask_health(address)
                break
            except OSError:
                time.sleep(0.25)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(20)


def ask_health(address: str) -> float:
    """Return how long the server took to say that it is well [s]."""
    begun = time.monotonic()
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=60):
        return time.monotonic() - begun


def processor_s(pid: int) -> float:
    """Return the processor time that a process has used [s] (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_sessions(n_sessions: int, *, library: Path | None = None) -> Load:
    """Let so many sessions work at once."""
    waits: list[float] = []
    is_over = Event()

    with serve(library) as (address, pid):

        def watch() -> None:
            while not is_over.wait(0.5):
                waits.append(ask_health(address))

        watcher = Thread(target=watch)
        watcher.start()
        begun = time.monotonic()
        try:
            with ThreadPoolExecutor(n_sessions) as pool:
                work = lambda k: predict_scan_and_rank(address, smiles_of(k), name_of(k))  # noqa: E731
                received = list(pool.map(work, range(n_sessions)))
        finally:
            is_over.set()
            watcher.join()
        return Load(received, time.monotonic() - begun, processor_s(pid), max(waits, default=0.0))


def strangers(load: Load) -> list[tuple[int, int]]:
    """Return (k, j) where session k got to see session j's molecule."""
    names = [name_of(j).encode() for j in range(len(load.received))]
    return [
        (k, j)
        for k, messages in enumerate(load.received)
        for j, name in enumerate(names)
        if j != k and any(name in message for message in messages)
    ]


def main() -> None:
    """Print what each number of sessions took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", type=int, nargs="+")
    for n in parser.parse_args().sessions:
        load = run_sessions(n)
        print(  # noqa: T201 - its output
            f"{n} sessions: all finished in {load.wall_s:.0f} s, processor {load.processor_s:.0f} s, slowest health answer "
            f"{load.slowest_health_s:.2f} s, {len(strangers(load))} saw another's molecule"
        )


if __name__ == "__main__":
    main()
