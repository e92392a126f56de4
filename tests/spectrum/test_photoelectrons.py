"""Photoelectron spectra: what comes out where the physics is plain."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

import eigenscope
from core.errors import EigenscopeError
from core.spectrum.broaden import ASYMMETRIC, broaden
from core.spectrum.photoelectrons import FWHM_OF_SIGMA, Photoelectrons, relative_intensities
from core.table_conformers import weighed_levels

GRID_EV = np.arange(-40.0, 0.0, 0.01)
LEVELS_EV = np.array([-22.0, -15.0, -10.0])


def test_every_level_alike_is_the_density_of_states() -> None:
    look = Photoelectrons("alike", sigma_ev=0.3, shape="gaussian")
    np.testing.assert_allclose(
        look.spectrum(LEVELS_EV, None, grid_ev=GRID_EV), broaden(LEVELS_EV, grid_ev=GRID_EV, sigma_ev=0.3)
    )


@pytest.mark.parametrize("shape", ["gaussian", "asymmetric"])
def test_the_area_is_the_number_of_levels_shared_out_by_intensity(shape: str) -> None:
    look = Photoelectrons("he2", sigma_ev=0.2, shape=shape, widening=0.05, resolution_ev=0.1)
    density = look.spectrum(LEVELS_EV, [1.0, 2.0, 6.0], grid_ev=GRID_EV)
    assert density.sum() * 0.01 == pytest.approx(3, rel=1e-3)
    highest = density[GRID_EV > -12.5].sum() * 0.01
    assert highest == pytest.approx(2, rel=1e-2)


def test_a_band_is_wider_the_deeper_it_lies_and_the_analyser_adds_in_quadrature() -> None:
    look = Photoelectrons(sigma_ev=0.2, widening=0.1, resolution_ev=0.3 * FWHM_OF_SIGMA)
    np.testing.assert_allclose(look.widths_ev(LEVELS_EV), np.hypot(0.2 * np.array([2.2, 1.5, 1.0]), 0.3))


@pytest.mark.parametrize("shape", ["gaussian", ASYMMETRIC])
@pytest.mark.parametrize("resolution_ev", [0.1, 1.0])
def test_the_analyser_folds_every_band_with_a_gaussian(shape: str, resolution_ev: float) -> None:
    grid = np.arange(-25.0, 0.0, 0.01)
    sharp = Photoelectrons(sigma_ev=0.15, shape=shape, widening=0.05)
    seen = replace(sharp, resolution_ev=resolution_ev)
    folded = gaussian_filter1d(sharp.spectrum(LEVELS_EV, None, grid_ev=grid), resolution_ev / FWHM_OF_SIGMA / 0.01)
    np.testing.assert_allclose(seen.spectrum(LEVELS_EV, None, grid_ev=grid), folded, atol=2e-3 * folded.max())


def test_the_background_is_of_what_lies_at_lower_ionisation_energies() -> None:
    look = Photoelectrons("alike", sigma_ev=0.2, shape="gaussian", background=0.02)
    bare, over = (
        p.spectrum(LEVELS_EV, None, grid_ev=GRID_EV) for p in (Photoelectrons("alike", 0.2, "gaussian"), look)
    )
    extra = over - bare
    assert extra[GRID_EV > -5] == pytest.approx(0, abs=1e-9), "nothing comes before the first band"
    for energy, n_above in ((-12.5, 1), (-18.0, 2), (-30.0, 3)):
        assert np.interp(energy, GRID_EV, extra) == pytest.approx(0.02 * n_above, rel=1e-3)


def test_conformers_share_the_widths_of_the_first() -> None:
    look = Photoelectrons(widening=0.1)
    both = look.spectrum(np.stack([LEVELS_EV, LEVELS_EV - 0.1]), [1, 2, 3], grid_ev=GRID_EV)
    assert both.shape == (2, len(GRID_EV))
    np.testing.assert_allclose(both[0], look.spectrum(LEVELS_EV, [1, 2, 3], grid_ev=GRID_EV))


def test_what_the_photons_do_not_reach_shows_nowhere() -> None:
    look = Photoelectrons("he1", sigma_ev=0.2, shape="gaussian")
    density = look.spectrum(LEVELS_EV, [5.0, 1.0, 3.0], grid_ev=GRID_EV)
    assert density[GRID_EV < -20].max() < 1e-6
    assert density.sum() * 0.01 == pytest.approx(2, rel=1e-3)
    assert density[GRID_EV > -12.5].sum() * 0.01 == pytest.approx(1.5, rel=1e-3)


@pytest.mark.parametrize("grid", [GRID_EV[::-1], np.array([-20.0, -10.0, -9.0]), np.array([-10.0])])
def test_a_background_needs_even_steps(grid: np.ndarray) -> None:
    look = Photoelectrons("alike", background=0.02)
    with pytest.raises(EigenscopeError, match="ascend in even steps"):
        look.spectrum(LEVELS_EV, None, grid_ev=grid)


def test_a_row_of_conformers_is_the_mean_of_their_spectra(model) -> None:
    table = eigenscope.predict("OCCCN", model)
    row = table.iloc[0]
    assert row["n_conformers"] > 1
    curve = eigenscope.spectrum(row, sigma_ev=0.2)
    of_each, weights = weighed_levels(row)
    mean = weights @ broaden(of_each[:, -len(row["levels_ev"]) :][:, -16:], grid_ev=curve.energies_ev, sigma_ev=0.2)
    np.testing.assert_allclose(curve.density, mean)
    ranking = eigenscope.rank(table, curve, band=True, conformers="average", sigma_ev=0.2, metric="pearson")
    assert ranking["score"].iloc[0] == pytest.approx(1, abs=1e-6)


def test_where_no_shell_is_ionised_levels_count_alike() -> None:
    assert relative_intensities([0.0, 0.0], 2).tolist() == [1.0, 1.0]
    assert relative_intensities(None, 3).tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"intensities": "hv5"}, "photon energy must be"),
        ({"sigma_ev": 0.0}, "sigma_ev must be > 0"),
        ({"shape": "square"}, "shape must be one of"),
        ({"widening": -0.1}, "widening must be 0 to 1"),
        ({"resolution_ev": 3.0}, "resolution_ev must be 0 to 2"),
        ({"background": 2.0}, "background must be 0 to 1"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, float], said: str) -> None:
    with pytest.raises(EigenscopeError, match=said):
        Photoelectrons(**options)


def test_lone_pairs_of_oxygen_gain_from_he_i_to_he_ii() -> None:
    """The textbook's use of He II: O 2p against C 2p, here the lone pair on top of acetone's levels."""
    row = eigenscope.predict("CC(C)=O", "ionisation", geometry="fast").iloc[0]
    first, second = (
        eigenscope.spectrum(row, photoelectrons=eigenscope.Photoelectrons(kind, sigma_ev=0.1))
        for kind in ("he1", "he2")
    )
    top = np.abs(first.energies_ev - row["homo_ev"]).argmin()
    assert second.density[top] > first.density[top]


def test_levels_alone_have_no_cross_sections() -> None:
    with pytest.raises(EigenscopeError, match="which atoms its levels lie on"):
        eigenscope.spectrum([-12.0, -9.0], photoelectrons=Photoelectrons())
    alike = eigenscope.spectrum([-12.0, -9.0], photoelectrons=Photoelectrons("alike"))
    assert alike.density.sum() * 0.1 == pytest.approx(2, rel=1e-2)


def test_a_width_beside_photoelectrons_is_refused() -> None:
    with pytest.raises(EigenscopeError, match="a width and shape of its own"):
        eigenscope.spectrum([-12.0, -6.0], sigma_ev=0.2, photoelectrons=Photoelectrons())
