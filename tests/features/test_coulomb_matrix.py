from itertools import permutations

import numpy as np
from ase import Atoms
from ase.units import Bohr
from dscribe.descriptors import CoulombMatrix

from core.features.coulomb_matrix import (
    CoulombEigenspectrum,
    RandomCoulombMatrix,
    SortedCoulombMatrix,
    atom_order,
    coulomb_matrices,
    reorder_rows,
)
from core.structure.geometry import Geometry

BOHR = 0.529177210903  # Angstrom, CODATA 2018


def plain_matrix(geometry):
    """Return the definition, entry by entry, in Hartree and Bohr."""
    n = geometry.n_atoms
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            z_i, z_j = float(geometry.numbers[i]), float(geometry.numbers[j])
            distance = np.sqrt(((geometry.positions[i] - geometry.positions[j]) ** 2).sum()) / BOHR
            matrix[i, j] = 0.5 * z_i**2.4 if i == j else z_i * z_j / distance
    return matrix


def test_entries_are_the_definition_in_atomic_units(geometries):
    for geometry in geometries:
        padded = coulomb_matrices([geometry], 40)[0]
        np.testing.assert_allclose(padded[: geometry.n_atoms, : geometry.n_atoms], plain_matrix(geometry), rtol=1e-6)
        assert not padded[geometry.n_atoms :].any()


def test_as_dscribe_when_it_is_given_bohr(geometries):
    """DScribe divides by distances as they come: in Bohr the two agree, in Angstrom they must not."""
    geometry = geometries[6]
    dscribe = CoulombMatrix(n_atoms_max=29, permutation="sorted_l2")
    ours = SortedCoulombMatrix().matrices([geometry])[0]
    in_bohr = dscribe.create(Atoms(geometry.numbers, geometry.positions / Bohr)).reshape(29, 29)
    np.testing.assert_allclose(ours, in_bohr, rtol=1e-5)
    in_angstrom = dscribe.create(Atoms(geometry.numbers, geometry.positions)).reshape(29, 29)
    assert np.abs(ours - in_angstrom).max() > 1


def test_eigenspectrum_as_dscribe(geometries):
    geometry = geometries[5]
    dscribe = CoulombMatrix(n_atoms_max=29, permutation="eigenspectrum")
    wanted = dscribe.create(Atoms(geometry.numbers, geometry.positions / Bohr))
    np.testing.assert_allclose(CoulombEigenspectrum()([geometry])[0], wanted, atol=1e-4)


def test_rows_fall(geometries):
    norms = np.linalg.norm(SortedCoulombMatrix(40).matrices(geometries), axis=2)
    assert (np.diff(norms, axis=1) < 1e-4).all()


def test_triangle_holds_the_matrix(geometries):
    featurizer = SortedCoulombMatrix(5)
    vector, matrix = featurizer(geometries[:2]), featurizer.matrices(geometries[:2])
    for label, values in zip(featurizer.labels, vector.T, strict=True):
        row, column = (int(word) - 1 for word in label.replace(",", "").split()[1::2])
        np.testing.assert_array_equal(values, matrix[:, row, column])


def test_ties_are_broken_alike_for_every_numbering():
    """A square of equal atoms: of its 24 numberings the sorted matrix must know one."""
    square = np.array([[0, 0, 0], [1.5, 0, 0], [1.5, 1.5, 0], [0, 1.5, 0]])
    matrices = [plain_matrix(Geometry(np.full(4, 6), square[list(p)])) for p in permutations(range(4))]
    assert len({m[0, 1] for m in matrices}) > 1, "unsorted they differ"
    ordered = [m[np.ix_(o, o)] for m, o in ((m, atom_order(m)) for m in matrices)]
    for matrix in ordered:
        np.testing.assert_allclose(matrix, ordered[0])


def test_random_orders_are_seeded_and_of_the_same_matrix(geometries):
    geometry = geometries[7]
    plain = SortedCoulombMatrix().matrices([geometry])[0]
    drawn = [RandomCoulombMatrix(seed=s, noise=3.0).matrices([geometry])[0] for s in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0.1
    for matrix in drawn:
        np.testing.assert_allclose(np.sort(np.diag(matrix)), np.sort(np.diag(plain)))
        np.testing.assert_allclose(np.linalg.eigvalsh(matrix), np.linalg.eigvalsh(plain), atol=1e-3)
        assert not matrix[geometry.n_atoms :].any(), "rows of no atom stay last"
    np.testing.assert_array_equal(RandomCoulombMatrix(seed=1, noise=0.0).matrices([geometry])[0], plain)


def test_reorder_rows_takes_a_shift_for_each_molecule(geometries, rng):
    matrices = SortedCoulombMatrix(12).matrices(geometries[:4])
    shifts = rng.normal(0, 5, (4, 12))
    together = reorder_rows(matrices, shifts)
    for k in range(4):
        np.testing.assert_array_equal(together[k], reorder_rows(matrices[k : k + 1], shifts[k : k + 1])[0])
