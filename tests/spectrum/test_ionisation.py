import numpy as np
import pytest

from core.errors import EigenscopeError
from core.spectrum.cross_sections import HE_I, HE_I_PER_ELECTRON, level_intensities
from core.spectrum.ionisation import OUTER_VALENCE, IonisationLine


def test_the_line_keeps_the_order_of_levels_and_their_type() -> None:
    levels = np.linspace(-30, -4, 27, dtype=np.float32)
    placed = OUTER_VALENCE.placed_ev(levels)
    assert placed.dtype == np.float32
    assert (np.diff(placed) > 0).all()
    np.testing.assert_allclose(-placed, OUTER_VALENCE.energies_ev(levels), atol=1e-5)


def test_the_default_is_the_stated_line() -> None:
    assert OUTER_VALENCE.energies_ev(-6.0) == pytest.approx(1.107 * 6 + 3.06)
    assert "×" in str(OUTER_VALENCE)


def test_errors_of_level_and_line_add_in_squares() -> None:
    assert OUTER_VALENCE.level_error_ev(0.0) == pytest.approx(0.12)
    assert OUTER_VALENCE.level_error_ev(0.1) == pytest.approx(np.hypot(0.1107, 0.12))


@pytest.mark.parametrize("slope", [0.0, -1.0, np.nan, np.inf])
def test_a_line_must_rise(slope: float) -> None:
    with pytest.raises(EigenscopeError, match="slope above 0"):
        IonisationLine(slope, 3.0, (8.0, 18.0), 0.1, "nowhere")


def test_with_like_cross_sections_every_level_has_its_whole_weight(model, geometries) -> None:
    alike = dict.fromkeys(HE_I, (1.0, 1.0))
    for geometry, levels in zip(geometries, model.predict_levels(geometries, weights=True), strict=True):
        found = level_intensities(geometry.numbers, levels.atom_weights, levels.s_weights, table=alike)
        np.testing.assert_allclose(found, 1.0, atol=1e-5)


def test_an_intensity_is_the_sum_over_shells() -> None:
    atoms, s_part = np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([[0.05, 0.75], [0.4, 0.0]])
    found = level_intensities(np.array([8, 1]), atoms, s_part, table=HE_I)
    np.testing.assert_allclose(found, [0.2 * HE_I[8][1] + 0.75 * HE_I[1][0], 0.6 * HE_I[8][1]])


def test_cross_sections_per_electron_are_those_of_shells_shared_out() -> None:
    assert HE_I_PER_ELECTRON[8][1] == pytest.approx(HE_I[8][1] / 4)
    assert HE_I_PER_ELECTRON[1] == HE_I[1]
