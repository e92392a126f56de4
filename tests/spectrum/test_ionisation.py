import numpy as np
import pytest

from core.errors import EigenscopeError
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
