"""What is expected of LUMOs."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.models.registry import load_model
from core.models.uncertainty.lumo import LUMO_ERROR_FILE, LumoError, fit_lumo_error, load_lumo_error
from core.spectrum.levels import Levels
from core.structure.geometry import Geometry

TRUE = LumoError(offset=0.5, power=0.8, tilt=0.2, range_ev=(-5.0, 0.0))


def make_molecules(rng: np.random.Generator, n: int) -> tuple[list[Levels], list[Levels]]:
    """Return predictions whose LUMOs err as TRUE says, and what they are off from."""
    lumos, rmses = rng.uniform(-5, 0, n), rng.uniform(0.02, 0.2, n)
    off = [TRUE(lumo, rmse) * x for lumo, rmse, x in zip(lumos, rmses, rng.standard_normal(n), strict=True)]
    predicted = [Levels(np.array([-9.0]), lumo, rmse) for lumo, rmse in zip(lumos, rmses, strict=True)]
    reference = [Levels(np.array([-9.0]), lumo - x) for lumo, x in zip(lumos, off, strict=True)]
    return predicted, reference


def test_what_made_the_errors_is_found(rng: np.random.Generator) -> None:
    found = fit_lumo_error(*make_molecules(rng, 4000))
    assert found is not None
    for lumo, rmse in ((-4.0, 0.03), (-1.0, 0.03), (-1.0, 0.15)):
        assert found(lumo, rmse) == pytest.approx(TRUE(lumo, rmse), rel=0.1)


def test_beyond_the_energies_fitted_to_nothing_changes() -> None:
    assert TRUE(3.0, 0.1) == TRUE(0.0, 0.1)
    assert np.isnan(TRUE(float("nan"), 0.1))
    assert np.isnan(TRUE(-1.0, float("nan")))


def test_without_lumos_there_is_no_error(rng: np.random.Generator) -> None:
    predicted, _ = make_molecules(rng, 5)
    unknown = [Levels(np.array([-9.0]), float("nan"))] * 5
    assert fit_lumo_error(predicted, unknown) is None


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    assert load_lumo_error(tmp_path) is None
    TRUE.save(tmp_path)
    assert load_lumo_error(tmp_path) == TRUE
    (tmp_path / LUMO_ERROR_FILE).write_text("[]")
    with pytest.raises(ModelError, match="LUMO"):
        load_lumo_error(tmp_path)


def test_the_flagship_tells_what_to_expect_of_a_lumo() -> None:
    water = Geometry(np.array([8, 1, 1]), np.array([[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]]))
    (levels,) = load_model(device="cpu").predict_levels([water])
    assert 0.02 < levels.lumo_error_ev < 1.0
