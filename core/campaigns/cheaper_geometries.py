"""QM9's molecules at cheaper geometries of the same conformer: what a network learns the way to the better geometry from."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdMolAlign

from core.errors import GeometryError
from core.json_lines import Record
from core.labels.archives.qm9 import STRUCTURE_COLUMNS, load_qm9pack, qm9pack_atoms
from core.labels.splits import TEST, TRAIN, load_reserved, shipped_test_indices
from core.machine.pools import map_in_processes
from core.machine.progress import Progress, report_nothing
from core.models.geometry.fit import BETTER, POSITION_GRAIN
from core.readers.identity import perceive_bonds
from core.structure.embed import FORCE_FIELD_STEPS
from core.structure.force_field import force_field_of
from core.structure.geometry import Geometry
from core.structure.relax import relax_geometry

FARTHEST_ANGSTROM = 0.5  # root mean square over all atoms: beyond it the relaxed molecule is another conformer
CHEAPER_SEED = 20261126  # of the order in which molecules are taken, behind those of the test split
GFN2, FORCE_FIELD = "gfn2", "mmff94"  # columns of positions


def relax_qm9(
    folder: Path,
    *,
    first: Sequence[int],
    n_molecules: int,
    n_workers: int | None = None,
    progress: Progress = report_nothing,
) -> pd.DataFrame:
    """Return QM9's geometries and what GFN2-xTB and MMFF94 relax them to: of some molecules first, then of random ones.

    A molecule that ends as another conformer, or as another molecule, has no such geometry; one that has neither is left out.
    Reserved molecules are not among them.

    Parameters
    ----------
    folder : Path
        Holds the CSV files of qm9pack.
    first : sequence of int
        QM9 indices that come before all others: those that have labels.

    Returns
    -------
    DataFrame
        qm9_index, split ("test" or "train"), numbers (n_atoms,) uint8, and positions (3 n_atoms,) int16 in POSITION_GRAIN:
        b3lyp, gfn2 and mmff94, the last two None where there are none.

    Raises
    ------
    InputError
        If the files are not there.
    """
    rows: list[Record] = []
    jobs = islice(ordered_qm9(folder, first), n_molecules)
    for done, row in enumerate(map_in_processes(relax_both_ways, jobs, n_workers=n_workers), 1):
        rows += [] if row is None else [row]
        progress(done, n_molecules)
    return pd.DataFrame(rows)


def ordered_qm9(folder: Path, first: Sequence[int]) -> Iterator[tuple[int, str, Geometry]]:
    """Yield (QM9 index, split, geometry): the first in their order, then all others but reserved ones in random order."""
    table = load_qm9pack(folder)
    test, reserved = shipped_test_indices(), load_reserved()
    row_of = {int(index): row for row, index in enumerate(table["Index"])}
    others = np.random.default_rng(CHEAPER_SEED).permutation(len(table))
    for row in dict.fromkeys([*(row_of[index] for index in first), *others.tolist()]):
        index, _, elements, xyz = table.iloc[row][list(STRUCTURE_COLUMNS)]
        if int(index) not in reserved:
            yield int(index), TEST if int(index) in test else TRAIN, Geometry(*qm9pack_atoms(elements, xyz))


def relax_both_ways(job: tuple[int, str, Geometry]) -> Record | None:
    """Return the row of one molecule; None where no cheaper geometry of it is the same conformer."""
    index, split, geometry = job
    perceived = perceive_bonds(geometry)
    if perceived is None:
        return None
    mol = Chem.Mol(perceived[1])
    Chem.SanitizeMol(mol)
    made = {
        name: as_int16(positions)
        for name, positions in relaxed_positions(mol, geometry)
        if distance_between(mol, geometry.positions, positions) < FARTHEST_ANGSTROM
    }
    if not made:
        return None
    row = {"qm9_index": np.int32(index), "split": split, "numbers": geometry.numbers}
    return row | {BETTER: as_int16(geometry.positions)} | {name: made.get(name) for name in (GFN2, FORCE_FIELD)}


def as_int16(positions: np.ndarray) -> np.ndarray:
    """Return positions (n_atoms, 3) [Angstrom] about their middle as (3 n_atoms,) whole multiples of POSITION_GRAIN."""
    grains: np.ndarray = np.round((positions - positions.mean(0)) / POSITION_GRAIN).astype(np.int16).ravel()
    return grains


def relaxed_positions(mol: Chem.Mol, geometry: Geometry) -> Iterable[tuple[str, np.ndarray]]:
    """Yield (method, positions) of a geometry relaxed by MMFF94 and by GFN2-xTB, where they succeed."""
    try:
        moved = Chem.Mol(mol)
        ((not_converged, _),) = force_field_of(mol).relax(moved, max_steps=FORCE_FIELD_STEPS)
        if not not_converged:
            yield FORCE_FIELD, moved.GetConformer().GetPositions()
    except GeometryError:
        pass
    try:
        yield GFN2, relax_geometry(geometry)[0].positions
    except GeometryError:
        return


def distance_between(mol: Chem.Mol, one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square distance [Angstrom] of two sets of positions (n_atoms, 3) laid on one another atom by atom."""
    pair = Chem.Mol(mol)
    pair.RemoveAllConformers()
    for positions in (one, other):
        conformer = Chem.Conformer(len(positions))
        conformer.SetPositions(np.array(positions))
        pair.AddConformer(conformer, assignId=True)
    return float(rdMolAlign.AlignMol(pair, pair, prbCid=0, refCid=1))
