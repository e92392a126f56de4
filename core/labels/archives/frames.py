"""XYZ frames as archives hold them: strict, because a frame that is not understood is a wrong label.

`core.readers.xyz` reads what users send in, forgives more and costs more.
"""

import re
from collections.abc import Sequence

import numpy as np
from ase.data import atomic_numbers

from core.errors import InputError


def split_frame_lines(text: str) -> list[str]:
    """Split at line ends of any kind, also mixed; blank lines at the end are dropped."""
    return re.split(r"\r\n|\r|\n", text.rstrip())


def parse_count(line: str) -> int:
    """Return the number of atoms that a frame announces.

    Raises
    ------
    InputError
        If the line is no positive whole number.
    """
    text = line.strip()
    if not (text.isdecimal() and text.isascii() and 0 < int(text) < 100_000):
        raise InputError(f"a frame must start with its number of atoms, got {text[:40]!r}")
    return int(text)


def parse_frame_atoms(lines: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return atomic numbers (n_atoms,) and positions (n_atoms, 3) [Angstrom] of lines "element x y z ...".

    Raises
    ------
    InputError
        If a line is not of that form.
    """
    numbers, positions = [], []
    for k, line in enumerate(lines, start=1):
        fields = line.split()
        try:
            numbers.append(atomic_numbers[fields[0]])
            positions.append([parse_float(x) for x in fields[1:4]])
        except (LookupError, ValueError) as error:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}") from error
        if len(fields) < 4:
            raise InputError(f"atom line {k} must hold an element and x y z, got {line.strip()[:60]!r}")
    return np.array(numbers, np.uint8), np.array(positions, np.float64).reshape(-1, 3)


def parse_block(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and positions of one XYZ block: its count, a comment, its atoms, nothing more.

    Raises
    ------
    InputError
        If it is not one.
    """
    lines = split_frame_lines(text.lstrip())
    n_atoms = parse_count(lines[0])
    if len(lines) != n_atoms + 2:
        raise InputError(f"the frame announces {n_atoms} atoms, found {max(0, len(lines) - 2)} lines")
    return parse_frame_atoms(lines[2:])


def parse_float(text: str) -> float:
    """Return a number; QM9 writes 1.2*^-6 for 1.2e-6.

    Raises
    ------
    ValueError
        If it is none.
    """
    return float(text.replace("*^", "e"))
