"""Units of length as comments state them: `units=bohr`, "coordinates in a.u."."""

import re
from collections.abc import Mapping

from core.errors import InputError
from core.structure.given import UNITS

UNIT_KEYS = ("units", "unit", "length_unit", "length_units", "position_unit", "coordinate_unit", "coord_unit")
# by their names without the plural's s [Angstrom]
LENGTHS = {
    "angstrom": 1.0,
    "ang": 1.0,
    "a": 1.0,
    "å": 1.0,
    "bohr": UNITS["Bohr"],
    "a.u": UNITS["Bohr"],
    "au": UNITS["Bohr"],
    "atomic": UNITS["Bohr"],
    "atomic unit": UNITS["Bohr"],
    "nm": UNITS["nanometres"],
    "nanometer": UNITS["nanometres"],
    "nanometre": UNITS["nanometres"],
    "pm": UNITS["picometres"],
}


def unit_of(pairs: Mapping[str, str], words: str) -> float:
    """Return the unit of length that a comment states [Angstrom]; 1 where it states none.

    Raises
    ------
    InputError
        If it states one that is not known.
    """
    stated = next((value for key, value in pairs.items() if key.lower() in UNIT_KEYS), None)
    if stated is None:
        word = re.search(
            r"\b(bohrs?|a\.?u\.|atomic units|angstroms?|nm|nanomet(?:er|re)s?)(?![\w])", words, re.IGNORECASE
        )
        stated = word[1] if word else "angstrom"
    key = stated.strip().lower().rstrip(".s")
    if key not in LENGTHS:
        raise InputError(f"unit of length must be one of {', '.join(LENGTHS)}, got {stated[:40]!r}")
    return LENGTHS[key]
