"""What to label, in which order: QM9, a library, or geometries from a file. Every order is seeded: any prefix is a sample."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rdkit import Chem
from rdkit.Chem import AllChem

from core.errors import InputError
from core.labels.archives.qm9 import STRUCTURE_COLUMNS, load_qm9pack, qm9pack_atoms
from core.labels.splits import NOT_QM9, OWN_FILE, TEST, TRAIN, load_reserved, named_qm9_index
from core.structure.geometry import XTB, Geometry
from core.structure.molecule import parse_smiles
from core.structure.place import Placement, place_molecule
from core.structure.placed import is_placed

QM9_SEED = 20261122  # of the order in which QM9 is labelled
GEOMETRY_SEED = 1  # of the draw of geometry kinds along that order
N_TEST, N_AT_REST = 1000, 2000  # the first of the order: the test split; and those labelled at QM9's own geometry only
DFT, MMFF, RATTLED = "dft", "mmff", "rattled"
SHARE_DFT, SHARE_MMFF = 0.6, 0.25  # of the training molecules; the rest is rattled
RATTLE_ANGSTROM = (0.01, 0.05)  # smallest and largest standard deviation
LIBRARY_SEED = 20261123
N_LIBRARY = 2000


@dataclass(frozen=True, eq=False)
class LabelJob:
    """One molecule-geometry to label.

    Attributes
    ----------
    id : str
        Unique in a campaign.
    qm9_index : int
        NOT_QM9 where it is not of QM9.
    split : str
        "test", "train" (QM9), "library" or "file".
    geometry : str
        Kind asked for. "mmff" and "rattled" are made of `positions` and `smiles` when the job is done.
    smiles : str
    numbers : (n_atoms,) int
        Atomic numbers; empty where the geometry is still to be made of the SMILES alone.
    positions : (n_atoms, 3) float64 [Angstrom]
    """

    id: str
    qm9_index: int
    split: str
    geometry: str
    smiles: str
    numbers: np.ndarray
    positions: np.ndarray


def qm9_jobs(folder: Path) -> Iterator[LabelJob]:
    """Yield every QM9 molecule but the reserved ones, in the one order of all campaigns.

    The first N_TEST are the test split. Training molecules come at QM9's own geometry (60%), at an MMFF94 geometry from
    their SMILES (25%) or rattled (15%).

    Parameters
    ----------
    folder : Path
        Holds the CSV files of qm9pack.

    Raises
    ------
    InputError
        If they are not there.
    """
    table = load_qm9pack(folder)
    reserved, draw = load_reserved(), np.random.default_rng(GEOMETRY_SEED)
    for rank, row in enumerate(np.random.default_rng(QM9_SEED).permutation(len(table))):
        index, smiles, elements, xyz = (table.iloc[row][c] for c in STRUCTURE_COLUMNS)
        kind = draw.random()  # drawn for every molecule, used or not, so that the kinds never shift
        geometry = DFT if rank < N_AT_REST or kind < SHARE_DFT else MMFF if kind < SHARE_DFT + SHARE_MMFF else RATTLED
        if index not in reserved:
            numbers, positions = qm9pack_atoms(elements, xyz)
            yield LabelJob(
                id=f"qm9-{index}-{geometry}",
                qm9_index=int(index),
                split="test" if rank < N_TEST else "train",
                geometry=geometry,
                smiles=str(smiles),
                numbers=numbers,
                positions=positions,
            )


def library_jobs(path: Path, *, n_molecules: int = N_LIBRARY, seed: int = LIBRARY_SEED) -> list[LabelJob]:
    """Return a random sample of a library at its own geometries; molecules of reserved QM9 constitutions are left out.

    The order is that of a hash of seed and id: it stays when the library grows, and a smaller sample is part of a larger.

    Raises
    ------
    InputError
        If the file is no Parquet with the columns id, smiles, numbers, positions.
    """
    columns = ("id", "smiles", "numbers", "positions")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"a library must be a readable Parquet file: {path}: {error}") from error
    missing = [c for c in columns if c not in table]
    if missing:
        raise InputError(f"a library needs the columns {', '.join(columns)}; {path} lacks {', '.join(missing)}")
    if "constitution_id" in table:
        table = table[~table["constitution_id"].astype(str).isin({str(i) for i in load_reserved()})]
    chosen = shuffled_rows(table, seed=seed).head(n_molecules)
    return [
        LabelJob(str(i), NOT_QM9, "library", "library", str(smiles), np.asarray(z, int), as_positions(x))
        for i, smiles, z, x in chosen[list(columns)].itertuples(index=False)
    ]


def shuffled_rows(table: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the rows in the order of a hash of seed and id: it stays when others are added."""
    order = [hashlib.sha256(f"{seed}:{x}".encode()).hexdigest() for x in table["id"]]
    return table.iloc[np.argsort(order, kind="stable")]


