"""Work handed out to processes."""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from typing import TypeVar

from core.machine.cores import count_cores
from core.machine.progress import ShouldCancel, never_cancel

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    n_workers: int | None = None,
    should_cancel: ShouldCancel = never_cancel,
    ordered: bool = True,
) -> Iterator[Result]:
    """Yield what a function makes of each item, in processes of one thread each; ends early when cancelled.

    Processes are joblib's: they import what they need and not the script that runs here, so that a notebook, a page
    or a script without a `__main__` guard may call this, and they stay for the next call. Whatever the function raises,
    and a process that dies, is raised here. They end when this process does, killed or not.

    Parameters
    ----------
    function : callable
        Importable by name, or small enough to be pickled.
    items : iterable
        Taken as workers become free: a few ahead, never all at once.
    n_workers : int or None
        None = one a core; with 0 or 1 this process does it all.
    should_cancel : callable
        Asked before the first item and after every result. Items in hand are dropped, their processes ended.
    ordered : bool
        Results in the order of the items, or as they come.
    """
    if should_cancel():
        return
    n_processes = count_cores() if n_workers is None else n_workers
    if n_processes < 2:
        for item in items:
            yield function(item)
            if should_cancel():
                return
        return
    from joblib import Parallel, delayed, parallel_config  # a tenth of a second, which few items are not worth

    how = "generator" if ordered else "generator_unordered"
    with parallel_config(backend="loky", inner_max_num_threads=1):
        run = Parallel(n_jobs=n_processes, return_as=how, batch_size=1, pre_dispatch="2*n_jobs")
    results: Generator[Result, None, None] = run(delayed(work_for_parent)(function, item) for item in items)
    try:
        for result in results:
            yield result
            if should_cancel():
                return
    finally:
        with warnings.catch_warnings(action="ignore"):  # joblib warns of the work thrown away: that is wanted
            results.close()


def work_for_parent(function: Callable[[Item], Result], item: Item) -> Result:
    """Return what a function makes of an item, in a process that ends when its parent does."""
    end_with_parent()
    return function(item)


@cache
def end_with_parent() -> None:
    """Let this process end within a second of its parent's end, however that came; signals are the parent's business."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()
