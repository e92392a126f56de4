"""Trajectories out: extended XYZ, which `core.readers.trajectories` and ASE read."""

import numpy as np

from core.structure.trajectory import Trajectory


def trajectory_to_extxyz(trajectory: Trajectory, *, homo_ev: np.ndarray | None = None) -> bytes:
    """Return a frame after another: time, temperature and HOMO in the comments, positions to 1e-6 Angstrom.

    Parameters
    ----------
    homo_ev : (n_frames,) [eV] or None
        nan where it is not known.
    """
    symbols = trajectory.geometry(0).symbols
    times_fs = 1000 * trajectory.times_ps
    parts: list[str] = []
    for k, positions in enumerate(trajectory.positions):
        told = [f"frame={k + 1}"]
        if np.isfinite(trajectory.spacing_fs):
            told.append(f"time_fs={times_fs[k]:.3f}")
        if np.isfinite(trajectory.temperature_k):
            told.append(f"temperature_k={trajectory.temperature_k:g}")
        if homo_ev is not None and np.isfinite(homo_ev[k]):
            told.append(f"homo_ev={homo_ev[k]:.4f}")
        parts.append(f"{len(symbols)}\nProperties=species:S:1:pos:R:3 {' '.join(told)} pbc=\"F F F\"")
        parts += [f"{s:2s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(symbols, positions.tolist(), strict=True)]
    return ("\n".join(parts) + "\n").encode()