def own_jobs(molecules: Iterable[tuple[str, str, Geometry | None, Mapping[str, str]]]) -> Iterator[LabelJob]:
    """Yield jobs for molecules of a user's own: (id, SMILES, geometry or None, properties).

    Without a geometry the job makes one of the SMILES, as predictions do. A repeated id gets "#2", ...

    A molecule that says that it is of QM9 (its id, as "qm9-61254" or "gdb_61254", or a property "qm9_index") keeps that
    index, so that reserved ones are refused. One that states that its split is "train" or "test" keeps that, too.
    """
    seen: dict[str, int] = {}
    for name, smiles, geometry, properties in molecules:
        seen[name] = seen.get(name, 0) + 1
        unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
        index = named_qm9_index(name, properties)
        placed = geometry or Geometry(np.zeros(0), np.zeros((0, 3)), XTB)
        stated = str(properties.get("split", ""))
        split = stated if stated in (TRAIN, TEST) else OWN_FILE
        yield LabelJob(unique, index, split, placed.origin, smiles, placed.numbers, placed.positions)


def as_positions(flat: np.ndarray) -> np.ndarray:
    """Return (n_atoms, 3) float64 of flat coordinates."""
    return np.asarray(flat, np.float64).reshape(-1, 3)


def place_job(job: LabelJob) -> tuple[Geometry, str]:
    """Return the geometry to compute, and its kind: "dft" where MMFF94 cannot embed the molecule.

    Raises
    ------
    PlacementError
        If a molecule that came without a geometry cannot be given one, or becomes another on the way.
    """
    if job.geometry == MMFF:
        made = mmff_geometry(job.smiles, job.numbers)
        return (made, MMFF) if made else (Geometry(job.numbers, job.positions), DFT)
    if job.geometry == RATTLED:
        return Geometry(job.numbers, rattle(job.positions, np.random.default_rng(job.qm9_index))), RATTLED
    if len(job.numbers) == 0:
        made = place_molecule(parse_smiles(job.smiles), Placement()).geometry
        return made, made.origin
    return Geometry(job.numbers, job.positions), job.geometry


def rattle(
    positions: np.ndarray, rng: np.random.Generator, *, between_angstrom: tuple[float, float] = RATTLE_ANGSTROM
) -> np.ndarray:
    """Return positions (n_atoms, 3) [Angstrom] with normal noise of one standard deviation, drawn between two."""
    moved: np.ndarray = positions + rng.normal(0, rng.uniform(*between_angstrom), positions.shape)
    return moved


def mmff_geometry(smiles: str, numbers: np.ndarray) -> Geometry | None:
    """Return an ETKDG + MMFF94 geometry of the SMILES, or None where RDKit makes none of that molecule.

    Not `embed_geometry`: the labels at hand were made with these settings, and campaigns go on with them.
    """
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    mol = Chem.AddHs(mol)
    own = [a.GetAtomicNum() for a in mol.GetAtoms()]
    if sorted(own) != sorted(int(z) for z in numbers):
        return None
    if AllChem.EmbedMolecule(mol, randomSeed=7) != 0 or AllChem.MMFFOptimizeMolecule(mol, maxIters=2000) < 0:  # type: ignore[attr-defined]
        return None
    made = Geometry(np.array(own), mol.GetConformer().GetPositions(), MMFF)
    return made if is_placed(Chem.MolFromSmiles(smiles), made) else None
