"""Entry: one row of an input, from file to prediction. No row is ever lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.structure.domain import IMPOSSIBLE, Domain, geometry_violations, molecule_violation
from core.structure.ensemble import Ensemble
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule

OK, REFUSED, FAILED = "ok", "refused", "failed"
CANCELLED = "cancelled"  # status and reason of rows that a run was stopped before: nothing is wrong with them


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
    status : "ok" | "refused" | "failed" | "cancelled"
        refused = readable, but outside the models' domain; failed = could not be read or embedded; cancelled = not reached.
    reason : str
        A sentence for the user; "" when ok.
    notes : tuple of str
        What was assumed, converted or left aside while reading it, or on its way into 3-D; shown beside the prediction.
    ensemble : Ensemble or None
        Its conformers where they were sought; `geometry` is the first of them.
    """

    row: int
    id: str
    molecule: Molecule | None = None
    geometry: Geometry | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    status: str = OK
    reason: str = ""
    notes: tuple[str, ...] = ()
    ensemble: Ensemble | None = None

    @property
    def conformers(self) -> Ensemble | None:
        """Its ensemble, or its one geometry as such; None where it has no geometry."""
        if self.ensemble is not None or self.geometry is None:
            return self.ensemble
        return Ensemble.of_one(self.geometry)

    def within(self, domain: Domain) -> "Entry":
        """Return the entry as it stands in a domain: ok, refused as outside it, or failed as no molecule at all.

        What could not be read stays as it is; what another domain refused is looked at anew.
        """
        if self.status == FAILED or (self.molecule is None and self.geometry is None):
            return self
        violation = molecule_violation(self.molecule, domain) if self.molecule is not None else None
        if violation is None and self.geometry is not None:
            (violation,) = geometry_violations([self.geometry], domain)
        if violation is None:
            return replace(self, status=OK, reason="")
        status = FAILED if violation.rule in IMPOSSIBLE else REFUSED
        return replace(self, status=status, reason=violation.sentence)


def unnamed(row: int) -> str:
    """Return the id of a record that has none: "row 3"."""
    return f"row {row}"


def name_row(row: int, identifier: str) -> str:
    """Return what people call a record: "row 3, bromoethane", or "row 3" where it has no name of its own."""
    return unnamed(row) if identifier == unnamed(row) else f"{unnamed(row)}, {identifier}"
