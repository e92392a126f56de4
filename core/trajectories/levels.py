"""Levels of every frame of a trajectory, by any learner of levels; frames that are another molecule are left out and said."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.arrays import frozen
from core.errors import EigenscopeError
from core.machine.progress import Progress, ShouldCancel
from core.models.protocol import LevelModel
from core.predict import predict_levels, predict_molecules
from core.spectrum.broaden import GRID_EV, SIGMA_EV, check_resolved
from core.spectrum.levels import N_BAND, Levels
from core.structure.ensemble import Ensemble
from core.structure.entry import CANCELLED, OK, REFUSED
from core.structure.geometry import AS_GIVEN, Geometry
from core.structure.trajectory import Trajectory, changed_bonds
from core.table import Prediction
from core.trajectories.motions import correlate_motions
from core.trajectories.spectra import AverageSpectrum, average_spectrum

BONDS_CHANGED = "bonding changed: "


@dataclass(frozen=True, eq=False)
class TrajectoryLevels:
    """A trajectory and what was predicted of it. The arrays are its own, and read-only.

    Attributes
    ----------
    trajectory : Trajectory
    model : str
        The learner's key.
    statuses, reasons : n_frames str
        What became of each frame, as in a prediction table.
    frames : (n_used,) int64
        Places of the frames that count: predicted, their bonds kept.
    valence_ev : (n_used, n_levels) float64 [eV], ascending in each row
    lumo_ev, expected_ev : (n_used,) float64 [eV]
        LUMO, and expected RMSE of the band; nan where the learner does not tell.
    static : Levels
        Of the molecule at rest.
    """

    trajectory: Trajectory
    model: str
    statuses: tuple[str, ...]
    reasons: tuple[str, ...]
    frames: np.ndarray
    valence_ev: np.ndarray
    lumo_ev: np.ndarray
    expected_ev: np.ndarray
    static: Levels

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", frozen(self.frames, np.int64))
        for name in ("valence_ev", "lumo_ev", "expected_ev"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def n_used(self) -> int:
        """Frames that count."""
        return len(self.frames)

    @property
    def n_levels(self) -> int:
        """Valence levels of a frame."""
        return int(self.valence_ev.shape[1])

    @property
    def times_ps(self) -> np.ndarray:
        """(n_used,) time of each frame that counts [ps]; its place where times are not known."""
        times: np.ndarray = self.trajectory.times_ps[self.frames]
        return times

    @property
    def mean_expected_ev(self) -> float:
        """Root mean square of the frames' expected errors [eV]."""
        return float(np.sqrt(np.mean(np.square(self.expected_ev))))

    def level_ev(self, depth: int) -> np.ndarray:
        """Return (n_used,) a level in every frame [eV], counted down from the HOMO (0); -1 is the LUMO.

        By rank: where two levels cross, they exchange their names.

        Raises
        ------
        EigenscopeError
            If there is no such level.
        """
        if not -1 <= depth < self.n_levels:
            raise EigenscopeError(f"a level is counted from the HOMO, 0 to {self.n_levels - 1}, LUMO -1, got {depth}")
        return self.lumo_ev if depth == -1 else self.valence_ev[:, self.n_levels - 1 - depth]

    def shown_ev(self, *, band: bool) -> np.ndarray:
        """Return (n_used, n) the levels that a spectrum is made of [eV]: the band of 16, or all valence levels."""
        return self.valence_ev[:, -N_BAND:] if band else self.valence_ev

    def spectrum(
        self,
        *,
        sigma_ev: float = SIGMA_EV,
        band: bool = True,
        energies_ev: np.ndarray = GRID_EV,
        shape: str = "gaussian",
    ) -> AverageSpectrum:
        """Return the spectrum averaged over the frames that count, beside the static one; see `average_spectrum`."""
        check_resolved(np.asarray(energies_ev), sigma_ev)
        static = self.static.valence_ev[-N_BAND:] if band else self.static.valence_ev
        return average_spectrum(
            self.shown_ev(band=band), static, grid_ev=np.asarray(energies_ev), sigma_ev=sigma_ev, shape=shape
        )

    def motions(self, depth: int = 0) -> pd.DataFrame:
        """Return which motions go with a level, counted down from the HOMO (-1: LUMO); see `correlate_motions`."""
        return correlate_motions(self.trajectory, self.level_ev(depth), frames=self.frames)

    def table(self) -> pd.DataFrame:
        """Return one row a frame, also of those that do not count.

        Columns: frame (its number in the source, from 1), time_ps (nan where not known), status, reason, homo_ev, lumo_ev,
        gap_ev, expected_rmse_ev, levels_ev, model.
        """
        whole = self.trajectory
        is_timed = np.isfinite(whole.spacing_fs)
        table = pd.DataFrame(
            {
                "frame": whole.frame_numbers,
                "time_ps": whole.times_ps if is_timed else np.nan,
                "status": self.statuses,
                "reason": self.reasons,
            }
        )
        for name, values in (
            ("homo_ev", self.valence_ev[:, -1]),
            ("lumo_ev", self.lumo_ev),
            ("gap_ev", self.lumo_ev - self.valence_ev[:, -1]),
            ("expected_rmse_ev", self.expected_ev),
        ):
            column = np.full(whole.n_frames, np.nan)
            column[self.frames] = values
            table[name] = column
        levels: list[np.ndarray | None] = [None] * whole.n_frames
        for k, row in zip(self.frames.tolist(), self.valence_ev, strict=True):
            levels[k] = row.astype(np.float32)
        return table.assign(levels_ev=levels, model=self.model)

    def sentence(self) -> str:
        """Return how many frames count, and why others do not."""
        whole = self.trajectory
        told = f"{self.n_used:,} of {whole.n_frames:,} frames"
        reasons: dict[str, int] = {}
        for status, reason in zip(self.statuses, self.reasons, strict=True):
            if status != OK:
                kind = BONDS_CHANGED.rstrip(": ") if reason.startswith(BONDS_CHANGED) else reason
                reasons[kind] = reasons.get(kind, 0) + 1
        left = "; ".join(f"{n:,} left out: {kind}" for kind, n in sorted(reasons.items(), key=lambda x: -x[1])[:3])
        before = f"; {whole.n_left_out:,} before them left out as equilibration" if whole.n_left_out else ""
        return told + (f" ({left})" if left else "") + before


