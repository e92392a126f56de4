"""How long something takes, on a stated part of the machine."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from threadpoolctl import threadpool_limits

T = TypeVar("T")


@dataclass(frozen=True)
class Timing:
    """How long something took: on the wall, and in all of this process's threads together [s]."""

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], T]) -> tuple[Timing, T]:
    """Return how long a call took, and its answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu), answer


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch, OpenMP and BLAS use one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def some_cores(n: int) -> Iterator[int]:
    """Keep this thread, and those it starts, on `n` of the cores it may use; yields how many it got."""
    if not hasattr(os, "sched_setaffinity"):
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    few = set(sorted(before)[:n])
    os.sched_setaffinity(0, few)
    try:
        yield len(few)
    finally:
        os.sched_setaffinity(0, before)


def describe_machine() -> dict[str, Any]:
    """Return the processor's name and how busy the machine is (load average over a minute)."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {"processor": processor_name(), "load_before": load}


def processor_name() -> str:
    """Return the processor's name, as far as the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
