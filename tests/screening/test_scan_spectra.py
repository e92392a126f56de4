import numpy as np
import pandas as pd
import pytest
from reference_scan import N, without_prediction

from core.screening.spectra import spectra_of
from core.spectrum.broaden import LINE_SHAPES, broaden


@pytest.mark.parametrize("shape", LINE_SHAPES)
@pytest.mark.parametrize("n_levels", [16, None])
def test_spectra_are_the_broadened_levels(scan: pd.DataFrame, shape: str, n_levels: int | None) -> None:
    spectra = spectra_of(scan, sigma_ev=0.3, shape=shape, n_levels=n_levels)
    assert (spectra.shape, spectra.dtype) == ((N, 300), np.float32)
    for k in range(0, N, 17):
        levels = scan["levels_ev"][k] if n_levels is None else scan["levels_ev"][k][-n_levels:]
        np.testing.assert_allclose(spectra[k], broaden(levels, sigma_ev=0.3, shape=shape), atol=2e-5)


def test_spectra_on_another_grid(scan: pd.DataFrame) -> None:
    grid = np.linspace(-40, 5, 333)
    expected = broaden(scan["levels_ev"][3][-16:], grid_ev=grid)
    np.testing.assert_allclose(spectra_of(scan, grid_ev=grid)[3], expected, atol=1e-5)


def test_rows_without_a_band_have_no_headline_spectrum(scan: pd.DataFrame) -> None:
    table = without_prediction(scan, 4, reason="broken")
    table.at[7, "levels_ev"] = table["levels_ev"][7][-12:]
    table.at[9, "levels_ev"] = np.append(table["levels_ev"][9][:-1], np.float32(np.nan))
    missing = np.isnan(spectra_of(table)).all(axis=1)
    assert np.flatnonzero(missing).tolist() == [4, 7, 9]
    everything = spectra_of(table, n_levels=None)
    assert np.flatnonzero(np.isnan(everything).all(axis=1)).tolist() == [4, 9]
    np.testing.assert_allclose(everything[7], broaden(table["levels_ev"][7]), atol=1e-5)


def test_changed_levels_never_get_old_spectra(scan: pd.DataFrame) -> None:
    table = scan.copy()
    before = spectra_of(table).copy()
    table["levels_ev"] = [x + np.float32(0.5) for x in table["levels_ev"]]
    after = spectra_of(table)
    np.testing.assert_allclose(after[:, 5:], before[:, :-5], atol=1e-5)
    with pytest.raises(ValueError, match="read-only"):
        after[0, 0] = 1.0
