"""Spectra along a molecular dynamics in one call: of a file, of frames, or of a molecule that is set moving here."""

from pathlib import Path
from typing import Any

from core.errors import EigenscopeError
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.models.registry import DEFAULT, choose_model
from core.readers.objects import is_one, read_objects
from core.readers.text import read_file
from core.readers.trajectories import TrajectoryFrame, check_spacing, join_frames, read_trajectory
from core.structure.domain import check_geometry
from core.structure.dynamics import DynamicsOptions, run_dynamics
from core.structure.trajectory import Trajectory
from core.trajectories.levels import TrajectoryLevels, predict_trajectory
from core.trajectories.make import rest_of


def trajectory(
    source: Any,  # noqa: ANN401 - what other libraries make: see `core.readers.objects`
    model: str | Path | LevelModel = DEFAULT,
    *,
    dynamics: DynamicsOptions | None = None,
    spacing_fs: float | None = None,
    skip: int = 0,
    every: int = 1,
    progress: Progress | None = None,
) -> TrajectoryLevels:
    """Predict the levels of a molecule along its molecular dynamics.

    Parameters
    ----------
    source
        A pathlib.Path of a trajectory (extended XYZ, ASE's .traj, SDF); a list of frames (ASE Atoms, Geometry); or one molecule
        as `predict` takes it, which is relaxed and set moving with GFN2-xTB.
    model : str, Path or model
        See `predict`.
    dynamics : DynamicsOptions, optional
        Of a molecule: temperature_k, length_ps, step_fs, every_fs, equilibration_ps, seed.
    spacing_fs : float [fs], optional
        Between the frames of a file or list; as the file says when left out.
    skip, every : int
        Frames left out at the beginning, and every how many-th of the others counts.
    progress : callable, optional
        Gets (steps done, all steps) of a dynamics.

    Returns
    -------
    TrajectoryLevels
        `table()` has a row a frame; `spectrum(sigma_ev=...)` is the average beside the static one [states/eV]; `motions(depth)`
        says which motions go with a level.

    Raises
    ------
    EigenscopeError
        If the source cannot be read or set moving, or no frame can be predicted.

    Examples
    --------
    >>> import eigenscope
    >>> water = eigenscope.Geometry([8, 1, 1], [[0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])
    >>> found = eigenscope.trajectory([water] * 3)
    >>> curve = found.spectrum()
    >>> found.n_used, bool(abs(curve.mean - curve.static).max() < 1e-5)
    (3, True)
    """
    learner = choose_model(model)
    if is_one(source):
        (entry,) = read_objects(source)
        rest = rest_of(entry)
        check_geometry(rest)
        learner.check(rest)
        whole = run_dynamics(rest, dynamics, progress=progress)
    else:
        whole = frames_of(source, spacing_fs=spacing_fs)
    return predict_trajectory(whole.thinned(skip=skip, every=every), learner)


def frames_of(source: Any, *, spacing_fs: float | None) -> Trajectory:  # noqa: ANN401 - as `trajectory`
    """Return a file, or a list of 3-D molecules, as a trajectory; of either, frames that cannot be read are left out and said.

    Raises
    ------
    EigenscopeError
        If one has no geometry, or other atoms than the first.
    """
    if isinstance(source, Trajectory):
        return source
    if isinstance(source, Path):
        return read_trajectory(read_file(source), source.name, spacing_fs=spacing_fs)
    check_spacing(spacing_fs)
    frames: list[TrajectoryFrame] = []
    for entry in read_objects(source):
        if entry.geometry is None and not entry.reason:
            raise EigenscopeError(f"frame {entry.row} has no geometry: it is a graph")
        frames.append(TrajectoryFrame(entry.geometry, reason=f"frame {entry.row}: {entry.reason}"))
    return join_frames(frames, spacing_fs=spacing_fs)
