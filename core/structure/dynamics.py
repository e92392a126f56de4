"""Molecular dynamics with GFN2-xTB: a molecule in vacuum, in a Langevin thermostat. Nuclei are classical."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import EigenscopeError, GeometryError
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.machine.threads import one_thread_here
from core.structure.geometry import Geometry
from core.structure.trajectory import MAX_FRAMES, Trajectory
from core.theory import XTB_THEORY

if TYPE_CHECKING:
    from ase import Atoms

TEMPERATURE_K = (50.0, 1000.0)  # coolest and hottest; beyond it bonds break within picoseconds
LENGTH_PS = (0.01, 50.0)
STEP_FS = (0.1, 1.0)  # an O-H bond swings in 9 fs
FRICTION_PER_FS = (
    0.02  # velocities forget themselves in 50 fs: good sampling in short runs, not good for vibrational spectra
)
CLASSICAL = "Nuclei are classical: zero-point motion, which widens bands further, is missing."


@dataclass(frozen=True)
class DynamicsOptions:
    """How a molecular dynamics is run.

    Attributes
    ----------
    temperature_k : float [K]
    length_ps : float [ps]
        Of what is kept.
    step_fs : float [fs]
    every_fs : float [fs]
        Between two frames that are kept: whole steps.
    equilibration_ps : float [ps]
        Run before the first frame that is kept.
    seed : int
        Of velocities and thermostat.

    Raises
    ------
    EigenscopeError
        If one is out of range, or more than MAX_FRAMES frames would be kept.
    """

    temperature_k: float = 300.0
    length_ps: float = 2.0
    step_fs: float = 0.5
    every_fs: float = 10.0
    equilibration_ps: float = 0.5
    seed: int = 7

    def __post_init__(self) -> None:
        bounds = {"temperature_k": TEMPERATURE_K, "length_ps": LENGTH_PS, "step_fs": STEP_FS}
        bounds |= {"every_fs": (self.step_fs, 1000 * self.length_ps), "equilibration_ps": (0.0, LENGTH_PS[1])}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise EigenscopeError(f"{name} must be {low:g} to {high:g}, got {getattr(self, name):g}")
        if self.n_frames > MAX_FRAMES:
            raise EigenscopeError(
                f"at most {MAX_FRAMES:,} frames are kept, length and spacing ask for {self.n_frames:,}"
            )

    @property
    def steps_between(self) -> int:
        """Steps from one frame that is kept to the next."""
        return max(1, round(self.every_fs / self.step_fs))

    @property
    def n_frames(self) -> int:
        """Frames that are kept."""
        return max(1, math.floor(1000 * self.length_ps / (self.steps_between * self.step_fs) + 1e-6))

    @property
    def n_before(self) -> int:
        """Steps of equilibration."""
        return round(1000 * self.equilibration_ps / self.step_fs)

    @property
    def n_steps(self) -> int:
        """All steps, equilibration counted."""
        return self.n_before + self.n_frames * self.steps_between

    def __str__(self) -> str:
        return (
            f"{XTB_THEORY} molecular dynamics in vacuum, Langevin thermostat at {self.temperature_k:g} K "
            f"(friction {FRICTION_PER_FS:g}/fs), steps of {self.step_fs:g} fs"
        )


def run_dynamics(
    relaxed: Geometry,
    options: DynamicsOptions | None = None,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> Trajectory:
    """Return a molecule's motion at a temperature: GFN2-xTB forces (`core.structure.relax`), ASE's Langevin propagator.

    Vanden-Eijnden and Ciccotti, Chem. Phys. Lett. 2006, doi 10.1016/j.cplett.2006.07.086. Velocities begin at twice the
    temperature, of which half goes into the potential energy. The same seed gives the same frames.

    Parameters
    ----------
    relaxed : Geometry
        At rest with GFN2-xTB; it is the trajectory's `static`.
    progress : callable, optional
        Gets (steps done, all steps) at every frame.
    should_cancel : callable, optional
        Asked at every frame; a cancelled run returns the frames that it has, and a note.

    Raises
    ------
    GeometryError
        If xTB is not there, or the run ends before there is a frame.
    """
    options = options or DynamicsOptions()
    report, is_cancelled = progress or report_nothing, should_cancel or never_cancel
    frames: list[np.ndarray] = []
    notes: tuple[str, ...] = ()
    with moving_atoms(relaxed, options) as (atoms, steps):
        done = 0
        try:
            for done in steps:
                report(done, options.n_steps)
                if done > options.n_before:
                    frames.append(atoms.get_positions())
                if is_cancelled():
                    break
        except (RuntimeError, ValueError) as error:
            notes = (f"ended after {done * options.step_fs / 1000:.2f} ps: {XTB_THEORY} failed: {error}",)
    if not frames:
        raise GeometryError(notes[0] if notes else "the dynamics was cancelled before its first frame")
    if len(frames) < options.n_frames:
        notes = (*notes, f"{len(frames)} of {options.n_frames} frames: the dynamics did not reach its end")
    return Trajectory(
        relaxed.numbers,
        np.array(frames),
        spacing_fs=options.steps_between * options.step_fs,
        temperature_k=options.temperature_k,
        static=relaxed,
        origin=str(options),
        notes=(f"the first {options.equilibration_ps:g} ps, equilibration, are left out", *notes, CLASSICAL),
    )


@contextmanager
def moving_atoms(relaxed: Geometry, options: DynamicsOptions) -> Iterator[tuple["Atoms", Iterator[int]]]:
    """Yield the atoms, and an iterator that moves them from frame to frame and tells the steps done."""
    from ase import Atoms, units
    from ase.md.langevin import Langevin
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

    try:
        from tblite.ase import TBLite
    except ImportError as error:  # there is none for Windows
        raise GeometryError(f"a dynamics with {XTB_THEORY} needs tblite, which cannot be loaded") from error
    rng = np.random.default_rng(options.seed)
    atoms = Atoms(relaxed.numbers, relaxed.positions)
    atoms.calc = TBLite(method=XTB_THEORY.method, verbosity=0)
    MaxwellBoltzmannDistribution(atoms, temperature_K=2 * options.temperature_k, rng=rng)
    with one_thread_here("tblite"), warnings.catch_warnings(action="ignore"):
        langevin = Langevin(
            atoms,
            options.step_fs * units.fs,
            temperature_K=options.temperature_k,
            friction=FRICTION_PER_FS / units.fs,
            rng=rng,
        )

        def steps() -> Iterator[int]:
            done = 0
            while done < options.n_steps:
                left = options.n_before - done
                piece = min(options.steps_between, left) if left > 0 else options.steps_between
                langevin.run(piece)
                done += piece
                yield done

        yield atoms, steps()
