"""Geometries: what they hold and say.

Covers `core.arrays`.
"""

import numpy as np
import pytest

from core.errors import DomainError, EigenscopeError, GeometryError
from core.structure.domain import check_geometry
from core.structure.geometry import Geometry

WATER = ([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])


@pytest.mark.parametrize(("numbers", "positions", "error", "match"), [
    ([], np.zeros((0, 3)), GeometryError, "at least one atom"),
    ([34, 1, 1], [[0, 0, 0], [0, 0, 1.4], [0, 1.4, 0]], DomainError, "found Se"),
    ([8, 1, 1], [[0, 0, 0], [0, 0, np.nan], [0.93, 0, -0.24]], GeometryError, "atom 2 has"),
    ([8, 1], [[0, 0, 0], [0, 0, 0.97]], DomainError, "odd number of electrons"),
    ([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0, 0, 0.96]], GeometryError, "0.6 Angstrom apart, atoms 2 and 3"),
    ([8, 1, 1, 2], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24], [3, 0, 0]], DomainError, "found He"),
    ([8, 1, 1, 8, 1, 1], [*WATER[1], *(np.array(WATER[1]) + 5)], DomainError, "falls into 2"),
])  # fmt: skip
def test_geometries_that_cannot_be_asked_about(numbers, positions, error, match):
    with pytest.raises(error, match=match):
        check_geometry(Geometry(numbers, positions))


def test_atoms_and_positions_must_be_as_many():
    with pytest.raises(EigenscopeError, match="got 2 atoms, 1 positions"):
        Geometry([1, 1], [[0, 0, 0]])


def test_a_geometry_is_its_own_and_read_only() -> None:
    numbers, positions = np.array([8, 1, 1]), np.array(WATER[1])
    geometry = Geometry(numbers, positions)
    numbers[0], positions[0, 0] = 9, 5.0
    assert geometry.numbers.tolist() == [8, 1, 1]
    assert geometry.positions[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        geometry.positions[0, 0] = 1.0


@pytest.mark.parametrize("numbers", [[0], [119], [300], [-1], [float("nan")]])
def test_atomic_numbers_are_those_of_elements(numbers) -> None:
    with pytest.raises(GeometryError, match="atomic numbers must be"):
        Geometry(numbers, np.zeros((1, 3)))
