"""GFN2-xTB levels of many molecules, from which the tight-binding network learns first."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from core.campaigns.jobs import rattle
from core.errors import GeometryError
from core.json_lines import Record
from core.labels.archives.qm9 import STRUCTURE_COLUMNS, load_qm9pack, qm9pack_atoms
from core.labels.splits import load_reserved, shipped_test_indices
from core.machine.progress import Progress
from core.reference.xtb import xtb_levels
from core.structure.geometry import Geometry, count_valence_levels

PRETRAINING_SEED = 20261123
N_EMPTY_XTB = 3  # empty levels kept
PRETRAINING_RATTLE_ANGSTROM = (0.01, 0.08)  # smallest and largest standard deviation


def qm9_geometries(folder: Path, *, leave_out: set[int], seed: int) -> Iterator[tuple[int, str, Geometry]]:
    """Yield (QM9 index, SMILES, geometry) in random order; every second geometry is rattled.

    Parameters
    ----------
    folder : Path
        Holds the CSV files of qm9pack.
    leave_out : set of int
        QM9 indices never to be seen in training: the test split and every reserved molecule.

    Raises
    ------
    InputError
        If they are not there.
    """
    table = load_qm9pack(folder)
    rng = np.random.default_rng(seed)
    table = table[~table["Index"].isin(leave_out)]
    for k, row in enumerate(rng.permutation(len(table))):
        index, smiles, elements, xyz = table.iloc[row][list(STRUCTURE_COLUMNS)]
        numbers, positions = qm9pack_atoms(elements, xyz)
        if k % 2:
            positions = rattle(positions, rng, between_angstrom=PRETRAINING_RATTLE_ANGSTROM)
        yield int(index), str(smiles), Geometry(numbers, positions)


def label_qm9_xtb(
    folder: Path, *, n_molecules: int, seed: int = PRETRAINING_SEED, progress: Progress | None = None
) -> pd.DataFrame:
    """Return GFN2-xTB levels of random QM9 molecules in the label columns; none is a test or a reserved molecule.

    GFN2-xTB has no core levels, so `n_core` is 0 and `levels_ev` starts at the first valence level. Molecules whose
    charges do not converge are passed over.

    Parameters
    ----------
    folder : Path
        Holds the CSV files of qm9pack.
    progress : callable(done, total), optional

    Raises
    ------
    InputError
        If they are not there.
    """
    rows: list[Record] = []
    for index, smiles, geometry in qm9_geometries(
        folder, leave_out=load_reserved() | shipped_test_indices(), seed=seed
    ):
        if len(rows) == n_molecules:
            break
        try:
            levels = xtb_levels(geometry)
        except GeometryError:
            continue
        n_occupied = count_valence_levels(geometry)
        rows.append(
            {
                "id": f"qm9-{index}-gfn2",
                "qm9_index": np.int32(index),
                "split": "pretrain",
                "geometry": "rattled" if len(rows) % 2 else "dft",
                "smiles": smiles,
                "numbers": geometry.numbers,
                "positions": geometry.positions.astype(np.float32).ravel(),
                "n_core": np.int16(0),
                "n_occupied": np.int16(n_occupied),
                "levels_ev": levels[: n_occupied + N_EMPTY_XTB].astype(np.float32),
            }
        )
        if progress:
            progress(len(rows), n_molecules)
    return pd.DataFrame(rows)
