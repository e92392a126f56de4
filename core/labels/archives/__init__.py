"""Archives of labels that users already have, one format a file; which one a path is shows in its name and contents."""

import tarfile
from collections.abc import Mapping
from pathlib import Path

from core.errors import InputError
from core.labels.archives import ghosh, label_table, oe62, qm9
from core.labels.rows import Archive
from core.structure.geometry import Geometry

KNOWN_ARCHIVES = (
    "labels of eigenscope label (Parquet), QM9 (tar or folder of xyz files, or qm9pack's CSV files), OE62 (df_5k.json, "
    "df_31k.json, df_62k.json), the archive of Ghosh et al. (data.xyz, energies.txt), or a table (CSV, TSV, Parquet)"
)
QM9_XYZ, QM9PACK, OE62, GHOSH, LABEL_TABLE = "qm9 xyz", "qm9pack", "oe62", "ghosh", "table"


def open_archive(
    path: Path,
    *,
    theory: str | None = None,
    unit: str | None = None,
    structures: Mapping[str, Geometry] | None = None,
) -> Archive:
    """Return the rows of a file or folder in any of the formats KNOWN_ARCHIVES but our own.

    Parameters
    ----------
    theory : str, optional
        Which level of theory, where a set has several (OE62).
    unit : str, optional
        Of the levels of a table that does not state it.
    structures : mapping, optional
        Geometries by id, for a table that has none.

    Raises
    ------
    InputError
        If it is none of them, cannot be read, or an option does not apply to it.
    """
    kind = recognise(path)
    check_archive_options(kind, theory=theory, unit=unit)
    if kind == OE62:
        return oe62.read_oe62(path, theory=theory)
    if kind == LABEL_TABLE:
        return label_table.read_label_table(path, unit=unit, structures=structures)
    return {QM9_XYZ: qm9.read_qm9_xyz, QM9PACK: qm9.read_qm9pack, GHOSH: ghosh.read_ghosh}[kind](path)


def check_archive_options(kind: str, *, theory: str | None, unit: str | None) -> None:
    """Raise InputError where an option is given that the format has no use for."""
    if theory is not None and kind != OE62:
        raise InputError(f"a level of theory can be chosen of OE62 only, got {theory!r} for a set of another kind")
    if unit is not None and kind != LABEL_TABLE:
        raise InputError(f"a unit can be told of a table of one's own only, got {unit!r} for a set of another kind")


def recognise(path: Path) -> str:
    """Return which format a path is of.

    Raises
    ------
    InputError
        If it is none, is not there, or is empty.
    """
    if path.is_dir():
        return recognise_folder(path)
    start = read_start(path)
    lines = start.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    header = lines[0] if lines else ""
    if start.startswith(label_table.PARQUET):
        return LABEL_TABLE
    if path.name in (ghosh.FRAMES_FILE, ghosh.LEVELS_FILE):
        return GHOSH
    if tarfile.is_tarfile(path):
        return recognise_tar(path)
    if path.suffix.lower() == ".json" or header.lstrip().startswith(("{", "[")):
        return OE62
    if path.suffix.lower() == ".xyz":
        if len(lines) > 1 and lines[1].startswith("gdb"):
            return QM9_XYZ
        raise InputError(f'an XYZ file holds labels only if it is QM9\'s (second line "gdb ..."), {path} does not')
    if all(name in header for name in (*qm9.STRUCTURE_COLUMNS, *qm9.ENERGY_COLUMNS)):
        return QM9PACK
    if path.suffix.lower() in (".csv", ".tsv", ".tab", ".txt"):
        return LABEL_TABLE
    raise InputError(f"labels must be {KNOWN_ARCHIVES}; {path} is none of them")


def recognise_folder(path: Path) -> str:
    """Return which format a folder is of."""
    names = {p.name for p in path.iterdir()}
    if names & set(qm9.QM9PACK_PARTS):
        return QM9PACK
    if {ghosh.FRAMES_FILE, ghosh.LEVELS_FILE} & names:
        return GHOSH
    if any(name.endswith(".xyz") for name in names):
        return QM9_XYZ
    files = [name for name in sorted(names) if name.startswith("df_") and name.endswith(".json")]
    if files:
        raise InputError(f"OE62 is read a file at a time: name one of {', '.join(files)} in {path}")
    raise InputError(f"labels must be {KNOWN_ARCHIVES}; the folder {path} is none of them")


def recognise_tar(path: Path) -> str:
    """Return which format a tar archive is of, by its members up to the first that tells."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                if name in (ghosh.FRAMES_FILE, ghosh.LEVELS_FILE):
                    return GHOSH
                if name.endswith(".xyz"):
                    return QM9_XYZ
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(f"an archive must be whole and readable: {path}: {error}") from error
    raise InputError(f"labels must be {KNOWN_ARCHIVES}; the archive {path} holds none of them")


def read_start(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises
    ------
    InputError
        If it cannot be read or is empty.
    """
    try:
        with path.open("rb") as file:
            start = file.read(20_000)
    except OSError as error:
        raise InputError(f"labels must be a readable file or folder: {path}: {error.strerror}") from error
    if not start.strip():
        raise InputError(f"labels need at least one row, {path} is empty")
    return start
