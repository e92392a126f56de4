"""Memory of this process: what is freed is kept for the next molecules."""

import ctypes
import sys
from functools import lru_cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
KEPT_BYTES = 2**30


@lru_cache(maxsize=1)
def keep_freed_memory() -> bool:
    """Let glibc keep memory that is freed; returns whether it does. Elsewhere nothing is done.

    A batch's tensors are some megabytes, which glibc maps anew and hands back each time: 56 to 75 page faults per molecule of
    a scan, 1 to 2 without, and a tenth of its processor time (measured on the home library). Once per process.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)) and bool(mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))
