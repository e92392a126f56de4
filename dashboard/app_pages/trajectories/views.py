"""What is shown of a trajectory: spectra, spectrogram, convergence, levels against time, a frame, downloads."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.quantities import QUANTITIES, format_ev
from core.spectrum.levels import N_BAND
from core.trajectories.export import frames_extxyz, spectrum_table
from core.trajectories.levels import TrajectoryLevels
from core.trajectories.spectra import AverageSpectrum, Convergence, convergence_of, spectrogram
from core.writers.tables import table_to_csv
from dashboard import resources
from dashboard.app_pages.trajectories.motions import LEVEL, FollowedTarget, choose_target, show_motion, show_motions
from dashboard.figures.ball_and_stick import structure_figure
from dashboard.figures.levels import level_name
from dashboard.figures.trajectories import (
    average_figure,
    convergence_figure,
    levels_in_time_figure,
    spectrogram_figure,
)
from dashboard.state import BAND, remember, session
from dashboard.widgets.curves import display_grid
from dashboard.widgets.downloads import figure_download, figure_format_control, table_downloads
from dashboard.widgets.energy_axis import axis_of_learner, choose_axis
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.wording import ENERGIES_LABELS, LEVEL_LABELS

FINEST_EV = 0.05  # of the energies of a spectrogram


@st.fragment
@guarded
def show_trajectory() -> None:
    """Show the trajectory at hand; controls rerun this part of the page only."""
    found: TrajectoryLevels | None = session().trajectory
    if found is None:
        return
    average = averaged(found)
    target = choose_shown(found, average)
    with st.container(horizontal=True, gap="medium", key="trajectory_panels"):
        with st.container(key="trajectory_spectrum"):
            show_average(found, average, target)
        with st.container(key="trajectory_frame_panel"):
            show_frame(found, target)
    with st.grid(2, min_column_width=420, gap="medium") as grid:
        with grid.cell():
            show_spectrogram(found)
        with grid.cell():
            show_levels_in_time(found, target)
        with grid.cell():
            place = show_motions(target, axis=axis_of_learner(found.model))
        with grid.cell():
            show_motion(found, target, place)
    show_convergence(found)


def line_options() -> tuple[float, str, bool]:
    """Return broadening [eV], line shape, and whether the band alone is shown."""
    settings = session().settings
    return settings["sigma_ev"], settings["shape"], settings["n_levels"] == BAND


def averaged(found: TrajectoryLevels) -> AverageSpectrum:
    """Return the averaged and the static spectrum as the controls ask for them, computed once."""
    sigma_ev, shape, band = line_options()
    window = session().settings["window_ev"]
    return compute_average(mark_of(found), found, sigma_ev=sigma_ev, shape=shape, band=band, window_ev=window)


def mark_of(found: TrajectoryLevels) -> str:
    """Return what tells predictions of a trajectory from others: a cache compares it."""
    return resources.digest(found.valence_ev.tobytes() + found.static.valence_ev.tobytes() + found.times_ps.tobytes())


@st.cache_resource(show_spinner=False, max_entries=16)
def compute_average(
    mark: str, _found: TrajectoryLevels, *, sigma_ev: float, shape: str, band: bool, window_ev: tuple[float, float]
) -> AverageSpectrum:
    """Return the average over the frames on the window's grid."""
    return _found.spectrum(sigma_ev=sigma_ev, shape=shape, band=band, energies_ev=display_grid(window_ev))


@st.cache_resource(show_spinner=False, max_entries=16)
def compute_convergence(mark: str, _found: TrajectoryLevels, *, sigma_ev: float, shape: str, band: bool) -> Convergence:
    """Return how the average settles."""
    return convergence_of(_found.shown_ev(band=band), sigma_ev=sigma_ev, shape=shape)


