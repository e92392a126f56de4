"""Graphene and its defects, and diamond, before anything relaxes them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.hamiltonian.crystal import VACUUM, Crystal, repeated

LATTICE = 2.46  # Angstrom, graphene's
BOND = LATTICE / np.sqrt(3)
DIAMOND_LATTICE = 3.567  # Angstrom


@dataclass(frozen=True)
class Defect:
    """A defect of graphene.

    Attributes
    ----------
    key, label : str
    make : function
        Pristine supercell in, the cell with the defect out.
    note : str
        What a reader should know of its reference.
    smallest : int
        Primitive cells along each side that it needs.
    """

    key: str
    label: str
    make: Callable[[Crystal], Crystal]
    note: str = ""
    smallest: int = 4


def graphene() -> Crystal:
    """Return the primitive cell: vectors at 120 degrees, so that K is (1/3, 1/3, 0) and M (1/2, 0, 0)."""
    cell = np.array([[LATTICE, 0, 0], [-LATTICE / 2, LATTICE * np.sqrt(3) / 2, 0], [0, 0, VACUUM]])
    positions = np.array([[0, 0, VACUUM / 2], [0, BOND, VACUUM / 2]])
    return Crystal(np.array([6, 6]), positions, cell, np.array([True, True, False]), "pristine")


def diamond() -> Crystal:
    """Return the primitive cell of diamond."""
    cell = DIAMOND_LATTICE / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    positions = DIAMOND_LATTICE / 4 * np.array([[0, 0, 0], [1, 1, 1]])
    return Crystal(np.array([6, 6]), positions, cell, np.ones(3, bool), "diamond")


def middle_bond(sheet: Crystal) -> tuple[int, int]:
    """Return the two atoms of the bond along y that is nearest to the middle of the cell."""
    middle = sheet.cell[:2].sum(axis=0)[:2] / 2
    at = sheet.positions[:, :2]
    lower = int(
        np.argmin(np.linalg.norm(at - middle + np.array([0, BOND / 2]), axis=1) + 1e3 * (np.arange(len(at)) % 2))
    )
    return lower, lower + 1  # of one primitive cell


def without(sheet: Crystal, atoms: list[int]) -> Crystal:
    """Return the sheet with atoms taken out."""
    kept = np.setdiff1d(np.arange(sheet.n_atoms), atoms)
    return Crystal(sheet.numbers[kept], sheet.positions[kept], sheet.cell, sheet.periodic, sheet.name)


def turned(sheet: Crystal, atoms: np.ndarray, degrees: float) -> Crystal:
    """Return the sheet with some atoms turned about their middle, in the plane."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    positions = sheet.positions.copy()
    centre = positions[atoms, :2].mean(axis=0)
    positions[atoms, :2] = centre + (positions[atoms, :2] - centre) @ turn
    return sheet.moved(positions)


def nearest_to(sheet: Crystal, point: np.ndarray, n_atoms: int) -> np.ndarray:
    """Return so many atoms nearest to a point of the plane [Angstrom]."""
    return np.argsort(np.linalg.norm(sheet.positions[:, :2] - point, axis=1), kind="stable")[:n_atoms]


def single_vacancy(sheet: Crystal) -> Crystal:
    """Take one atom out, and draw two of its neighbours together: the vacancy's own distortion (Jahn-Teller)."""
    atom, above = middle_bond(sheet)
    gone = sheet.positions[atom]
    near = nearest_to(sheet, gone[:2], 4)[1:]
    positions = sheet.positions.copy()
    for neighbour in near[near != above]:  # the two that lie below, left and right
        positions[neighbour, 0] -= 0.25 * np.sign(positions[neighbour, 0] - gone[0])
    return without(sheet.moved(positions), [atom])


def double_vacancy(sheet: Crystal) -> Crystal:
    """Take two bonded atoms out: two pentagons and an octagon once relaxed."""
    return without(sheet, list(middle_bond(sheet)))


def triple_double_vacancy(sheet: Crystal) -> Crystal:
    """Take two bonded atoms out and turn the bond across the octagon: three pentagons, three heptagons."""
    lower, upper = middle_bond(sheet)
    middle = sheet.positions[[lower, upper], :2].mean(axis=0)
    bond = nearest_to(sheet, middle + np.array([LATTICE, 0]), 2)  # parallel to it, on the other side of a hexagon
    return without(turned(sheet, bond, 90), [lower, upper])


def stone_wales(sheet: Crystal) -> Crystal:
    """Turn a bond by 90 degrees: two pentagons, two heptagons."""
    return turned(sheet, np.array(middle_bond(sheet)), 90)


def flower(sheet: Crystal) -> Crystal:
    """Turn seven hexagons, 24 atoms, by 30 degrees: a ring of six pentagons and six heptagons around them."""
    lower, upper = middle_bond(sheet)
    middle = sheet.positions[[lower, upper], :2].mean(axis=0) + np.array(
        [LATTICE / 2, 0]
    )  # of the hexagon beside the bond
    return turned(sheet, nearest_to(sheet, middle, 24), 30)


DEFECTS = {
    defect.key: defect
    for defect in (
        Defect("pristine", "Pristine", lambda sheet: sheet, smallest=1),
        Defect("vacancy", "Single vacancy", single_vacancy, "closed shell: the vacancy's magnetic moment is left out"),
        Defect("585", "Double vacancy 5-8-5", double_vacancy),
        Defect("555777", "Double vacancy 555-777", triple_double_vacancy),
        Defect("stone_wales", "Stone-Wales", stone_wales, "kept planar"),
        Defect("flower", "Flower", flower, smallest=5),
    )
}


def make_sheet(defect: str, size: int) -> Crystal:
    """Return a supercell of graphene of size x size primitive cells with one defect, unrelaxed.

    Raises
    ------
    InputError
        If there is no such defect, or the cell is too small for it.

    Examples
    --------
    >>> make_sheet("585", 5).n_atoms, make_sheet("flower", 5).n_atoms
    (48, 50)
    """
    if defect not in DEFECTS:
        raise InputError(f"the defect must be one of {', '.join(DEFECTS)}, got {defect!r}")
    smallest = DEFECTS[defect].smallest
    if size < smallest:
        raise InputError(f"a cell with the defect {defect!r} must be {smallest}x{smallest} at least, got {size}x{size}")
    made = DEFECTS[defect].make(repeated(graphene(), (size, size, 1)))
    return Crystal(made.numbers, made.positions, made.cell, made.periodic, f"{defect} {size}x{size}")
