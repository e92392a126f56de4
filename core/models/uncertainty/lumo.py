"""What error to expect of a LUMO, from what is expected of the band and from where it lies."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.files import write_text
from core.models.folder import load_beside
from core.models.uncertainty.profile import surprise_of
from core.spectrum.levels import Levels

LUMO_ERROR_FILE = "lumo_error.json"  # beside a learner's weights


class LumoError(BaseModel):
    """How the error of a LUMO goes with the expected error of the band and with its energy: its logarithm is linear.

    It follows the band's only loosely: a LUMO wants diffuse functions, which a minimal basis lacks, most where it is hardly
    bound.

    Attributes
    ----------
    offset, power, tilt : float, float, float [1/eV]
        Of the constant, the logarithm of the band's expected error [eV], the energy.
    range_ev : (lowest, highest) [eV]
        Energies fitted to: beyond them it stays as at their ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    offset: float
    power: float
    tilt: float
    range_ev: tuple[float, float]

    def __call__(self, lumo_ev: float, expected_rmse_ev: float) -> float:
        """Return the expected error [eV] of a LUMO; nan where there is none."""
        energy = np.clip(lumo_ev, *self.range_ev)
        return float(np.exp(self.offset + self.power * np.log(expected_rmse_ev) + self.tilt * energy))

    def save(self, folder: Path) -> None:
        """Write LUMO_ERROR_FILE into a learner's folder."""
        write_text(folder / LUMO_ERROR_FILE, self.model_dump_json(indent=1))


def fit_lumo_error(predicted: Sequence[Levels], reference: Sequence[Levels]) -> LumoError | None:
    """Return that under which the errors of validation molecules' LUMOs are likeliest, each normal about zero.

    None where the learner or the labels tell no LUMO.
    """
    from scipy.optimize import minimize  # only a training needs it

    both = [(p.lumo_ev, r.lumo_ev, p.expected_rmse_ev) for p, r in zip(predicted, reference, strict=True)]
    known = np.array(both)[np.isfinite(both).all(1)]
    if not len(known):
        return None
    energies, errors = known[:, 0], known[:, 0] - known[:, 1]
    inputs = np.column_stack([np.ones(len(known)), np.log(known[:, 2]), energies])

    def surprise(coefficients: np.ndarray) -> float:
        return surprise_of(errors, inputs @ coefficients, coefficients)

    offset, power, tilt = minimize(surprise, np.zeros(3)).x
    return LumoError(offset=offset, power=power, tilt=tilt, range_ev=(float(energies.min()), float(energies.max())))


def load_lumo_error(folder: Path) -> LumoError | None:
    """Return what `LumoError.save` wrote; None where there is none.

    Raises
    ------
    ModelError
        If the file holds something else.
    """
    return load_beside(folder / LUMO_ERROR_FILE, LumoError, tells="the error of a LUMO")
