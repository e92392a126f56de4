"""Trajectories out: extended XYZ, which `core.readers.trajectories` and ASE read."""

import numpy as np

from core.structure.trajectory import Trajectory


def trajectory_to_extxyz(trajectory: Trajectory, *, homo_ev: np.ndarray | None = None) -> bytes:
    """Return a frame after another: time, temperature and HOMO in the comments, positions to 1e-5 Angstrom.

    The molecule at rest, where it is known, comes first, marked `at_rest=T`.

    Parameters
    ----------
    homo_ev : (n_frames,) [eV] or None
        nan where it is not known.
    """
    symbols = trajectory.geometry(0).symbols
    times_fs = 1000 * trajectory.times_ps
    parts: list[str] = []

    def write(positions: np.ndarray, told: list[str]) -> None:
        parts.append(f'{len(symbols)}\nProperties=species:S:1:pos:R:3 {" ".join(told)} pbc="F F F"')
        parts.extend(
            f"{s:2s} {x:.5f} {y:.5f} {z:.5f}" for s, (x, y, z) in zip(symbols, positions.tolist(), strict=True)
        )

    if trajectory.static is not None:
        write(trajectory.static.positions, ["frame=0", "at_rest=T"])
    for k, positions in enumerate(trajectory.positions):
        told = [f"frame={trajectory.frame_numbers[k]}"]
        if np.isfinite(trajectory.spacing_fs):
            told.append(f"time_fs={times_fs[k]:.3f}")
        if np.isfinite(trajectory.temperature_k):
            told.append(f"temperature_k={trajectory.temperature_k:g}")
        if homo_ev is not None and np.isfinite(homo_ev[k]):
            told.append(f"homo_ev={homo_ev[k]:.4f}")
        write(positions, told)
    return ("\n".join(parts) + "\n").encode()