@st.cache_resource(show_spinner=False, max_entries=16)
def compute_spectrogram(
    mark: str, _found: TrajectoryLevels, *, sigma_ev: float, shape: str, band: bool, window_ev: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times, energies [eV] and densities, over the energies where the levels lie."""
    levels = _found.shown_ev(band=band)
    low = max(window_ev[0], float(levels.min()) - 3 * sigma_ev)
    high = min(window_ev[1], float(levels.max()) + 3 * sigma_ev)
    grid = np.arange(low, max(high, low + 1.0), FINEST_EV)
    times, densities = spectrogram(levels, _found.times_ps, grid_ev=grid, sigma_ev=sigma_ev, shape=shape)
    return times, grid, densities


def choose_shown(found: TrajectoryLevels, average: AverageSpectrum) -> FollowedTarget:
    """Ask which level or peak is looked into."""
    sigma_ev, shape, band = line_options()
    return choose_target(found, average, sigma_ev=sigma_ev, shape=shape, band=band, axis=axis_of_learner(found.model))


def show_average(found: TrajectoryLevels, average: AverageSpectrum, target: FollowedTarget) -> None:
    """Show the average beside the static spectrum, its controls and downloads."""
    settings = session().settings
    what = ENERGIES_LABELS[resources.energies_of(found.model)]
    section("Spectrum", f"{what}, averaged over time")
    figure = average_figure(
        average,
        theme=current_theme(),
        axis=axis_of_learner(found.model),
        window_ev=settings["window_ev"],
        marked_ev=target.window_ev,
    )
    show_figure(figure, "trajectory_average", file_name="trajectory-spectrum")
    homo, (name, sign) = found.level_ev(0), name_homo(found)
    error = (
        f"{np.nanmax(average.error):.2g} states/eV at most"
        if np.isfinite(average.error).any()
        else "not known, too few"
    )
    st.caption(
        f"{name} {format_ev(sign * float(homo.mean()))} on average, spread {format_ev(float(homo.std()))}; at rest "
        f"{format_ev(sign * found.static.homo_ev)}. The band is the spread over frames. Not in it: the learner's expected error, "
        f"{format_ev(found.mean_expected_ev, digits=3)} a level, the standard error of the mean, {error}, and "
        "what better geometries than those of the dynamics would change."
    )
    show_controls(found.model)
    with st.popover("Download", icon=":material/download:"):
        show_trajectory_downloads(found, average, figure, target)


def show_controls(key: str) -> None:
    """Show what changes the picture and not the prediction; the same settings as on Predict."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        remember(st.slider, QUANTITIES["sigma_ev"].header, "sigma_ev", step=0.05, width=200)
        remember(st.slider, QUANTITIES["energy_ev"].titled("Window"), "window_ev", step=0.5, width=220)
        choose_axis(key)
        remember(st.segmented_control, "Levels", "n_levels", options=list(LEVEL_LABELS), format_func=LEVEL_LABELS.get)


def show_trajectory_downloads(
    found: TrajectoryLevels, average: AverageSpectrum, figure: go.Figure, target: FollowedTarget
) -> None:
    """Offer spectrum, levels of every frame, the frames, and what moves the target."""
    st.download_button(
        "Spectrum (CSV)", lambda: table_to_csv(spectrum_table(average, model=found.model)), mime="text/csv",
        file_name="eigenscope-trajectory-spectrum.csv", key="download_trajectory_spectrum", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        f"Frames (extended XYZ), {found.trajectory.n_frames:,}", lambda: frames_extxyz(found),
        file_name="eigenscope-trajectory.extxyz", mime="chemical/x-xyz", key="download_trajectory_frames", on_click="ignore",
    )  # fmt: skip
    table_downloads(found.table(), "trajectory-levels", label=f"levels of {found.trajectory.n_frames:,} frames")
    if target.motions is not None:
        st.download_button(
            "Motions (CSV)", lambda: table_to_csv(without_atoms(target.motions)), mime="text/csv",
            file_name="eigenscope-trajectory-motions.csv", key="download_trajectory_motions", on_click="ignore",
        )  # fmt: skip
    figure_download(figure, "trajectory-spectrum", key="download_trajectory_figure")
    figure_format_control()


def name_homo(found: TrajectoryLevels) -> tuple[str, float]:
    """Return what the highest level's energy is called, and the sign with which it is shown."""
    return ("First ionisation energy", -1.0) if resources.tells_ionisation(found.model) else ("HOMO", 1.0)


def without_atoms(motions: pd.DataFrame | None) -> pd.DataFrame:
    """Return a table of motions as it is saved: its names hold the atoms."""
    return pd.DataFrame() if motions is None else motions.drop(columns="atoms")


def show_frame(found: TrajectoryLevels, target: FollowedTarget) -> None:
    """Show one frame in 3-D, tinted by the level that is looked into."""
    section("Frame")
    whole = found.trajectory
    frame = 0
    if whole.n_frames > 1:
        frame = st.slider("Frame", 1, whole.n_frames, 1, key="trajectory_frame", label_visibility="collapsed") - 1
    geometry, weights, told = whole.geometry(frame), None, found.reasons[frame]
    places = np.flatnonzero(found.frames == frame)
    if len(places):
        homo_ev, (name, sign) = float(found.level_ev(0)[places[0]]), name_homo(found)
        told = f"{name} {format_ev(sign * homo_ev)}, expected RMSE {format_ev(float(found.expected_ev[places[0]]), digits=3)}"
        levels = resources.get_explained_levels(*resources.bytes_of_geometry(geometry), found.model)
        if target.kind == LEVEL and levels.atom_weights is not None:
            weights = levels.atom_weights[len(levels.valence_ev) - 1 - target.depth]
    config = {"displaylogo": False, "modeBarButtonsToRemove": ["tableRotation", "resetCameraLastSave3d"]}
    solid = structure_figure(geometry.numbers, geometry.positions, theme=current_theme(), weights=weights, height=320)
    solid.update_layout(uirevision="frame")  # the view stays where it was turned to
    st.plotly_chart(
        solid, theme=None, key="trajectory_solid", config=config, alt=f"Balls and sticks of frame {frame + 1}"
    )
    time = f"{whole.times_ps[frame]:.3f} ps · " if np.isfinite(whole.spacing_fs) else ""
    number = int(whole.frame_numbers[frame])
    numbered = "" if number == frame + 1 else f", number {number:,} of the file"
    balls = f" · balls: {target.label}" if weights is not None else ""
    st.caption(f"Frame {frame + 1:,} of {whole.n_frames:,}{numbered} · {time}{told}{balls}")


def show_spectrogram(found: TrajectoryLevels) -> None:
    """Show energy against time."""
    sigma_ev, shape, band = line_options()
    settings = session().settings
    section("Spectrogram", "each frame's spectrum")
    times, grid, densities = compute_spectrogram(
        mark_of(found), found, sigma_ev=sigma_ev, shape=shape, band=band, window_ev=settings["window_ev"]
    )
    is_timed = bool(np.isfinite(found.trajectory.spacing_fs))
    figure = spectrogram_figure(
        times, grid, densities, theme=current_theme(), axis=axis_of_learner(found.model), is_timed=is_timed
    )
    show_figure(figure, "trajectory_spectrogram", file_name="trajectory-spectrogram")


def show_convergence(found: TrajectoryLevels) -> None:
    """Show how the average settles with the number of frames."""
    sigma_ev, shape, band = line_options()
    section("Convergence", "of the averaged spectrum with frames")
    settled = compute_convergence(mark_of(found), found, sigma_ev=sigma_ev, shape=shape, band=band)
    show_figure(
        convergence_figure(settled, theme=current_theme()), "trajectory_convergence", file_name="trajectory-convergence"
    )
    rse = QUANTITIES["rse"]
    last = settled.rse_error[-1]
    told = (
        f"{rse.text(float(last))} is to be expected of all {found.n_used:,}"
        if np.isfinite(last)
        else "too few frames to tell"
    )
    st.caption(f"Frames follow one another and are not independent; by blocks of frames, an RSE of {told}.")


def show_levels_in_time(found: TrajectoryLevels, target: FollowedTarget) -> None:
    """Show the highest levels against time."""
    section("Levels against time", "by rank: levels that cross exchange names")
    depths = list(range(min(N_BAND, found.n_levels)))
    levels = np.column_stack([found.level_ev(d) for d in depths])
    names = [level_name(found.n_levels - 1 - d, found.n_levels) for d in depths]
    figure = levels_in_time_figure(
        found.times_ps, levels, names, theme=current_theme(), axis=axis_of_learner(found.model),
        marked=target.label if target.kind == LEVEL else "", is_timed=bool(np.isfinite(found.trajectory.spacing_fs)),
    )  # fmt: skip
    show_figure(figure, "trajectory_levels", file_name="trajectory-levels")
