"""The archive of Ghosh et al.: 132k QM9 molecules with their 16 highest occupied levels.

Deep Learning Spectroscopy, Adv. Sci. 2019, doi 10.1002/advs.201801367; data at doi 10.5281/zenodo.3386508
(132k_16_opt_eV.tar.gz). As the authors' code reads it: data.xyz holds XYZ frames one after another (number of atoms,
comment, "element x y z"); energies.txt one row a molecule in the same order, 16 numbers in eV. Where a molecule has
fewer than 16 levels, the authors say to leave it out; where it has 16 only with its 1s cores, the cores are recognised.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.labels.archives.frames import parse_count, parse_frame_atoms
from core.labels.rows import Archive, LabelRow, LeftOut, Provenance

FRAMES_FILE, LEVELS_FILE = "data.xyz", "energies.txt"
N_LEVELS = 16
GEOMETRY = "pbe"
PROVENANCE = Provenance(
    name="Deep Learning Spectroscopy, 132k QM9 molecules",
    level_of_theory="PBE (FHI-aims, all-electron)",
    geometry="PBE with van der Waals correction, from QM9's (FHI-aims)",
    doi="10.1002/advs.201801367",
    licence="as stated at doi 10.5281/zenodo.3386508",
)
NOTES = ("no empty levels are given: figures of the LUMO cannot be computed",)


def read_ghosh(path: Path) -> Archive:
    """Return the rows of the archive: its folder, its tar file, or one of data.xyz and energies.txt beside the other.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, or the two do not hold as many molecules.
    """
    lines = {name: open_lines(path, name) for name in (FRAMES_FILE, LEVELS_FILE)}
    return Archive(pair_rows(list(split_frames(lines[FRAMES_FILE])), level_rows(lines[LEVELS_FILE])), PROVENANCE, NOTES)


def open_lines(path: Path, name: str) -> list[str]:
    """Return the lines of one of the two files, line ends of any kind taken off."""
    try:
        if path.is_file() and tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                member = next((m for m in archive if Path(m.name).name == name), None)
                content = archive.extractfile(member) if member else None
                if content is None:
                    raise InputError(f"{path} must hold {FRAMES_FILE} and {LEVELS_FILE}, found no {name}")
                data = content.read()
        else:
            data = ((path if path.is_dir() else path.parent) / name).read_bytes()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(
            f"{FRAMES_FILE} and {LEVELS_FILE} must be readable beside each other: {path}: {error}"
        ) from error
    # io.StringIO with newline=None turns \r\n and \r into \n, mixed or not
    return [line.rstrip("\n") for line in io.StringIO(data.decode("utf-8", "replace"), newline=None)]


def split_frames(lines: list[str]) -> Iterator[list[str]]:
    """Yield the atom lines of each frame; of the last one, cut off, those that are there.

    Raises
    ------
    InputError
        If a frame in the middle is cut off or too long: what follows can no longer be matched with its levels.
    """
    at, count = 0, 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        count += 1
        try:
            n_atoms = parse_count(lines[at])
        except InputError as error:
            raise InputError(f"{FRAMES_FILE}, line {at + 1}, frame {count}: {error}") from error
        atoms = lines[at + 2 : at + 2 + n_atoms]
        short = next((k for k, line in enumerate(atoms) if len(line.split()) < 4), None)
        if short is not None and any(line.strip() for line in lines[at + 2 + short :]):
            raise InputError(
                f"{FRAMES_FILE}, frame {count} announces {n_atoms} atoms, line {at + 3 + short} is no atom: "
                f"{atoms[short].strip()[:40]!r}"
            )
        yield [lines[at], *atoms[:short]]
        at += 2 + n_atoms


def level_rows(lines: list[str]) -> list[str]:
    """Return the rows of energies.txt: lines that are neither blank nor comments."""
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pair_rows(frames: list[list[str]], levels: list[str]) -> Iterator[LabelRow | LeftOut]:
    """Yield a row a molecule.

    Raises
    ------
    InputError
        If there are not as many frames as rows of levels, or none.
    """
    if len(frames) != len(levels):
        raise InputError(
            f"{FRAMES_FILE} and {LEVELS_FILE} must hold as many molecules: found {len(frames)} frames, {len(levels)} rows"
        )
    for k, (frame, row) in enumerate(zip(frames, levels, strict=True), start=1):
        name = f"ghosh-{k}"
        try:
            yield ghosh_row(name, frame, row)
        except InputError as error:
            yield LeftOut(name, str(error))


def ghosh_row(name: str, frame: list[str], row: str) -> LabelRow:
    """Return the row of one molecule."""
    n_atoms = parse_count(frame[0])
    if len(frame) != n_atoms + 1:
        raise InputError(f"the frame announces {n_atoms} atoms, the file ends after {len(frame) - 1}")
    numbers, positions = parse_frame_atoms(frame[1:])
    try:
        levels = np.array([float(x) for x in row.replace(",", " ").split()])
    except ValueError as error:
        raise InputError(f"{LEVELS_FILE} must hold numbers, got {row.strip()[:60]!r}") from error
    if len(levels) != N_LEVELS:
        raise InputError(f"{LEVELS_FILE} must have {N_LEVELS} levels a row, found {len(levels)}")
    return LabelRow(name, numbers, positions, levels, geometry=GEOMETRY)
