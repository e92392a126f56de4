"""Identity of geometries: what two of them share when they count as the same."""

import hashlib

import numpy as np

from core.structure.geometry import Geometry


def geometry_bytes(geometry: Geometry, *, within_angstrom: float = 0.0) -> bytes:
    """Return bytes that two geometries share when they have the same atoms in the same order at the same places.

    Parameters
    ----------
    within_angstrom : float
        Positions are rounded to multiples of it [Angstrom]; 0 = to the last bit.
    """
    positions = geometry.positions
    if within_angstrom:
        positions = np.rint(positions / within_angstrom).astype(np.int64)  # integers: no -0.0
    return geometry.numbers.tobytes() + positions.tobytes()


def geometry_key(geometry: Geometry, *, within_angstrom: float = 0.0, context: str = "") -> str:
    """Return 32 hexadecimal digits that name a geometry; see `geometry_bytes`.

    Parameters
    ----------
    context : str
        What else must be the same: a protocol, say.

    Examples
    --------
    >>> here, there = (Geometry([2], [[0, 0, z]]) for z in (0.0, 1e-6))
    >>> geometry_key(here) == geometry_key(there)
    False
    >>> geometry_key(here, within_angstrom=1e-4) == geometry_key(there, within_angstrom=1e-4)
    True
    """
    data = geometry_bytes(geometry, within_angstrom=within_angstrom) + context.encode()
    return hashlib.blake2b(data, digest_size=16).hexdigest()
