"""From the error to expect of a band to that of each of its levels: the deepest and the highest err more than those between."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.files import write_text
from core.models.folder import load_beside
from core.spectrum.levels import N_BAND, Levels

LEVEL_ERRORS_FILE = "level_errors.json"  # beside a learner's weights


class LevelProfile(BaseModel):
    """How the error of a level goes with its energy and its place, relative to the others of its molecule.

    Its logarithm is a parabola in the energy, and something more for the two highest. That of the HOMO matters most to users: of
    the flagship's, 84 % lay within intervals for 90 % that knew the molecule alone.

    Attributes
    ----------
    slope, curvature : float [1/eV, 1/eV^2]
    homo, next_highest : float
        What the logarithm of the HOMO's error, and of the level's below it, has beyond that.
    range_ev : (lowest, highest) [eV]
        Energies fitted to: beyond them it stays as at their ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    slope: float
    curvature: float
    homo: float
    next_highest: float
    range_ev: tuple[float, float]

    def __call__(self, valence_ev: np.ndarray, expected_rmse_ev: float) -> np.ndarray:
        """Return the expected error (n_levels,) [eV] of levels, ascending: over the band their mean square is the band's own."""
        relative = np.exp(self.inputs(valence_ev) @ self.coefficients)
        errors: np.ndarray = relative * (expected_rmse_ev / np.sqrt(np.mean(relative[-N_BAND:] ** 2)))
        return errors

    @property
    def coefficients(self) -> np.ndarray:
        """(4,) of what `inputs` returns."""
        return np.array([self.slope, self.curvature, self.homo, self.next_highest])

    def inputs(self, valence_ev: np.ndarray) -> np.ndarray:
        """Return what the logarithm of the error is linear in, (n_levels, 4)."""
        energies = np.clip(valence_ev, *self.range_ev)
        inputs = np.zeros((len(energies), 4))
        inputs[:, 0], inputs[:, 1] = energies, energies**2
        inputs[-1, 2] = 1.0
        inputs[-2:-1, 3] = 1.0
        return inputs

    def save(self, folder: Path) -> None:
        """Write LEVEL_ERRORS_FILE into a learner's folder."""
        write_text(folder / LEVEL_ERRORS_FILE, self.model_dump_json(indent=1))


def fit_level_profile(predicted: Sequence[Levels], reference: Sequence[Levels]) -> LevelProfile:
    """Return the profile under which the errors of validation molecules are likeliest, each normal about zero.

    Parameters
    ----------
    predicted, reference : sequences of Levels, one a molecule
        The predicted ones with the expected error of their bands; what is not finite or not known is left out.
    """
    from scipy.optimize import minimize  # only a training needs it

    known = [
        (p, min(len(p.valence_ev), r.n_known), r)
        for p, r in zip(predicted, reference, strict=True)
        if np.isfinite(p.expected_rmse_ev)
    ]
    ends = [float(edge([p.valence_ev[edge_of] for p, _, _ in known])) for edge, edge_of in ((np.min, 0), (np.max, -1))]
    draft = LevelProfile(slope=0, curvature=0, homo=0, next_highest=0, range_ev=(ends[0], ends[1]))
    inputs = np.concatenate([draft.inputs(p.valence_ev)[-n:] for p, n, _ in known])
    scale = np.maximum(np.abs(inputs).max(0), 1e-9)  # the search wants numbers of one size
    inputs /= scale
    errors = np.concatenate([(p.valence_ev[-n:] - r.valence_ev[-n:]) / p.expected_rmse_ev for p, n, r in known])
    molecule = np.repeat(np.arange(len(known)), [n for _, n, _ in known])
    is_band = np.concatenate([np.arange(n)[::-1] < N_BAND for _, n, _ in known])
    in_band = np.bincount(molecule[is_band], minlength=len(known))

    def surprise(coefficients: np.ndarray) -> float:
        logs = inputs @ coefficients
        squares = np.bincount(molecule[is_band], np.exp(2 * logs[is_band]), minlength=len(known)) / in_band
        logs -= 0.5 * np.log(squares)[molecule]
        return surprise_of(errors, logs, coefficients)

    slope, curvature, homo, below = minimize(surprise, np.zeros(inputs.shape[1])).x / scale
    return draft.model_copy(update={"slope": slope, "curvature": curvature, "homo": homo, "next_highest": below})


def surprise_of(errors: np.ndarray, logs: np.ndarray, coefficients: np.ndarray) -> float:
    """Return how unlikely errors are (n,), each normal about zero, under logarithms (n,) of what is expected of them.

    The coefficients that these come from are held near zero, where a handful of molecules leaves them open.
    """
    held = np.sum(coefficients**2) / len(errors)
    return float(np.mean(logs + 0.5 * errors**2 * np.exp(-2 * logs)) + held)


def load_level_profile(folder: Path) -> LevelProfile | None:
    """Return what `LevelProfile.save` wrote; None where there is none.

    Raises
    ------
    ModelError
        If the file holds something else.
    """
    return load_beside(folder / LEVEL_ERRORS_FILE, LevelProfile, tells="how errors go with levels")
