"""Relaxation with B3LYP/6-31G(2df,p), against QM9's own geometries."""

import numpy as np
import pytest

from core.errors import DomainError, GeometryError
from core.reference.b3lyp import KohnSham, has_b3lyp_basis, relax_with_b3lyp
from core.structure.geometry import Geometry, distance_matrix
from core.structure.relax import follow_forces, relax_geometry
from core.theory import RELAXED_THEORY

WATER = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
QM9_WATER = (0.9621, 0.9621, 1.5134)  # QM9's third molecule: O-H, O-H, H-H [Angstrom]


def test_water_is_where_qm9_has_it() -> None:
    relaxed = relax_with_b3lyp(relax_geometry(WATER)[0], fmax=0.002)
    distances = distance_matrix(relaxed.positions)
    np.testing.assert_allclose(distances[0, 1:], QM9_WATER[:2], atol=5e-4)
    assert distances[1, 2] == pytest.approx(QM9_WATER[2], abs=0.004)  # forces are up to 0.026 eV/Angstrom there
    assert relaxed.origin == "as given + GFN2-xTB + B3LYP/6-31G(2df,p)"


def test_forces_are_minus_the_slope_of_the_energy() -> None:
    from ase import Atoms

    atoms, calculator = Atoms(WATER.numbers, WATER.positions), KohnSham()
    force = calculator.get_forces(atoms)[1, 2]
    energies = []
    for step in (0.005, -0.005):
        moved = atoms.copy()
        moved.positions[1, 2] += step
        energies.append(calculator.get_potential_energy(moved))
    assert force == pytest.approx((energies[1] - energies[0]) / 0.01, abs=0.02)


def test_what_the_basis_lacks_is_refused() -> None:
    bromide = Geometry([35, 1], [[0, 0, 0], [0, 0, 1.41]])
    assert not has_b3lyp_basis(bromide)
    assert has_b3lyp_basis(WATER)
    with pytest.raises(DomainError, match="up to argon, got HBr"):
        relax_with_b3lyp(bromide)


def test_forces_that_do_not_vanish_are_an_error() -> None:
    with pytest.raises(GeometryError, match=r"B3LYP/6-31G\(2df,p\) forces must fall below .* after 1 steps"):
        follow_forces(WATER, KohnSham(), RELAXED_THEORY, fmax=1e-6, max_steps=1)
