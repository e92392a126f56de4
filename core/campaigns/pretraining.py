"""GFN2-xTB levels of many molecules, from which the tight-binding network learns first."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from core.campaigns.broad_set import BroadMolecule, constitution_of, draw_broad_smiles
from core.campaigns.jobs import DFT, MMFF, RATTLED, rattle
from core.errors import EigenscopeError, GeometryError
from core.json_lines import Record
from core.labels.archives.qm9 import STRUCTURE_COLUMNS, load_qm9pack, qm9pack_atoms
from core.labels.splits import NOT_QM9, is_broad_test, load_reserved, shipped_test_indices
from core.machine.pools import map_in_processes
from core.machine.progress import Progress, report_nothing
from core.reference.xtb import xtb_levels
from core.structure.geometry import Geometry, count_valence_levels
from core.structure.molecule import parse_smiles
from core.structure.place import Placement, place_molecule

PRETRAINING_SEED = 20261123
N_EMPTY_XTB = 3  # empty levels kept
N_KEPT_FOR_REFERENCE = 20_000  # of the broad set's order
GRAIN = 1 / 256  # Angstrom and eV: levels stand at the rounded positions
QUICK = Placement(relax=False, n_conformers=1, rescue_conformers=0)
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
    folder: Path, *, n_molecules: int, seed: int = PRETRAINING_SEED, progress: Progress = report_nothing
) -> pd.DataFrame:
    """Return GFN2-xTB levels of random QM9 molecules in the label columns; none is a test or a reserved molecule.

    Molecules whose charges do not converge are passed over.

    Parameters
    ----------
    folder : Path
        Holds the CSV files of qm9pack.
    progress : callable(done, total)

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
        with suppress(GeometryError):
            kind = RATTLED if len(rows) % 2 else DFT
            rows.append(pretraining_row(f"qm9-{index}-gfn2", smiles, geometry, kind=kind, qm9_index=index))
            progress(len(rows), n_molecules)
    return pd.DataFrame(rows)


def label_broad_xtb(
    n_molecules: int, *, n_workers: int | None = None, progress: Progress = report_nothing
) -> pd.DataFrame:
    """Return GFN2-xTB levels of molecules of the broad set at force-field geometries, every second one rattled.

    They are the molecules of the order behind those that reference labels are made of, and none is of the broad test part.

    Parameters
    ----------
    progress : callable(done, total)
    """
    drawn = islice(draw_broad_smiles(), N_KEPT_FOR_REFERENCE, None)
    trained = (m for m in drawn if not is_broad_test(constitution_of(parse_smiles(m.smiles).rdkit)))
    labelled = map_in_processes(label_broad_molecule, islice(trained, n_molecules), n_workers=n_workers)
    rows = []
    for done, row in enumerate(labelled, 1):
        progress(done, n_molecules)
        if row is not None:
            rows.append(row)
    return pd.DataFrame(rows)


def label_broad_molecule(molecule: BroadMolecule) -> Record | None:
    """Return the row of one molecule; None where it has no geometry, or its charges do not converge."""
    seed = int(molecule.id.rsplit("-", 1)[1])
    with suppress(EigenscopeError):
        geometry = place_molecule(parse_smiles(molecule.smiles), replace(QUICK, seed=seed)).geometry
        if is_rattled := bool(seed % 2):
            rng = np.random.default_rng(seed)
            moved = rattle(geometry.positions, rng, between_angstrom=PRETRAINING_RATTLE_ANGSTROM)
            geometry = replace(geometry, positions=moved)
        return pretraining_row(f"{molecule.id}-gfn2", molecule.smiles, geometry, kind=RATTLED if is_rattled else MMFF)
    return None


def pretraining_row(name: str, smiles: str, geometry: Geometry, *, kind: str, qm9_index: int = NOT_QM9) -> Record:
    """Return a molecule with its GFN2-xTB levels in the label columns.

    GFN2-xTB has no core levels, so `n_core` is 0 and `levels_ev` starts at the first valence level. Positions and levels are
    whole multiples of GRAIN, which compress.

    Raises
    ------
    GeometryError
        If the charges do not converge.
    """
    positions = as_grains(geometry.positions - geometry.positions.mean(0))
    levels = xtb_levels(Geometry(geometry.numbers, positions))
    n_occupied = count_valence_levels(geometry)
    return {
        "id": name,
        "qm9_index": np.int32(qm9_index),
        "split": "pretrain",
        "geometry": kind,
        "smiles": smiles,
        "numbers": geometry.numbers.astype(np.uint8),
        "positions": positions.astype(np.float32).ravel(),
        "n_core": np.int16(0),
        "n_occupied": np.int16(n_occupied),
        "levels_ev": as_grains(levels[: n_occupied + N_EMPTY_XTB]).astype(np.float32),
    }


def as_grains(values: np.ndarray) -> np.ndarray:
    """Return values rounded to multiples of GRAIN."""
    return np.round(values / GRAIN) * GRAIN
