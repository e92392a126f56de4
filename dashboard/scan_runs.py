"""What a scan is of, and how it is begun or gone on with."""

import pandas as pd

from core.errors import EigenscopeError
from core.library.sources import SHIPPED
from core.structure.entry import CANCELLED
from dashboard import resources
from dashboard.jobs import Job
from dashboard.state import ScanRun, StoppedScan


def library_of(key: str) -> str:
    """Return which library a scan is of: a key of SHIPPED, or a file's name and fingerprint."""
    return key.rpartition(" | ")[0]


def is_partial(scan: pd.DataFrame) -> bool:
    """Return whether a scan was cancelled before its end."""
    return bool((scan["status"] == CANCELLED).any())


def shipped_run(library: str, model: str) -> ScanRun:
    """Return the scan of a library that comes with the program, by its key in SHIPPED, with a model."""

    def begin(known: pd.DataFrame | None, seconds: float) -> Job:
        return resources.start_scan(resources.shipped_library(library), known, seconds, model_key=model)

    return ScanRun(resources.scan_key(library, model), begin)


def stopped_scan(key: str, table: pd.DataFrame, seconds: float) -> StoppedScan:
    """Return the cancelled scan of a session file. One of an own file goes on once its file is there again."""

    def begin(known: pd.DataFrame | None, seconds: float) -> Job:
        raise EigenscopeError(
            "the rows that were not reached are in the scanned file: upload it on Scan and press Run, which goes on from here"
        )

    library, _, model = key.rpartition(" | ")
    run = shipped_run(library, model) if library in SHIPPED else ScanRun(key, begin)
    return StoppedScan(run, table, seconds, (resources.count_reached(table), len(table)))
