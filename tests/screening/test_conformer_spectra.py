"""Ranking rows that stand for several conformers: what is compared is the average of their spectra."""

import numpy as np
import pandas as pd
import pytest

from core.screening.conformer_spectra import stack_conformers
from core.screening.ranking import rank_candidates
from core.spectrum.broaden import GRID_EV, Spectrum, broaden
from core.spectrum.target import target_from_spectrum
from core.structure.ensemble import boltzmann_weights

LOW, HIGH = np.array([-14.0, -10.0, -7.0]), np.array([-13.0, -9.5, -6.0])
ENERGIES, DEGENERACIES = np.array([0.0, 0.02]), np.array([1, 2])
WEIGHTS = boltzmann_weights(ENERGIES, DEGENERACIES)


@pytest.fixture
def scan() -> pd.DataFrame:
    several = {
        "id": "several",
        "n_conformers": 2,
        "conformer_energies_ev": ENERGIES,
        "conformer_degeneracies": DEGENERACIES,
        "conformer_levels_ev": np.array([[*LOW, 0.0], [*HIGH, 0.5]]).ravel(),
        "temperature_k": 298.15,
        "levels_ev": WEIGHTS @ np.array([LOW, HIGH]),
    }
    one = {
        "id": "one",
        "n_conformers": 1,
        "conformer_energies_ev": None,
        "conformer_degeneracies": None,
        "conformer_levels_ev": None,
        "temperature_k": np.nan,
        "levels_ev": WEIGHTS @ np.array([LOW, HIGH]),
    }
    return pd.DataFrame([one, several]).assign(status="ok", expected_rmse_ev=0.03)


def test_they_are_stacked_one_a_line(scan: pd.DataFrame) -> None:
    stacked = stack_conformers(scan, 2, is_whole=True)
    assert stacked.rows.tolist() == [1, 1]
    np.testing.assert_allclose(stacked.levels_ev, [LOW[1:], HIGH[1:]])
    np.testing.assert_allclose(stacked.weights, WEIGHTS, rtol=1e-6)
    assert np.isnan(stack_conformers(scan, 4, is_whole=True).levels_ev).all()
    assert np.isnan(stack_conformers(scan, 4, is_whole=False).levels_ev[:, 0]).all()
    assert not len(stack_conformers(scan[["status", "levels_ev"]], 2, is_whole=True).rows)


@pytest.mark.parametrize(("sigma_ev", "shift"), [(0.5, False), (0.5, True), (0.2, True)])
def test_a_row_of_several_is_its_average_spectrum(scan: pd.DataFrame, sigma_ev: float, shift: bool) -> None:
    density = WEIGHTS @ broaden(np.array([LOW, HIGH]), sigma_ev=sigma_ev)
    target = target_from_spectrum(Spectrum(GRID_EV, density, "average"), n_levels=None)
    ranked = rank_candidates(scan, target, sigma_ev=sigma_ev, shift=shift, max_shift_ev=1.0)
    assert ranked["id"].tolist() == ["several", "one"]
    assert ranked["score"][0] < 2e-3 < 0.05 < ranked["score"][1]
    assert np.isfinite(ranked["score_error"]).all()
