"""All figures of a benchmark: tables, then JSON."""

import json
from pathlib import Path

import pandas as pd

from core.assets import HOME_LIBRARY, QM9_PBE
from core.benchmark import Part
from core.benchmark.engine import engine_table, measure_engine
from core.benchmark.screening import measure_screening, screening_table
from core.labels.label_set import load_labels
from core.library.store import load_library
from core.machine.progress import Progress
from core.models.protocol import LevelModel


def run_benchmark(
    model: LevelModel,
    part: Part = Part.ALL,
    *,
    library: pd.DataFrame | None = None,
    labels: Path = QM9_PBE,
    progress: Progress | None = None,
) -> str:
    """Return tables of figures, and below them the same as one JSON object, {"screening": ..., "engine": ...}.

    Parameters
    ----------
    library : DataFrame, optional
        What screening is measured on; the home library when left out.
    labels : Path
        What the engine is held against.
    progress : callable(done, total)
        Of the engine's calculations, which take half an hour.
    """
    results, tables = {}, []
    reference = load_labels(labels) if part != Part.SCREENING else None
    if part != Part.ENGINE:
        results["screening"] = measure_screening(model, load_library(HOME_LIBRARY) if library is None else library)
        tables.append(screening_table(results["screening"]))
    if part != Part.SCREENING:
        results["engine"] = measure_engine(labels=reference, progress=progress)
        tables.append(engine_table(results["engine"]))
    return "\n\n".join([*tables, json.dumps(results, indent=1)])
