"""What a trajectory's predictions are saved as."""

import numpy as np
import pandas as pd

from core.trajectories.levels import TrajectoryLevels
from core.trajectories.spectra import AverageSpectrum
from core.writers.trajectories import trajectory_to_extxyz


def spectrum_table(found: AverageSpectrum) -> pd.DataFrame:
    """Return the curves of an average: orbital_energy_ev, and in states/eV average, its spread and standard error, static."""
    return pd.DataFrame(
        {
            "orbital_energy_ev": np.round(found.energies_ev, 6),
            "average": found.mean,
            "spread_over_frames": found.spread,
            "standard_error": found.error,
            "static": found.static,
        }
    )


def frames_extxyz(found: TrajectoryLevels) -> bytes:
    """Return every frame as extended XYZ, with its HOMO where it has one."""
    return trajectory_to_extxyz(found.trajectory, homo_ev=found.table()["homo_ev"].to_numpy())
