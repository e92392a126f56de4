"""How the error of a band is shared out among its levels."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.models.uncertainty.profile import LEVEL_ERRORS_FILE, LevelProfile, fit_level_profile, load_level_profile
from core.spectrum.levels import N_BAND, Levels

TRUE = LevelProfile(slope=0.05, curvature=0.002, homo=0.4, next_highest=0.2, range_ev=(-40.0, 0.0))


def make_molecules(rng: np.random.Generator, n: int) -> tuple[list[Levels], list[Levels]]:
    """Return predictions whose errors go with the levels as TRUE says, and what they are off from."""
    predicted, reference = [], []
    for _ in range(n):
        levels, rmse = np.sort(rng.uniform(-32, -6, rng.integers(10, 30))), rng.uniform(0.02, 0.2)
        predicted.append(Levels(levels, 0.0, rmse))
        reference.append(Levels(np.sort(levels + TRUE(levels, rmse) * rng.standard_normal(len(levels))), 0.0))
    return predicted, reference


def test_the_errors_of_a_band_have_its_mean_square() -> None:
    for n_levels in (2, 7, N_BAND, 40):
        errors = TRUE(np.linspace(-30, -7, n_levels), 0.1)
        assert errors.shape == (n_levels,)
        assert np.sqrt(np.mean(errors[-N_BAND:] ** 2)) == pytest.approx(0.1)


def test_one_level_alone_has_the_error_of_its_band() -> None:
    assert TRUE(np.array([-12.0]), 0.07) == pytest.approx([0.07])


def test_beyond_the_levels_fitted_to_nothing_changes() -> None:
    narrow = TRUE.model_copy(update={"range_ev": (-20.0, -5.0)})
    deep, deeper, *_ = narrow(np.r_[-50.0, -30.0, np.linspace(-15, -6, 20)], 0.1)
    assert deep == deeper


def test_what_made_the_errors_is_found(rng: np.random.Generator) -> None:
    found = fit_level_profile(*make_molecules(rng, 1500))
    levels = np.linspace(-30, -7, 20)
    np.testing.assert_allclose(found(levels, 0.1), TRUE(levels, 0.1), rtol=0.1)
    assert found.homo == pytest.approx(TRUE.homo, abs=0.15)


def test_a_handful_of_molecules_does_not_run_away(rng: np.random.Generator) -> None:
    errors = fit_level_profile(*make_molecules(rng, 3))(np.linspace(-30, -7, 20), 0.1)
    assert np.isfinite(errors).all()
    assert errors.max() < 1.0


def test_molecules_without_an_expected_error_are_left_out(rng: np.random.Generator) -> None:
    predicted, reference = make_molecules(rng, 50)
    unknown = Levels(predicted[0].valence_ev, 0.0)
    with_it = fit_level_profile([*predicted, unknown], [*reference, reference[0]])
    assert with_it == fit_level_profile(predicted, reference)


def test_survives_the_disk_or_says_what_is_wrong(tmp_path: Path) -> None:
    assert load_level_profile(tmp_path) is None
    TRUE.save(tmp_path)
    assert load_level_profile(tmp_path) == TRUE
    (tmp_path / LEVEL_ERRORS_FILE).write_text('{"slope": 1}')
    with pytest.raises(ModelError, match="does not tell how errors go with levels"):
        load_level_profile(tmp_path)