def predict_trajectory(
    trajectory: Trajectory,
    model: LevelModel,
    *,
    progress: Progress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> TrajectoryLevels:
    """Return the levels of every frame. A frame that is outside the learner's domain, or another molecule, is left out alone.

    Raises
    ------
    EigenscopeError
        If the molecule at rest cannot be predicted, or no frame counts.
    """
    changed = changed_bonds(trajectory)
    kept = [k for k, why in enumerate(changed) if not why]
    found = predict_molecules(
        [Ensemble.of_one(unmarked(trajectory.geometry(k))) for k in kept],
        model,
        progress=progress,
        should_cancel=should_cancel,
    )
    predictions = [Prediction(REFUSED, BONDS_CHANGED + why) for why in changed]
    for k, prediction in zip(kept, found, strict=True):
        predictions[k] = prediction
    (static,) = predict_levels([unmarked(trajectory.at_rest)], model)
    return gather_levels(trajectory, predictions, static=static, model=model.key)


def unmarked(geometry: Geometry) -> Geometry:
    """Return a geometry as one that was given: what making it may cost in accuracy is not the learner's error."""
    return Geometry(geometry.numbers, geometry.positions, AS_GIVEN)


def gather_levels(
    trajectory: Trajectory, predictions: Sequence[Prediction], *, static: Levels, model: str
) -> TrajectoryLevels:
    """Return the predictions of the frames, in order, as arrays.

    Raises
    ------
    EigenscopeError
        If no frame counts, with what became of the first.
    """
    good = [(k, p.levels) for k, p in enumerate(predictions) if p.levels is not None]
    if not good:
        stopped = all(p.status == CANCELLED for p in predictions)
        why = "the run was cancelled" if stopped else f"the first: {predictions[0].reason}"
        raise EigenscopeError(f"no frame of the trajectory has a prediction; {why}")
    levels = [found for _, found in good]
    return TrajectoryLevels(
        trajectory,
        model,
        tuple(p.status for p in predictions),
        tuple(p.reason for p in predictions),
        np.array([k for k, _ in good]),
        np.array([x.valence_ev for x in levels]),
        np.array([x.lumo_ev for x in levels]),
        np.array([x.expected_rmse_ev for x in levels]),
        static,
    )
