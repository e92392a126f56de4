"""From a raw measure of uncertainty to the expected RMSE of the band, calibrated on validation molecules."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from core.errors import ModelError
from core.files import whole_file
from core.models.uncertainty.estimator import Estimator
from core.models.uncertainty.lumo import LumoError, load_lumo_error
from core.models.uncertainty.profile import LevelProfile, load_level_profile

EXPECTED_ERROR_FILE = "expected_error.safetensors"  # beside a learner's weights
N_KNOTS = 20


class Calibrator(Protocol):
    """A measure of uncertainty to the expected RMSE of the band."""

    def __call__(self, measure: np.ndarray) -> np.ndarray:
        """Return `expected_rmse_ev` (n_molecules,) [eV] of a measure (n_molecules,), never falling as that rises."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what must be kept of it on disk, by name."""
        ...


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """A monotone curve, the `Calibrator` of all learners.

    Attributes
    ----------
    knots, rmse_ev : (n_knots,) measure of uncertainty and expected RMSE [eV], both ascending
    """

    knots: np.ndarray
    rmse_ev: np.ndarray

    def __call__(self, measure: np.ndarray) -> np.ndarray:
        """See `Calibrator`. Beyond the last knot it grows in proportion to the measure: nothing was checked there."""
        inside = np.interp(measure, self.knots, self.rmse_ev)
        expected: np.ndarray = inside * np.maximum(1.0, measure / self.knots[-1])
        return expected

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Calibrator.arrays`."""
        return {"knots": self.knots, "rmse_ev": self.rmse_ev}


def fit_error_curve(measure: np.ndarray, rmse_ev: np.ndarray) -> ErrorCurve:
    """Return the monotone curve through validation molecules' measures and RMSEs [eV], both (n_validation,)."""
    from sklearn.isotonic import IsotonicRegression  # a second to import, and only a training needs it

    order = np.argsort(measure)
    bins = np.array_split(order, min(N_KNOTS, len(order)))  # the mean square, not the mean: an RMSE is promised
    knots = np.array([measure[b].mean() for b in bins])
    measured = np.array([np.sqrt(np.mean(rmse_ev[b] ** 2)) for b in bins])
    return ErrorCurve(knots, IsotonicRegression().fit(knots, measured).predict(knots))


@dataclass(frozen=True, eq=False)
class CalibratedUncertainty:
    """An estimator with the calibrator that was fitted to it, and how the error goes with the levels where that is known."""

    estimator: Estimator
    calibrator: Calibrator
    profile: LevelProfile | None = None
    lumo: LumoError | None = None

    def __call__(self, inputs: Any) -> np.ndarray:  # noqa: ANN401 - what its estimator takes
        """Return `expected_rmse_ev` (n_molecules,) [eV]; `inputs` as the estimator takes them."""
        return self.calibrator(self.estimator(inputs))

    def save(self, folder: Path) -> None:
        """Write EXPECTED_ERROR_FILE into a learner's folder."""
        arrays = self.estimator.arrays() | self.calibrator.arrays()
        kinds = {name: np.float16 if value.dtype == np.float16 else np.float32 for name, value in arrays.items()}
        tensors = {name: np.ascontiguousarray(value, kinds[name]) for name, value in arrays.items()}
        with whole_file(folder / EXPECTED_ERROR_FILE) as draft:
            save_file(tensors, draft)


def calibrate_uncertainty(
    estimator: Estimator,
    inputs: Any,  # noqa: ANN401
    rmse_ev: np.ndarray,
) -> CalibratedUncertainty:
    """Return the estimator with a curve fitted to validation molecules.

    Parameters
    ----------
    inputs : of n_validation molecules
        As the estimator takes them.
    rmse_ev : (n_validation,)
        Each validation molecule's RMSE over its band [eV].
    """
    return CalibratedUncertainty(estimator, fit_error_curve(estimator(inputs), rmse_ev))


def load_uncertainty(folder: Path, make_estimator: Callable[..., Estimator]) -> CalibratedUncertainty | None:
    """Return what `CalibratedUncertainty.save` wrote; None where there is no file: a learner being made has none yet.

    Parameters
    ----------
    make_estimator : callable
        Gets the estimator's `arrays` by name.

    Raises
    ------
    ModelError
        If the file is something else, another learner's for example.
    """
    path = folder / EXPECTED_ERROR_FILE
    if not path.exists():
        return None
    try:
        arrays = {name: value.astype(np.float32) for name, value in load_file(path).items()}
        curve = ErrorCurve(arrays.pop("knots"), arrays.pop("rmse_ev"))
        return CalibratedUncertainty(
            make_estimator(**arrays), curve, load_level_profile(folder), load_lumo_error(folder)
        )
    except (OSError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"{path} holds no expected errors: {error}") from error


def expected_rmse_ev(uncertainty: CalibratedUncertainty | None, inputs: Any) -> np.ndarray:  # noqa: ANN401
    """Return the expected RMSE of the band (n_molecules,) [eV]; nan of a learner that is not calibrated yet."""
    return np.full(len(inputs), np.nan) if uncertainty is None else uncertainty(inputs)


def level_errors_ev(
    uncertainty: CalibratedUncertainty | None, valence_ev: np.ndarray, expected_rmse_ev: float
) -> np.ndarray | None:
    """Return the expected error (n_levels,) [eV] of each level, from that of the band; None where no more is known."""
    profile = None if uncertainty is None else uncertainty.profile
    return None if profile is None else profile(valence_ev, expected_rmse_ev)


def lumo_error_ev(uncertainty: CalibratedUncertainty | None, lumo_ev: float, expected_rmse_ev: float) -> float:
    """Return the expected error of a LUMO [eV]; nan where it is not known."""
    lumo = None if uncertainty is None else uncertainty.lumo
    return float("nan") if lumo is None else lumo(lumo_ev, expected_rmse_ev)
