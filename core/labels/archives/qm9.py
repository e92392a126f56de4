"""QM9: B3LYP HOMO and LUMO of 134k molecules, as its xyz archive or as the CSV files of the package qm9pack.

Ramakrishnan, Dral, Rupp, von Lilienfeld, Sci. Data 1, 140022 (2014), doi 10.1038/sdata.2014.22. Its README: a file a
molecule; number of atoms; "gdb", index and 15 properties, the 6th to 8th HOMO, LUMO and gap in Hartree; atoms with
Mulliken charges; frequencies; SMILES from GDB-17 and of the relaxed geometry; InChI of both.
"""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from core.elements import ELEMENTS
from core.errors import InputError
from core.labels.archives.frames import parse_count, parse_float, parse_frame_atoms, split_frame_lines
from core.labels.rows import Archive, LabelRow, LeftOut, Provenance
from core.units import HARTREE_EV

QM9PACK_PARTS = ("qm9_part1.csv", "qm9_part2.csv", "qm9_part3.csv")  # inside the package qm9pack
STRUCTURE_COLUMNS = ("Index", "SMILES", "Elements", "XYZ_Ang")
ENERGY_COLUMNS = ("HOMO_au", "LUMO_au", "HOMO_LUMO_gap_au")
UNCHARACTERIZED = "uncharacterized.txt"  # published beside the archive: relaxed into other molecules
N_PROPERTIES = 17
MAX_MEMBERS, MAX_MEMBER_BYTES = 200_000, 1_000_000  # QM9 has 133,885 files of 2 kB
MAX_GAP_ERROR = 2e-4  # Hartree: HOMO, LUMO and gap are given to 1e-4
GEOMETRY = "dft"
PROVENANCE = Provenance(
    name="QM9",
    level_of_theory="B3LYP/6-31G(2df,p)",
    geometry="B3LYP/6-31G(2df,p)",
    doi="10.1038/sdata.2014.22",
    licence="CC0",
)
NOTES = ("only HOMO and LUMO are given: figures of the band and of deeper levels cannot be computed",)
NUMBERS = {element.symbol: element.number for element in ELEMENTS}


def read_qm9_xyz(path: Path) -> Archive:
    """Return the rows of an xyz archive: a tar file, compressed or not, a folder of xyz files, or one such file.

    Molecules listed in a file uncharacterized.txt beside it (or in the folder) are left out.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    return Archive(xyz_rows(path, load_uncharacterized(folder / UNCHARACTERIZED)), PROVENANCE, NOTES)


def xyz_rows(path: Path, uncharacterized: set[int]) -> Iterator[LabelRow | LeftOut]:
    """Yield a row a file, in the order of the archive."""
    for name, data in xyz_files(path):
        try:
            row = parse_qm9_xyz(data.decode("utf-8", "replace"))
        except InputError as error:
            yield LeftOut(name, str(error))
            continue
        if row.qm9_index in uncharacterized:
            yield LeftOut(row.id, f"QM9's authors list it in {UNCHARACTERIZED}: it relaxed into another molecule")
        else:
            yield row


def xyz_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each xyz file."""
    try:
        if path.is_dir():
            for file in sorted(path.glob("*.xyz")):
                yield file.name, file.read_bytes()
        elif path.suffix == ".xyz":
            yield path.name, path.read_bytes()
        else:
            with tarfile.open(path, "r|*") as archive:
                for n_before, member in enumerate(archive):
                    check_member(member, n_before)
                    content = archive.extractfile(member) if member.name.endswith(".xyz") else None
                    if content is not None:
                        yield Path(member.name).name, content.read()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(f"QM9's archive must be whole and readable: {path}: {error}") from error


def check_member(member: tarfile.TarInfo, n_before: int) -> None:
    """Raise InputError where an archive unpacks to far more than QM9 does: a few bytes can stand for gigabytes."""
    if member.size > MAX_MEMBER_BYTES or n_before >= MAX_MEMBERS:
        raise InputError(
            f"an archive of QM9's files holds at most {MAX_MEMBERS:,} of {MAX_MEMBER_BYTES // 1000} kB each, found "
            f"{member.name[:60]!r} of {member.size / 1000:,.0f} kB in place {n_before + 1:,}"
        )


