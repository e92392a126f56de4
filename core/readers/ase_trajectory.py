"""ASE's .traj files: numbers and positions, read byte by byte here, so that nothing in a file is ever made into an object.

The format, ULM: a head of 48 bytes with the place of a list of offsets; at each offset the length of a JSON text, and the text,
which tells for each array its shape, type and place (ase.io.ulm). Tests compare with ASE on files that it writes.
"""

import json
from typing import Any

import numpy as np

from core.errors import InputError

ULM = b"- of Ulm"
TAG = b"ASE-Trajectory"
HEAD = 48
LONGEST_TEXT = 1_000_000  # bytes of one frame's JSON
ARRAY_KINDS = ("float64", "float32", "int64", "int32", "int16", "int8", "uint8")


def looks_like_ase_trajectory(data: bytes) -> bool:
    """Return whether bytes begin as ASE's trajectories do."""
    return data.startswith(ULM)


def read_ase_trajectory(data: bytes, *, most_frames: int) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Return (numbers (n_atoms,), positions (n_atoms, 3) [Angstrom], whether it is periodic) of each frame.

    Raises
    ------
    InputError
        If the file is none, holds more than `most_frames`, or a part of it is missing.
    """
    if not data[8:24].rstrip().startswith(TAG):
        raise InputError(f"nothing was read: the file is of ASE, but no trajectory: {data[8:24]!r}")
    (_, n_frames, place) = (int(x) for x in integers(data, 24, 3))
    if not 0 < n_frames <= most_frames:
        raise InputError(f"a trajectory may have 1 to {most_frames:,} frames, the file says {n_frames:,}")
    frames: list[tuple[np.ndarray, np.ndarray, bool]] = []
    head: dict[str, Any] = {}
    for k, offset in enumerate(integers(data, place, n_frames).tolist(), start=1):
        told = frame_text(data, offset, k)
        if "numbers." in told:
            head = {name: told[name] for name in ("numbers.", "pbc") if name in told}
        told = head | told
        is_little = bool(told.get("_little_endian", True))
        numbers = array_of(data, told.get("numbers."), is_little, k)
        positions = array_of(data, told.get("positions."), is_little, k)
        frames.append((numbers, positions, bool(np.any(told.get("pbc", False)))))
    return frames


def integers(data: bytes, place: int, count: int) -> np.ndarray:
    """Return so many 64-bit integers at a place; raises InputError where the file ends before."""
    if place < 0 or count < 0 or place + 8 * count > len(data):
        raise InputError("nothing was read: the trajectory is cut off")
    return np.frombuffer(data, "<i8", count, place)


def frame_text(data: bytes, offset: int, frame: int) -> dict[str, Any]:
    """Return what a frame's JSON says."""
    length = int(integers(data, offset, 1)[0])
    if not 0 < length <= LONGEST_TEXT or offset + 8 + length > len(data):
        raise InputError(f"frame {frame} of the trajectory is cut off")
    try:
        told = json.loads(data[offset + 8 : offset + 8 + length])
    except ValueError as error:
        raise InputError(f"frame {frame} of the trajectory cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise InputError(f"frame {frame} of the trajectory is no frame")
    return told


def array_of(data: bytes, told: Any, is_little: bool, frame: int) -> np.ndarray:  # noqa: ANN401 - what JSON holds
    """Return an array of a frame, from its shape, type and place."""
    try:
        shape, kind, place = told["ndarray"]
        sizes = tuple(int(n) for n in shape)
        if kind not in ARRAY_KINDS or min(sizes) < 0 or len(sizes) > 2:
            raise ValueError(f"an array of {kind}, {sizes}")
        dtype = np.dtype(kind).newbyteorder("<" if is_little else ">")
        found = np.frombuffer(data, dtype, int(np.prod(sizes)), int(place)).reshape(sizes)
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(
            f"frame {frame} of the trajectory has no numbers and positions that can be read: {error}"
        ) from error
    return found.astype(np.float64) if found.dtype.kind == "f" else found.astype(np.int64)
