"""Which motion moves a level or a peak: what is asked, the table, and the scatter of one motion."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.quantities import QUANTITIES, format_ev
from core.trajectories.levels import TrajectoryLevels
from core.trajectories.motions import STRETCH, Motion, correlate_motions, motion_values
from core.trajectories.spectra import AverageSpectrum, peak_positions, peak_windows
from dashboard.figures.levels import level_name
from dashboard.figures.trajectories import motion_figure, sign_of
from dashboard.state import remember
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.energy_axis import axis_of_learner
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import show_error
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme

LEVEL, PEAK = "level", "peak"
MOST_LEVELS = 16
TABLE_HEIGHT = 320


@dataclass(frozen=True, eq=False)
class FollowedTarget:
    """What is looked into: a level by rank, or a peak of the averaged spectrum.

    Attributes
    ----------
    kind : "level" | "peak"
    label : str
    energies_ev : (n_used,) [eV]
        In every frame that counts; of a peak the centre of mass of the spectrum in its window.
    depth : int
        Of a level, counted from the HOMO; -1 is the LUMO.
    window_ev : (low, high) [eV] or None
        Of a peak.
    motions : DataFrame or None
        See `core.trajectories.motions.correlate_motions`; None where there is none, and `why_not` says why.
    """

    kind: str
    label: str
    energies_ev: np.ndarray
    depth: int = 0
    window_ev: tuple[float, float] | None = None
    motions: pd.DataFrame | None = None
    why_not: str = ""


def choose_target(
    found: TrajectoryLevels, average: AverageSpectrum, *, sigma_ev: float, shape: str, band: bool, axis: str
) -> FollowedTarget:
    """Ask which level or peak is looked into, and correlate it with the motions."""
    peaks = peak_windows(average.energies_ev, average.mean)
    depths = [*range(min(MOST_LEVELS, found.n_levels)), *([-1] if np.isfinite(found.lumo_ev).all() else [])]
    labels = {f"{LEVEL} {d}": level_name(found.n_levels - 1 - d, found.n_levels) for d in depths}
    labels |= {f"{PEAK} {k}": f"Peak at {format_ev(sign_of(axis) * top)}" for k, (_, top, _) in enumerate(peaks)}
    chosen = remember(
        st.selectbox,
        "Level or peak looked into",
        "trajectory_target",
        options=list(labels),
        format_func=labels.get,
        width=260,
    )
    kind, _, number = chosen.partition(" ")
    if kind == LEVEL:
        energies, window = found.level_ev(int(number)), None
    else:
        low, _, high = peaks[int(number)]
        window = (low, high)
        energies = peak_positions(found.shown_ev(band=band), window, sigma_ev=sigma_ev, shape=shape)
    motions, why_not = None, ""
    try:
        motions = correlate_motions(found.trajectory, energies, frames=found.frames)
    except EigenscopeError as error:
        why_not = str(error)
    return FollowedTarget(kind, labels[chosen], energies, int(number) if kind == LEVEL else 0, window, motions, why_not)


def show_motions(target: FollowedTarget, *, axis: str) -> int | None:
    """Show what goes with the target, the strongest first; return the place of the motion ticked, the first where none is.

    Correlations are of energies as the axis has them; those of torsions have no sign.
    """
    section("Which motion moves it", target.label)
    if target.motions is None:
        show_error(EigenscopeError(target.why_not))
        return None
    has_sign = np.isfinite(target.motions["slope_ev"])
    view = target.motions[["motion", "correlation", "mean", "spread", "unit"]].assign(
        correlation=target.motions["correlation"] * np.where(has_sign, sign_of(axis), 1.0),
        explained=100 * target.motions["explained"],
        real=np.where(target.motions["beyond_chance"], "yes", "no"),
    )
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    event = st.dataframe(
        view[["motion", "correlation", "explained", "real", "mean", "spread", "unit"]],
        placeholder=ABSENT,
        key="trajectory_motions",
        hide_index=True,
        height=TABLE_HEIGHT,
        selection_mode="single-row",
        on_select="rerun",
        column_config={
            "motion": text("Motion", help="Bond, angle or torsion, atoms as numbered in the frame", width=105),
            "correlation": number(
                "r", format="%.2f", width=45, help="Pearson's; of a torsion that of its best cosine and sine, no sign"
            ),
            "explained": number(
                QUANTITIES["share"].titled("r²"), format="%.0f", width=50, help="Its square: the part of the variance"
            ),
            "real": text("> chance", width=65, help="More than unconnected motions of this memory show"),
            "mean": number("Mean", format="%.2f", width=60),
            "spread": number("Spread", format="%.2f", width=55, help="Standard deviation"),
            "unit": text("Unit", width=40),
        },
    )
    rows = event["selection"]["rows"]
    st.caption("Tick a motion to see it. Motions go together: a correlation is no cause by itself.")
    return int(rows[0]) if rows and rows[0] < len(target.motions) else 0


def show_motion(found: TrajectoryLevels, target: FollowedTarget, place: int | None) -> None:
    """Show the target against one motion, a point a frame."""
    if place is None or target.motions is None:
        return
    row = target.motions.iloc[place]
    motion = Motion(str(row["kind"]), tuple(row["atoms"]), str(row["motion"]))
    axis = axis_of_learner(found.model)
    figure = motion_figure(
        motion_values(found.trajectory, motion)[found.frames],
        target.energies_ev,
        motion=motion.name,
        unit=motion.unit,
        target=target.label,
        theme=current_theme(),
        axis=axis,
    )
    show_figure(figure, "trajectory_motion", file_name="trajectory-motion")
    st.caption(describe_motion(row, target, axis=axis))


def describe_motion(row: pd.Series, target: FollowedTarget, *, axis: str) -> str:
    """Return what the correlation says, and what it does not."""
    step, unit = (0.01, "0.01 Å") if row["kind"] == STRETCH else (1.0, "degree")
    slope = (
        f"; {format_ev(sign_of(axis) * float(row['slope_ev']) * step, digits=3)} for each {unit}"
        if np.isfinite(row["slope_ev"])
        else ""
    )
    return (
        f"{target.label} and {row['kind']} {row['motion']}: {row['explained']:.0%} of the variance{slope}; about "
        f"{row['n_independent']:.0f} independent frames."
    )
