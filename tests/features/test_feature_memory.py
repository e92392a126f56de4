import numpy as np

from core.features.coulomb_matrix import SortedCoulombMatrix
from core.features.memory import remembered_features
from core.structure.geometry import Geometry


class Counting(SortedCoulombMatrix):
    """Counts the molecules that it is asked for."""

    asked = 0

    def __call__(self, geometries):
        self.asked += len(geometries)
        return super().__call__(geometries)


def test_nothing_is_computed_twice(geometries, tmp_path):
    path, featurizer = tmp_path / "deep" / "features.npz", Counting(40)
    first = remembered_features(featurizer, geometries[:5], path)
    again = remembered_features(Counting(40), geometries[:5], path)
    more = remembered_features(featurizer, geometries[::-1], path)
    assert featurizer.asked == len(geometries)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(more, SortedCoulombMatrix(40)(geometries[::-1]))


def test_a_moved_atom_is_another_molecule(geometries, tmp_path):
    g = geometries[3]
    moved = Geometry(g.numbers, g.positions * 1.001)
    rows = remembered_features(SortedCoulombMatrix(), [g, moved, g], tmp_path / "f.npz")
    np.testing.assert_array_equal(rows[0], rows[2])
    assert np.abs(rows[0] - rows[1]).max() > 0


def test_vectors_of_another_length_are_not_mixed_in(geometries, tmp_path):
    remembered_features(SortedCoulombMatrix(40), geometries[:2], tmp_path / "f.npz")
    rows = remembered_features(SortedCoulombMatrix(30), geometries[:2], tmp_path / "f.npz")
    np.testing.assert_array_equal(rows, SortedCoulombMatrix(30)(geometries[:2]))
