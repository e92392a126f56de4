import numpy as np
import pandas as pd
import pytest
from reference_scan import banded_scan, curve_target, without_prediction

from core.errors import EigenscopeError
from core.spectrum.broaden import Spectrum
from core.spectrum.target import target_from_levels, target_from_row, target_from_spectrum


@pytest.fixture(scope="module")
def scan() -> pd.DataFrame:
    return banded_scan(8)


def test_targets_refuse_what_is_no_target(scan: pd.DataFrame) -> None:
    with pytest.raises(EigenscopeError, match="has no predicted levels: broken"):
        target_from_row(without_prediction(scan, 2, reason="broken").iloc[2])
    with pytest.raises(EigenscopeError, match="at least one level"):
        target_from_levels([], "none")
    with pytest.raises(EigenscopeError, match="bound orbitals are negative"):
        target_from_levels([8.0, 9.5], "binding energies")
    with pytest.raises(EigenscopeError, match="opposite sign"):
        target_from_spectrum(Spectrum(np.arange(5.0, 20.0, 0.1), np.ones(150)))
    with pytest.raises(EigenscopeError, match="finite"):
        target_from_spectrum(Spectrum(np.arange(-20.0, -5.0, 0.1), np.full(150, np.nan)))
    with pytest.raises(EigenscopeError, match="positive intensity"):
        target_from_spectrum(Spectrum(np.arange(-20.0, -5.0, 0.1), np.zeros(150)))


def test_a_curve_may_come_in_any_order_of_energy(scan: pd.DataFrame) -> None:
    target = curve_target(scan, 3)
    energies, density = target.spectrum.energies_ev, target.spectrum.density
    backwards = target_from_spectrum(Spectrum(energies[::-1], density[::-1]), n_levels=16)
    np.testing.assert_array_equal(backwards.spectrum.energies_ev, energies)
    np.testing.assert_array_equal(backwards.spectrum.density, density)