def parse_qm9_xyz(text: str) -> LabelRow:
    """Return the row of one file.

    Raises
    ------
    InputError
        If it is not of QM9's form, or its HOMO, LUMO and gap disagree.
    """
    lines = split_frame_lines(text)
    n_atoms = parse_count(lines[0])
    if len(lines) != n_atoms + 5:
        raise InputError(f"a QM9 file of {n_atoms} atoms must have {n_atoms + 5} lines, found {len(lines)}")
    fields = lines[1].split()
    if len(fields) != N_PROPERTIES or fields[0] != "gdb" or not fields[1].isdecimal():
        raise InputError(f'the second line must hold "gdb", an index and 15 properties, got {lines[1].strip()[:60]!r}')
    try:
        homo, lumo, gap = (parse_float(x) for x in fields[7:10])
    except ValueError as error:
        raise InputError(f"HOMO, LUMO and gap must be numbers, got {' '.join(fields[7:10])!r}") from error
    numbers, positions = parse_frame_atoms(lines[2 : n_atoms + 2])
    smiles = lines[n_atoms + 3].split()
    return qm9_row(int(fields[1]), smiles[-1] if smiles else "", numbers, positions, (homo, lumo, gap))


def qm9_row(
    index: int, smiles: str, numbers: np.ndarray, positions: np.ndarray, energies_ha: tuple[float, float, float]
) -> LabelRow:
    """Return the row of a molecule with its HOMO, LUMO and gap [Hartree]; raise InputError if they disagree."""
    homo, lumo, gap = energies_ha
    if not abs(lumo - homo - gap) <= MAX_GAP_ERROR:
        raise InputError(f"LUMO - HOMO must be the gap, got {lumo} - {homo} and {gap} Hartree")
    return LabelRow(
        id=f"qm9-{index}",
        numbers=numbers,
        positions=positions,
        occupied_ev=[homo * HARTREE_EV],
        lumo_ev=lumo * HARTREE_EV,
        smiles=smiles,
        qm9_index=index,
        geometry=GEOMETRY,
    )


def load_uncharacterized(path: Path) -> set[int]:
    """Return the indices that uncharacterized.txt lists; none where there is no such file."""
    if not path.is_file():
        return set()
    rows = [line.split() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return {int(row[0]) for row in rows if len(row) > 2 and row[0].isdecimal()}


def load_qm9pack(path: Path, *, columns: tuple[str, ...] = STRUCTURE_COLUMNS) -> pd.DataFrame:
    """Return columns of qm9pack's CSV files, in their order.

    Parameters
    ----------
    path : Path
        The folder that holds them, or one of them.

    Raises
    ------
    InputError
        If they are not there or lack a column.
    """
    parts = [path] if path.is_file() else [path / part for part in QM9PACK_PARTS]
    try:
        return pd.concat([pd.read_csv(part, usecols=list(columns)) for part in parts], ignore_index=True)
    except (OSError, ValueError) as error:
        raise InputError(f"QM9 must be a folder with {', '.join(QM9PACK_PARTS)} of qm9pack: {path}: {error}") from error


def qm9pack_atoms(elements: str, xyz: str) -> tuple[np.ndarray, np.ndarray]:
    """Return atomic numbers (n_atoms,) and positions (n_atoms, 3) [Angstrom] of cells "['C','H']", "[[x,y,z],...]".

    Raises
    ------
    InputError
        If the cells are not of that form.
    """
    try:
        numbers = np.array([NUMBERS[s] for s in re.sub(r"[\[\]'\"\s]", "", elements).split(",")])
        positions = np.array([float(x) for x in re.sub(r"[\[\]\s]", "", xyz).split(",")]).reshape(-1, 3)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"Elements and XYZ_Ang must list elements and positions, got {str(elements)[:40]!r}"
        ) from error
    if len(numbers) != len(positions):
        raise InputError(f"one position an atom: got {len(numbers)} elements, {len(positions)} positions")
    return numbers, positions


def read_qm9pack(path: Path) -> Archive:
    """Return the rows of qm9pack's CSV files.

    Raises
    ------
    InputError
        If they are not there or lack a column.
    """
    return Archive(qm9pack_rows(load_qm9pack(path, columns=STRUCTURE_COLUMNS + ENERGY_COLUMNS)), PROVENANCE, NOTES)


def qm9pack_rows(table: pd.DataFrame) -> Iterator[LabelRow | LeftOut]:
    """Yield a row a molecule."""
    names = [*STRUCTURE_COLUMNS, *ENERGY_COLUMNS]
    for k, (index, smiles, elements, xyz, *energies) in enumerate(table[names].itertuples(index=False), start=1):
        try:
            homo, lumo, gap = (float(x) for x in energies)
            yield qm9_row(int(index), str(smiles), *qm9pack_atoms(elements, xyz), (homo, lumo, gap))
        except ValueError as error:  # InputError is one
            yield LeftOut(f"row {k}: {index}", str(error))
