"""Trajectories in: extended XYZ, ASE's .traj, and any other file of structures whose records are frames of one molecule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DomainError, EigenscopeError, InputError
from core.readers.ase_trajectory import looks_like_ase_trajectory, read_ase_trajectory
from core.readers.identity import check_no_ion, molecule_from_geometry
from core.readers.length_units import stated_unit
from core.readers.records import split_lines
from core.readers.structures import read_structures, sniff_format
from core.readers.text import decode_text
from core.readers.xyz import PLAIN_COLUMNS, parse_comment, parse_frame, read_isolated
from core.structure.geometry import AS_GIVEN, Geometry
from core.structure.molecule import MAX_ATOMS
from core.structure.trajectory import MAX_FRAMES, Trajectory

MAX_TRAJECTORY_MB = 50
TRAJECTORY_EXTENSIONS = ("xyz", "extxyz", "traj", "sdf", "pdb")
UNKNOWN = float("nan")
N_IDENTIFIED = 3  # frames of which one must be a neutral molecule, where the first is an ion by its distances


@dataclass(frozen=True, eq=False)
class TrajectoryFrame:
    """One frame of a file.

    Attributes
    ----------
    geometry : Geometry or None
        None where it is broken, and `reason` says why.
    time_fs : float [fs]
    temperature_k : float [K]
        As `core.writers.trajectories` writes them (other programs' times do not say their unit); nan where not stated.
    is_at_rest : bool
        Whether it is the molecule at rest, ahead of the frames.
    is_neutral : bool
        Whether the file says so.
    """

    geometry: Geometry | None
    time_fs: float = UNKNOWN
    temperature_k: float = UNKNOWN
    is_at_rest: bool = False
    reason: str = ""
    is_neutral: bool = False


def read_trajectory(data: bytes, filename: str, *, spacing_fs: float | None = None) -> Trajectory:
    """Return the trajectory of a file: its frames in order, broken ones left out and said.

    Parameters
    ----------
    data, filename
        See `core.readers.structures.read_structures`; the content decides.
    spacing_fs : float [fs] or None
        Between two frames; None: as the file says, which few do.

    Raises
    ------
    InputError
        If nothing can be read, the file is over a limit, frames differ in their atoms, or there is a single one.
    DomainError
        If the molecule is periodic, charged, or has unpaired electrons.
    """
    if len(data) > MAX_TRAJECTORY_MB * 1_000_000:
        raise InputError(
            f"nothing was read: a trajectory may have at most {MAX_TRAJECTORY_MB} MB, this one has {len(data) / 1e6:.1f} MB"
        )
    check_spacing(spacing_fs)
    frames: list[TrajectoryFrame]
    if looks_like_ase_trajectory(data):
        frames = ase_frames(data)
    else:
        text = decode_text(data)
        is_xyz = sniff_format(text, filename) == "xyz"
        frames = list(xyz_frames(text)) if is_xyz else record_frames(data, filename)
    return join_frames(frames, spacing_fs=spacing_fs)


def check_spacing(spacing_fs: float | None) -> None:
    """Raise InputError unless the time between frames [fs] is above 0, or not told."""
    if spacing_fs is not None and not spacing_fs > 0:
        raise InputError(f"spacing_fs must be > 0, got {spacing_fs:g}")


def ase_frames(data: bytes) -> list[TrajectoryFrame]:
    """Return the frames of an ASE trajectory; raises as `read_ase_trajectory`, and DomainError where one is periodic."""
    frames: list[TrajectoryFrame] = []
    for numbers, positions, is_periodic in read_ase_trajectory(data, most_frames=MAX_FRAMES):
        if is_periodic:
            raise DomainError("isolated molecules only, the trajectory is periodic (pbc)")
        frames.append(TrajectoryFrame(Geometry(numbers, positions)))
    return frames


def xyz_frames(text: str) -> Iterator[TrajectoryFrame]:
    """Yield the frames of an XYZ file; one that is broken says why, and ends the file where its length is not known."""
    lines = split_lines(text)
    place, number = 0, 0
    while place < len(lines):
        if not lines[place].strip():
            place += 1
            continue
        number += 1
        if number > MAX_FRAMES:
            raise InputError(f"a trajectory may have at most {MAX_FRAMES:,} frames, the file holds more")
        count = lines[place].strip()
        if not (count.isdecimal() and count.isascii() and len(count) < 8):
            why = f"frame {number}: a frame must start with its number of atoms, got {count[:40]!r}"
            yield TrajectoryFrame(None, reason=why)
            return
        end = place + 2 + int(count)
        yield read_xyz_frame(lines[place:end], number)
        place = end


def read_xyz_frame(lines: list[str], number: int) -> TrajectoryFrame:
    """Return one frame, or why it is none.

    Raises
    ------
    DomainError
        If it is of a crystal, an ion or an open shell.
    """
    pairs, words = parse_comment(lines[1][:10_000] if len(lines) > 1 else "")
    try:
        unit = stated_unit(pairs, words) or 1.0
        geometry, _ = parse_frame(lines, pairs.get("Properties", PLAIN_COLUMNS), unit=unit)
        electrons = read_isolated(pairs, words, n_electrons=int(geometry.numbers.sum()))
        time_fs, temperature_k = (float(pairs.get(key, "nan")) for key in ("time_fs", "temperature_k"))
    except DomainError:
        raise
    except (EigenscopeError, ValueError) as error:
        return TrajectoryFrame(None, reason=f"frame {number}: {error}")
    at_rest, is_neutral = pairs.get("at_rest") == "T", electrons.charge == 0
    return TrajectoryFrame(geometry, time_fs, temperature_k, at_rest, is_neutral=is_neutral)


def record_frames(data: bytes, filename: str) -> list[TrajectoryFrame]:
    """Return the records of any other file of structures as frames."""
    frames: list[TrajectoryFrame] = []
    for entry in read_structures(data, filename):
        reason = "" if entry.geometry is not None else f"frame {entry.row}: {entry.reason or 'it has no geometry'}"
        frames.append(TrajectoryFrame(entry.geometry, reason=reason))
    return frames


def join_frames(frames: Sequence[TrajectoryFrame], *, spacing_fs: float | None) -> Trajectory:
    """Return the frames as one trajectory; raises as `read_trajectory`."""
    if len(frames) > MAX_FRAMES + 1:
        raise InputError(f"a trajectory may have at most {MAX_FRAMES:,} frames, the file holds {len(frames):,}")
    broken = [frame.reason for frame in frames if frame.geometry is None]
    at_rest = frames[0].geometry if frames and frames[0].is_at_rest else None
    of_molecule = list(enumerate(frames[at_rest is not None :], start=1))
    moving = [(f.geometry, f) for _, f in of_molecule if f.geometry is not None]
    frame_numbers = np.array([number for number, f in of_molecule if f.geometry is not None])
    if not moving:
        raise InputError(f"nothing was read: {broken[0] if broken else 'there is no frame'}")
    check_alike([geometry for geometry, _ in moving])
    if not any(f.is_neutral for _, f in moving):
        check_closed([geometry for geometry, _ in moving[:N_IDENTIFIED]])
    if len(moving) < 2:
        raise InputError("a trajectory needs at least two frames, found one: Predict takes single molecules")
    notes = (f"{len(broken)} broken frames are left out, the first: {broken[0]}",) if broken else ()
    times_fs = np.array([f.time_fs for _, f in moving])
    apart = int(
        np.diff(frame_numbers).min()
    )  # between the frames nearest to one another, which others may have been broken of
    stated = stated_spacing(times_fs, frame_numbers) * apart if spacing_fs is None else spacing_fs * apart
    return Trajectory(
        moving[0][0].numbers,
        np.array([geometry.positions for geometry, _ in moving]),
        spacing_fs=stated,
        temperature_k=moving[0][1].temperature_k,
        static=at_rest,
        origin=AS_GIVEN,
        notes=notes,
        frame_numbers=frame_numbers,
    )


def check_alike(geometries: Sequence[Geometry]) -> None:
    """Raise InputError unless every frame has the atoms of the first, in their order; DomainError if they are too many."""
    first = geometries[0]
    if first.n_atoms > MAX_ATOMS:
        raise DomainError(f"at most {MAX_ATOMS} atoms, found {first.n_atoms}")
    for place, geometry in enumerate(geometries, start=1):
        if geometry.numbers.tolist() != first.numbers.tolist():
            raise InputError(
                f"every frame must have the atoms of the first, in their order; frame {place} has {geometry.formula}, "
                f"the first {first.formula}"
            )


def check_closed(geometries: Sequence[Geometry]) -> None:
    """Raise DomainError where no frame is a neutral molecule by its distances, and the first is an ion."""
    if all(molecule_from_geometry(geometry) is None for geometry in geometries):
        check_no_ion(geometries[0])


def stated_spacing(times_fs: np.ndarray, frame_numbers: np.ndarray) -> float:
    """Return the time from one number to the next (n,) where it is the same everywhere [fs]; nan elsewhere, or if not known."""
    steps = np.diff(times_fs) / np.diff(frame_numbers)
    if not np.isfinite(steps).all() or steps[0] <= 0 or np.ptp(steps) > 0.01 * steps[0]:
        return float("nan")
    return float(steps.mean())
