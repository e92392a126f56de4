"""A molecule set moving: given a geometry, relaxed with GFN2-xTB, then run at a temperature."""

from dataclasses import replace

from core.errors import DomainError, GeometryError
from core.structure.dynamics import DynamicsOptions
from core.structure.entry import OK, Entry
from core.structure.geometry import AS_GIVEN, XTB, Geometry
from core.structure.place import PLACEMENTS, place_entries
from core.structure.relax import relax_geometry
from core.theory import XTB_THEORY

SECONDS_A_STEP = 5e-3  # GFN2-xTB forces of 19 atoms on one core; they grow somewhat faster than the number of atoms
COST_POWER = 1.5


def rest_of(entry: Entry) -> Geometry:
    """Return an entry's molecule at rest with GFN2-xTB: from its own geometry, or from its SMILES by the usual road.

    Raises
    ------
    DomainError, GeometryError
        If it was refused or not read, cannot be placed, or relaxing does not end.
    """
    if entry.status != OK:
        raise DomainError(f"{entry.id}: {entry.reason}")
    if entry.geometry is None:
        (entry,) = place_entries([entry], PLACEMENTS["xtb"])
        if entry.geometry is None or entry.status != OK:
            raise GeometryError(f"{entry.id}: {entry.reason}")
    origin = entry.geometry.origin
    if origin in (XTB, f"{AS_GIVEN} + {XTB_THEORY}"):
        return replace(entry.geometry, origin=f"{XTB_THEORY}, at rest")
    relaxed, _ = relax_geometry(entry.geometry)
    return replace(relaxed, origin=f"{XTB_THEORY}, at rest")


def dynamics_seconds(n_atoms: int, options: DynamicsOptions) -> float:
    """Return how long a dynamics may take on one core [s]; good within a factor of two."""
    return float(options.n_steps * SECONDS_A_STEP * (n_atoms / 19) ** COST_POWER)
