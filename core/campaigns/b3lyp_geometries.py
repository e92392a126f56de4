"""Broad test molecules that QM9 lacks, at B3LYP geometries: whether what moves atoms carries over to them.

The network of `core.models.geometry` learnt from QM9 alone. Each molecule is relaxed from its GFN2-xTB geometry as QM9's
were, and its reference levels are computed there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import BROAD_PBE, DRAWN_PBE, check_labels_there
from core.campaigns.cheaper_geometries import GFN2, as_int16
from core.campaigns.jobs import LabelJob, as_positions
from core.campaigns.labellers import label_job
from core.elements import QM9_NUMBERS
from core.errors import GeometryError
from core.json_lines import Record
from core.labels.archives.qm9 import STRUCTURE_COLUMNS, load_qm9pack, qm9pack_atoms
from core.labels.splits import NOT_QM9, TEST
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry
from core.theory import RELAXED_THEORY, XTB_THEORY

MOST_HEAVY_ATOMS, LARGEST_RELAXED = 6, 19
AT_B3LYP = str(RELAXED_THEORY)  # kind of geometry


def b3lyp_jobs(qm9: Path) -> list[LabelJob]:
    """Return the broad test parts' molecules at GFN2-xTB geometries, those first whose elements QM9 has, then by size.

    Molecules of QM9 and elements that B3LYP's basis lacks are passed over; each constitution comes once.

    Parameters
    ----------
    qm9 : Path
        Holds the CSV files of qm9pack.

    Raises
    ------
    InputError
        If a file is not there.
    """
    from core.reference.b3lyp import has_b3lyp_basis

    known = small_constitutions(qm9)
    jobs = []
    for row in xtb_test_rows():
        geometry = Geometry(row["numbers"], row["positions"])
        is_small = 1 < geometry.n_heavy <= MOST_HEAVY_ATOMS and geometry.n_atoms <= LARGEST_RELAXED
        key = constitution_key(geometry) if is_small and has_b3lyp_basis(geometry) else None
        if key and key not in known:
            known.add(key)
            positions = as_positions(row["positions"])
            jobs.append(
                LabelJob(row["id"], NOT_QM9, TEST, AT_B3LYP, row["smiles"], np.asarray(row["numbers"]), positions)
            )
    return sorted(jobs, key=order_of)


def order_of(job: LabelJob) -> tuple[bool, int, int, str]:
    """Return what jobs are sorted by."""
    is_moved = set(job.numbers.tolist()) <= set(QM9_NUMBERS)
    return not is_moved, int((job.numbers > 1).sum()), len(job.numbers), job.id


def xtb_test_rows() -> Iterator[Record]:
    """Yield id, smiles, numbers and positions of the broad sets' test molecules at GFN2-xTB geometries."""
    columns = ["id", "smiles", "split", "geometry", "numbers", "positions"]
    for source in (BROAD_PBE, DRAWN_PBE):
        check_labels_there(source)
        table = pd.read_parquet(source, columns=columns)
        kinds = table["geometry"].astype(str)
        is_relaxed = kinds.str.endswith(str(XTB_THEORY)) | (source == BROAD_PBE)  # all of the first are, and say less
        yield from table[is_relaxed & (table["split"] == TEST)].to_dict("records")


def small_constitutions(qm9: Path) -> set[str]:
    """Return the constitutions of QM9's molecules of up to MOST_HEAVY_ATOMS."""
    table = load_qm9pack(qm9)
    found = set()
    for _, _, elements, xyz in table[list(STRUCTURE_COLUMNS)].itertuples(index=False):
        numbers, positions = qm9pack_atoms(elements, xyz)
        if (np.asarray(numbers) > 1).sum() <= MOST_HEAVY_ATOMS:
            found.add(constitution_key(Geometry(numbers, positions)))
    return found


def label_at_b3lyp(job: LabelJob) -> Record:
    """Return the record of one molecule, its levels [eV] at the geometry that B3LYP relaxes the job's to.

    Raises
    ------
    DomainError
        As `core.campaigns.labellers.label_job`.
    GeometryError
        If it does not relax, or becomes another molecule on the way.
    """
    from core.reference.b3lyp import relax_with_b3lyp

    given = Geometry(job.numbers, job.positions)
    relaxed = relax_with_b3lyp(given)
    if constitution_key(relaxed) != constitution_key(given):
        raise GeometryError("relaxing changed the molecule")
    moved = LabelJob(job.id, job.qm9_index, job.split, AT_B3LYP, job.smiles, job.numbers, relaxed.positions)
    return label_job(moved)


def with_gfn2(labels: pd.DataFrame, jobs: Sequence[LabelJob]) -> pd.DataFrame:
    """Return labels in the order of the jobs, with `gfn2`, (3 n_atoms,) int16: the positions that each was relaxed from."""
    by_id = labels.set_index("id", drop=False)
    done = [job for job in jobs if job.id in by_id.index]
    table = by_id.loc[[job.id for job in done]].reset_index(drop=True)
    return table.assign(**{GFN2: [as_int16(job.positions) for job in done]})
