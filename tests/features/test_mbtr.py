import numpy as np
import pytest

from core.features.mbtr import TERMS, ManyBodyTensor
from core.structure.geometry import Geometry

HYDROGEN_FLUORIDE = Geometry(np.array([1, 9]), np.array([[0, 0, 0], [0, 0, 0.92]]))


def plain_curve(values, weights, x, *, sigma, step):
    """Return weighted Gaussians, averaged over each bin of the grid, as DScribe has them."""
    fine = np.linspace(-step / 2, step / 2, 401)
    inside = [(np.exp(-(((p + fine)[:, None] - values) ** 2) / (2 * sigma**2)) @ weights).mean() for p in x]
    return np.array(inside) / (sigma * np.sqrt(2 * np.pi))


def test_pairs_are_weighted_gaussians_at_inverse_distances(geometries):
    """Against a slow plain version, for the C-H pairs of one molecule."""
    geometry, term = geometries[5], TERMS[1]
    curve = next(c for c in ManyBodyTensor().curves(geometry) if c.label == "H-C")
    carbons, hydrogens = (geometry.positions[geometry.numbers == z] for z in (6, 1))
    distances = np.linalg.norm(carbons[:, None] - hydrogens[None], axis=-1).ravel()
    wanted = plain_curve(1 / distances, np.exp(-term.decay * distances), curve.x, sigma=term.sigma, step=term.step)
    np.testing.assert_allclose(curve.y, wanted, atol=1e-3 * wanted.max())


def test_triples_are_weighted_gaussians_at_cosines(geometries):
    """Against a slow plain version, for the H-O-H angle of water and the two at its hydrogens."""
    water, term = geometries[0], TERMS[2]
    curves = {c.label: c for c in ManyBodyTensor().curves(water) if c.n_bodies == 3}
    assert set(curves) == {"H-O-H", "H-H-O"}
    oxygen, one, other = water.positions[np.argsort(-water.numbers.astype(int))]
    perimeter = sum(np.linalg.norm(a - b) for a, b in ((oxygen, one), (one, other), (other, oxygen)))

    def cosine(apex, first, second):
        return (first - apex) @ (second - apex) / (np.linalg.norm(first - apex) * np.linalg.norm(second - apex))

    for label, cosines in {
        "H-O-H": [cosine(oxygen, one, other)],
        "H-H-O": [cosine(one, other, oxygen), cosine(other, one, oxygen)],
    }.items():
        weights = np.full(len(cosines), np.exp(-term.decay * perimeter))
        wanted = plain_curve(np.array(cosines), weights, curves[label].x, sigma=term.sigma, step=term.step)
        np.testing.assert_allclose(curves[label].y, wanted, atol=1e-3 * wanted.max())


def test_curves_are_where_they_belong():
    curves = {c.label: c for c in ManyBodyTensor().curves(HYDROGEN_FLUORIDE)}
    assert set(curves) == {"H", "F", "H-F"}
    assert curves["F"].x[curves["F"].y.argmax()] == 9
    assert curves["H-F"].x[curves["H-F"].y.argmax()] == pytest.approx(1 / 0.92, abs=0.025)
    assert "1/Angstrom" in curves["H-F"].axis


def test_labels_name_the_features(geometries):
    """What a picture calls a feature is what the vector holds there."""
    tensor = ManyBodyTensor()
    geometry = geometries[5]
    vector = tensor([geometry])[0]
    for curve in tensor.curves(geometry):
        norm = TERMS[curve.n_bodies - 1].norm
        places = [k for k, label in enumerate(tensor.labels) if label.split(" at ")[0] == curve.label]
        np.testing.assert_allclose(vector[places] * norm, curve.y, rtol=1e-5, atol=1e-6)


def test_atoms_are_counted(geometries):
    curve = next(c for c in ManyBodyTensor().curves(geometries[5]) if c.label == "C")
    assert np.trapezoid(curve.y, curve.x) == pytest.approx((geometries[5].numbers == 6).sum(), rel=1e-3)


def test_terms_of_a_typical_molecule_count_alike(geometries):
    tensor = ManyBodyTensor()
    lengths = [np.linalg.norm(x[0]) / term.norm for term, x in tensor.raw([geometries[6]])]
    assert max(lengths) < 3 * min(lengths)
    assert max(lengths) < 3


def test_unit_length_is_term_by_term(geometries):
    """A molecule without triples has none of unit length either."""
    tensor = ManyBodyTensor(normalization="l2")
    ends = np.cumsum([d.get_number_of_features() for d in tensor.descriptors])
    ones, pairs, triples = np.split(tensor([*geometries, HYDROGEN_FLUORIDE]), ends[:-1], axis=1)
    has_triples = np.array([*(g.n_atoms > 2 for g in geometries), False])
    for part in (ones, pairs, triples[has_triples]):
        np.testing.assert_allclose(np.linalg.norm(part, axis=1), 1, rtol=1e-5)
    assert not triples[~has_triples].any()


def test_more_elements_leave_room(geometries):
    wide = ManyBodyTensor(("H", "C", "N", "O", "F", "S"))
    thiol = Geometry(np.array([16, 1, 1]), np.array([[0, 0, 0], [1.34, 0, 0], [0, 1.34, 0]]))
    assert wide([thiol]).shape == (1, wide.n_features)
    assert "H-S-H" in {c.label for c in wide.curves(thiol)}
    narrow = {c.label: c.y for c in ManyBodyTensor().curves(geometries[6])}
    for curve in wide.curves(geometries[6]):
        if curve.n_bodies > 1:  # the axis of the atomic numbers is longer
            np.testing.assert_allclose(curve.y, narrow[curve.label])
