"""Trajectories in: extended XYZ, ASE's .traj, and any other file of structures whose records are frames of one molecule."""

from collections.abc import Iterator

import numpy as np

from core.errors import DomainError, EigenscopeError, InputError
from core.readers.ase_trajectory import looks_like_ase_trajectory, read_ase_trajectory
from core.readers.length_units import unit_of
from core.readers.records import split_lines
from core.readers.structures import read_structures, sniff_format
from core.readers.text import decode_text
from core.readers.xyz import parse_comment, parse_frame, read_isolated
from core.structure.geometry import AS_GIVEN, Geometry
from core.structure.trajectory import MAX_FRAMES, Trajectory

MAX_TRAJECTORY_MB = 50
TRAJECTORY_EXTENSIONS = ("xyz", "extxyz", "traj", "sdf", "pdb")
TIME_KEYS = ("time_fs",)  # as written here; other programs' times do not say their unit
Frame = tuple[Geometry | None, float, str]  # geometry, time [fs] or nan, why there is none


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
    if spacing_fs is not None and not spacing_fs > 0:
        raise InputError(f"spacing_fs must be > 0, got {spacing_fs:g}")
    frames: list[Frame]
    if looks_like_ase_trajectory(data):
        frames = ase_frames(data)
    else:
        text = decode_text(data)
        is_xyz = sniff_format(text, filename) == "xyz"
        frames = list(xyz_frames(text)) if is_xyz else record_frames(data, filename)
    return join_frames(frames, spacing_fs=spacing_fs)


def ase_frames(data: bytes) -> list[Frame]:
    """Return the frames of an ASE trajectory; raises as `read_ase_trajectory`, and DomainError where one is periodic."""
    frames: list[Frame] = []
    for numbers, positions, is_periodic in read_ase_trajectory(data, most_frames=MAX_FRAMES):
        if is_periodic:
            raise DomainError("isolated molecules only, the trajectory is periodic (pbc)")
        frames.append((Geometry(numbers, positions), float("nan"), ""))
    return frames


def xyz_frames(text: str) -> Iterator[Frame]:
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
            yield None, float("nan"), f"frame {number}: a frame must start with its number of atoms, got {count[:40]!r}"
            return
        end = place + 2 + int(count)
        yield read_xyz_frame(lines[place:end], number)
        place = end


def read_xyz_frame(lines: list[str], number: int) -> Frame:
    """Return one frame, or why it is none.

    Raises
    ------
    DomainError
        If it is of a crystal, an ion or an open shell.
    """
    pairs, words = parse_comment(lines[1][:10_000] if len(lines) > 1 else "")
    read_isolated(pairs, words)
    try:
        unit = unit_of(pairs, words)
        geometry, _ = parse_frame(lines, pairs.get("Properties", "species:S:1:pos:R:3"), unit=unit)
        time_fs = next((float(pairs[key]) for key in TIME_KEYS if key in pairs), float("nan"))
    except DomainError:
        raise
    except (EigenscopeError, ValueError) as error:
        return None, float("nan"), f"frame {number}: {error}"
    return geometry, time_fs, ""


def record_frames(data: bytes, filename: str) -> list[Frame]:
    """Return the records of any other file of structures as frames."""
    frames: list[Frame] = []
    for entry in read_structures(data, filename):
        reason = "" if entry.geometry is not None else f"frame {entry.row}: {entry.reason or 'it has no geometry'}"
        frames.append((entry.geometry, float("nan"), reason))
    return frames


def join_frames(frames: list[Frame], *, spacing_fs: float | None) -> Trajectory:
    """Return the frames as one trajectory; raises as `read_trajectory`."""
    good = [(geometry, time_fs) for geometry, time_fs, _ in frames if geometry is not None]
    broken = [why for geometry, _, why in frames if geometry is None]
    if not good:
        raise InputError(f"nothing was read: {broken[0] if broken else 'the file holds no frame'}")
    if len(frames) > MAX_FRAMES:
        raise InputError(f"a trajectory may have at most {MAX_FRAMES:,} frames, the file holds {len(frames):,}")
    numbers = good[0][0].numbers.tolist()
    for place, (geometry, _) in enumerate(good, start=1):
        if geometry.numbers.tolist() != numbers:
            raise InputError(
                f"every frame must have the atoms of the first, in their order; frame {place} has {geometry.formula}, "
                f"the first {good[0][0].formula}"
            )
    if len(good) < 2:
        raise InputError("a trajectory needs at least two frames, the file holds one: Predict takes single molecules")
    notes = (f"{len(broken)} broken frames are left out, the first: {broken[0]}",) if broken else ()
    stated = stated_spacing(np.array([time_fs for _, time_fs in good])) if spacing_fs is None else spacing_fs
    return Trajectory(
        good[0][0].numbers, np.array([g.positions for g, _ in good]), spacing_fs=stated, origin=AS_GIVEN, notes=notes
    )


def stated_spacing(times_fs: np.ndarray) -> float:
    """Return the spacing of times (n,) that are evenly spaced [fs]; nan where they are not, or not known."""
    steps = np.diff(times_fs)
    if not np.isfinite(steps).all() or steps[0] <= 0 or np.ptp(steps) > 0.01 * steps[0]:
        return float("nan")
    return float(steps.mean())
