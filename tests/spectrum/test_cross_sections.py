"""Cross-sections by photon energy, and levels weighed by them (`core.spectrum.cross_sections`)."""

import numpy as np
import pytest

from core.elements import ELEMENTS
from core.errors import EigenscopeError
from core.spectrum.cross_sections import (
    INTENSITIES,
    PHOTON_EV,
    PHOTON_RANGE_EV,
    check_intensities,
    cross_sections,
    intensities_in_words,
    level_intensities,
    photon_key,
    table_of,
)

HE_I = table_of("he1")


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
    shared = table_of("he1-per-electron")
    assert shared[8][1] == pytest.approx(HE_I[8][1] / 4)
    assert shared[1] == HE_I[1]


@pytest.mark.parametrize(
    ("number", "shell", "photon_ev", "printed_mb"),
    # Yeh and Lindau's printed table, as quoted by others
    [(6, 0, 21.2, 1.230), (6, 1, 21.2, 6.128), (7, 1, 21.2, 9.688), (8, 1, 21.2, 10.67), (1, 0, 21.2, 1.888),
     (6, 1, 40.8, 1.875), (8, 1, 40.8, 6.816), (6, 0, 40.8, 1.170), (6, 0, 1486.6, 0.00066), (8, 0, 1486.6, 0.0019)],
)  # fmt: skip
def test_as_printed(number: int, shell: int, photon_ev: float, printed_mb: float) -> None:
    assert cross_sections(photon_ev)[number][shell] == pytest.approx(printed_mb, rel=0.01)


def test_a_closed_subshell_counts_nothing_and_opens_without_a_negative_value() -> None:
    assert cross_sections(21.22)[8][0] == 0, "oxygen's 2s lies deeper"
    for photon_ev in np.geomspace(*PHOTON_RANGE_EV, 60):
        table = cross_sections(float(photon_ev))
        assert set(table) == {e.number for e in ELEMENTS}
        assert all(np.isfinite(values).all() and min(values) >= 0 for values in table.values())


def test_far_above_threshold_s_outweighs_p() -> None:
    """The ratio of 2p to 2s falls with the photon energy: from 5 at He I to a thirtieth with X-rays."""
    ratios = [cross_sections(e)[6][1] / cross_sections(e)[6][0] for e in (21.22, 40.8, 200.0, 1486.6)]
    assert (np.diff(ratios) < 0).all()
    assert ratios[0] > 4
    assert ratios[-1] < 0.05


def test_keys_of_lamps_and_of_any_photon_energy() -> None:
    for kind in INTENSITIES:
        check_intensities(kind)
    assert table_of(photon_key(40.81)) == table_of("he2")
    assert PHOTON_EV["alka"] == PHOTON_RANGE_EV[1]
    assert intensities_in_words("hv60") == "cross-sections at 60 eV"
    with pytest.raises(EigenscopeError, match=r"a photon energy must be 17 to 1486.6 eV, got 5"):
        photon_key(5.0)
    with pytest.raises(EigenscopeError, match=r"must be one of he1, he2, .* got 'hva'"):
        check_intensities("hva")
