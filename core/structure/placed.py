"""Whether a geometry made for a molecule is of that molecule: its atoms, its bonds, its stereochemistry."""

from dataclasses import replace
from enum import StrEnum

from rdkit import Chem

from core.errors import GeometryError
from core.structure.bonds import check_bonding
from core.structure.domain import ANY_MOLECULE, check_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import Molecule
from core.structure.stereochemistry import check_stereochemistry


class Stage(StrEnum):
    """How far a molecule came on the road."""

    NOT_EMBEDDED = "not embedded"
    NOT_RELAXED = "not relaxed"
    BONDING_CHANGED = "bonding changed"
    STEREO_CHANGED = "stereochemistry changed"


class PlacementError(GeometryError):
    """A molecule got no geometry; `stage` says where it ended."""

    def __init__(self, message: str, stage: Stage) -> None:
        super().__init__(message)
        self.stage = stage


def check_placed(graph: Chem.Mol, geometry: Geometry) -> Molecule:
    """Return the molecule, with its stereochemistry, that a geometry made for a graph shows.

    Parameters
    ----------
    graph : RDKit molecule
        The geometry's atoms are in the order of its AddHs.

    Raises
    ------
    GeometryError
        If atoms lie on top of one another.
    PlacementError
        If bonds broke or formed, the molecule fell apart, or its stereochemistry is another.
    """
    check_geometry(geometry, replace(ANY_MOLECULE, one_fragment=False))
    try:
        check_bonding(graph, geometry)
    except GeometryError as error:
        raise PlacementError(str(error), Stage.BONDING_CHANGED) from error
    try:
        return check_stereochemistry(graph, geometry)
    except GeometryError as error:
        raise PlacementError(str(error), Stage.STEREO_CHANGED) from error


def is_placed(graph: Chem.Mol, geometry: Geometry) -> bool:
    """Return whether a geometry made for a graph passes `check_placed`."""
    try:
        check_placed(graph, geometry)
    except GeometryError:
        return False
    return True
