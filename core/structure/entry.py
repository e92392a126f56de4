"""Entry: one row of an input, from file to answer. No row is ever lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.structure.geometry import Geometry
from core.structure.molecule import Molecule

OK, REFUSED, FAILED = "ok", "refused", "failed"


@dataclass(frozen=True, eq=False)
class Entry:
    """One input row: what was read of it, or why it was not.

    Attributes
    ----------
    row : int
        1-based position among the records of the input.
    id : str
        The input's own identifier; "row <n>" where it has none. Not necessarily unique: `row` is.
    molecule, geometry : Molecule or None, Geometry or None
        At least one is there when status is "ok". A 3-D input has a geometry, used as it is.
    properties : mapping of str to str
        Names and data fields of the input, kept as text.
    status : "ok" | "refused" | "failed"
        refused = readable, but outside the models' domain; failed = could not be read or embedded.
    reason : str
        A sentence for the user; "" when ok.
    """

    row: int
    id: str
    molecule: Molecule | None = None
    geometry: Geometry | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    status: str = OK
    reason: str = ""
