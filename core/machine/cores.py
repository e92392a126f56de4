"""What of the machine this process may use, on any system."""

import os


def count_cores() -> int:
    """Return how many cores this process may run on; where the system does not tell (macOS, Windows), all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gb(*, unknown: float) -> float:
    """Return the machine's memory [10^9 bytes], or `unknown` where the system does not tell it (Windows)."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):
        return unknown
