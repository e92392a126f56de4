"""Frames of molecular dynamics at 300 K to label: of test molecules, whether levels hold away from rest; or to train on."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import BROAD_PBE, DRAWN_PBE, QM9_PBE, check_labels_there
from core.campaigns.jobs import shuffled_rows
from core.errors import GeometryError
from core.json_lines import Record
from core.labels.splits import NOT_QM9, TEST, is_reserved
from core.machine.progress import Progress, report_nothing
from core.spectrum.levels import N_BAND
from core.structure.constitution import constitution_key
from core.structure.dynamics import DynamicsOptions, run_dynamics
from core.structure.geometry import Geometry, count_valence_levels
from core.structure.relax import relax_geometry
from core.structure.trajectory import changed_bonds

THERMAL_SEED = 20261126
THERMAL_SOURCES = (QM9_PBE, BROAD_PBE, DRAWN_PBE)  # a third of the molecules each
MOST_HEAVY = 12
N_MOLECULES, FRAMES_EACH = 30, 10
THERMAL_OPTIONS = DynamicsOptions(temperature_k=300.0, length_ps=1.0, every_fs=100.0, equilibration_ps=0.5)
REST, MOVING = "GFN2-xTB", "GFN2-xTB dynamics, 300 K"  # kinds of geometry


def draw_thermal_set(
    n_molecules: int = N_MOLECULES, *, part: str = TEST, progress: Progress | None = None
) -> Iterator[Record]:
    """Yield a row a frame: of each molecule the one at rest, then FRAMES_EACH of its dynamics, 100 fs apart.

    Molecules come from one part of each source, a third from each source, in the order of a hash of seed and id; those of fewer
    levels than the band, of more than MOST_HEAVY heavy atoms or kept aside are passed over, and so
    are those that xTB does not keep.

    Parameters
    ----------
    part : "test" | "train"

    Yields
    ------
    dict
        id, smiles, split, source, molecule (which one), frame (0: at rest), time_fs (nan at rest), geometry, numbers, positions.

    Raises
    ------
    InputError
        If the labels that it is drawn from are not there.
    """
    report, done = progress or report_nothing, 0
    report(done, n_molecules)
    for k, source in enumerate(THERMAL_SOURCES):
        wanted = n_molecules // len(THERMAL_SOURCES) + (k < n_molecules % len(THERMAL_SOURCES))
        found = 0
        for row in molecules_of_part(source, part):
            if found == wanted:
                break
            try:
                rows = thermal_rows(row, source)
            except GeometryError:
                continue
            yield from rows
            found, done = found + 1, done + 1
            report(done, n_molecules)


def molecules_of_part(source: Path, part: str) -> Iterator[Record]:
    """Yield the rows of a label file's part that the set may be drawn from, in its order, each molecule once."""
    check_labels_there(source)
    table = pd.read_parquet(source, columns=["id", "qm9_index", "smiles", "split", "numbers", "positions"])
    table = table[table["split"] == part]
    seen: set[str] = set()
    for row in shuffled_rows(table, seed=THERMAL_SEED).to_dict("records"):
        geometry = Geometry(row["numbers"], row["positions"])
        key = constitution_key(geometry)
        is_kept_aside = is_reserved(key) or (row["qm9_index"] != NOT_QM9 and is_reserved(int(row["qm9_index"])))
        fits = count_valence_levels(geometry) >= N_BAND and int((geometry.numbers > 1).sum()) <= MOST_HEAVY
        if fits and not is_kept_aside and key not in seen:
            seen.add(key)
            yield row


def thermal_rows(row: Record, source: Path) -> list[Record]:
    """Return the rows of one molecule.

    Raises
    ------
    GeometryError
        If xTB cannot relax or move it, or it becomes another molecule on the way.
    """
    given = Geometry(row["numbers"], row["positions"])
    rest, _ = relax_geometry(given)
    if constitution_key(rest) != constitution_key(given):
        raise GeometryError("relaxing changed the molecule")
    digest = hashlib.sha256(f"{THERMAL_SEED}:{row['id']}".encode()).digest()
    trajectory = run_dynamics(rest, replace(THERMAL_OPTIONS, seed=int.from_bytes(digest[:4], "big")))
    if trajectory.n_frames < FRAMES_EACH or any(changed_bonds(trajectory)):
        raise GeometryError("the dynamics ended early, or changed the molecule")
    shared = {"smiles": row["smiles"], "split": row["split"], "source": source.stem, "molecule": row["id"]}
    places = [(0, float("nan"), REST, rest.positions)] + [
        (k, k * trajectory.spacing_fs, MOVING, trajectory.positions[k - 1]) for k in range(1, FRAMES_EACH + 1)
    ]
    return [
        {"id": f"{row['id']}-t{frame}", **shared, "frame": frame, "time_fs": time_fs, "geometry": kind}
        | {"numbers": rest.numbers, "positions": positions.astype(np.float32).ravel()}
        for frame, time_fs, kind, positions in places
    ]
