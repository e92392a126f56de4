"""Threads of OpenMP and BLAS: a molecule is too small for more than one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let processes started inside use one thread each in OpenMP and BLAS; they read it when they load them."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def one_thread_here(library: str) -> Iterator[None]:
    """Let this thread's calls use one thread in the OpenMP and BLAS that are loaded; must be imported: `library`.

    The idle threads of an OpenMP spin for a while after each loop, and where several OpenMPs are loaded (PyTorch's,
    tblite's) they spin against each other: xTB on one thread is faster than on two.
    """
    with loaded_threadpools(library).limit(limits=1):
        yield


@cache
def loaded_threadpools(library: str) -> ThreadpoolController:
    """Return what limits the threads of all that is loaded; looked for once a library, which takes milliseconds."""
    return ThreadpoolController()
