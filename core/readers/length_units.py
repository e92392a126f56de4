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


_UNIT = r"bohrs?|a\.?u\.|atomic units|angstroms?|nm|nanomet(?:er|re)s?"
_OF_LENGTHS = re.compile(
    rf"\b(?:coord\w*|positions?|geometry|lengths?|distances?|xyz|units?|in)\b\W*(?:\w+\W+){{0,3}}\b({_UNIT})(?!\w)",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"\W*({_UNIT})\W*", re.IGNORECASE)
_OF_ENERGIES = re.compile(r"energ|dipole|gap|homo|lumo|\d\s*$", re.IGNORECASE)


def stated_unit(pairs: Mapping[str, str], words: str) -> float | None:
    """Return the unit of length that a comment states [Angstrom]; None where it states none, an energy's or a dipole's.

    Raises
    ------
    InputError
        If it states one that is not known.
    """
    stated = next((value for key, value in pairs.items() if key.lower() in UNIT_KEYS), None)
    if stated is None:
        found = (None if pairs else _ALONE.fullmatch(words)) or _OF_LENGTHS.search(words)
        if found is None or _OF_ENERGIES.search(words[: found.start(1)]):
            return None
        stated = found[1]
    key = stated.strip().lower().rstrip(".s")
    if key not in LENGTHS:
        raise InputError(f"unit of length must be one of {', '.join(LENGTHS)}, got {stated[:40]!r}")
    return LENGTHS[key]
