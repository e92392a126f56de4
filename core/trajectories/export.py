"""What a trajectory's predictions are saved as."""

import numpy as np
import pandas as pd

from core.models.registry import predicts_ionisation
from core.trajectories.levels import TrajectoryLevels
from core.trajectories.spectra import AverageSpectrum
from core.writers.spectra import energy_column
from core.writers.trajectories import trajectory_to_extxyz


def spectrum_table(found: AverageSpectrum, *, model: str) -> pd.DataFrame:
    """Return the curves of an average by a learner of that key: energies, in states/eV average, spread, standard error, static.

    The energies are `orbital_energy_ev`, or `ionisation_energy_ev` where the learner's levels are minus those.
    """
    return pd.DataFrame(
        energy_column(np.round(found.energies_ev, 6), of_ionisation=predicts_ionisation(model))
        | {
            "average": found.mean,
            "spread_over_frames": found.spread,
            "standard_error": found.error,
            "static": found.static,
        }
    )


def frames_extxyz(found: TrajectoryLevels) -> bytes:
    """Return every frame as extended XYZ, with its HOMO where it has one."""
    return trajectory_to_extxyz(found.trajectory, homo_ev=found.table()["homo_ev"].to_numpy())
