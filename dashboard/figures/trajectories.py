"""Spectra along a molecular dynamics: data in, Plotly figure out."""

import numpy as np
import plotly.graph_objects as go

from core.quantities import QUANTITIES
from core.trajectories.spectra import AverageSpectrum, Convergence
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.spectra import BINDING, DENSITY, ENERGY, ENERGY_AXES, ORBITAL, Curve, deepest_shown
from dashboard.figures.theme import CURVE_SYMBOLS, RESIDUAL, Theme, colour_of, escape_plotly, style_figure, with_alpha

RSE = QUANTITIES["rse"]
TIMED, UNTIMED = "Time / ps", "Frame"
MOST_POINTS = 2000  # of a line
MOTION_HEIGHT = 330


def time_title(is_timed: bool) -> str:
    """Return the title of the axis of time: of frames where their times are not known."""
    return TIMED if is_timed else UNTIMED


def average_figure(
    average: AverageSpectrum,
    *,
    theme: Theme,
    axis: str = ORBITAL,
    window_ev: tuple[float, float] = (-30.0, 0.0),
    marked_ev: tuple[float, float] | None = None,
    height: int = 380,
) -> go.Figure:
    """Return the averaged spectrum (solid, its spread over the frames filled) beside the static one (dashed).

    `marked_ev` is the window of the peak that is looked into [eV].
    """
    figure, colour, sign = go.Figure(), colour_of(0), sign_of(axis)
    x = sign * average.energies_ev
    low, high = np.clip(average.mean - average.spread, 0, None), average.mean + average.spread
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=with_alpha(colour, 0.2),
        hoverinfo="skip",
        name="spread over frames (1 standard deviation)",
    )
    hover = f"{ENERGY.hover('x')}<br>{DENSITY.hover('y')}"
    figure.add_scatter(
        x=x,
        y=average.static,
        mode="lines",
        name="static: the molecule at rest",
        line={"color": theme.reference, "width": 1.6, "dash": "dash"},
        hovertemplate=f"{hover}<extra>static</extra>",
    )
    figure.add_scatter(
        x=x,
        y=average.mean,
        mode="lines",
        name="averaged over frames",
        line={"color": colour, "width": 2},
        hovertemplate=f"{hover}<extra>averaged</extra>",
    )
    if marked_ev is not None:
        figure.add_vrect(
            *sorted(sign * np.array(marked_ev)), fillcolor=with_alpha(theme.accent, 0.12), line_width=0, layer="below"
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"t": 58})
    curves = [Curve("", average.energies_ev, y) for y in (average.mean, average.static)]
    ends = sorted(sign * np.array([deepest_shown(curves, window_ev), window_ev[1]]))
    figure.update_xaxes(
        title_text=ENERGY_AXES[axis].header, range=ends[::-1] if axis == BINDING else ends, showgrid=False
    )
    figure.update_yaxes(title_text=DENSITY.header, rangemode="tozero")
    return figure


def sign_of(axis: str) -> float:
    """Return what orbital energies are multiplied by on an axis."""
    return 1.0 if axis == ORBITAL else -1.0


def spectrogram_figure(
    times: np.ndarray,
    energies_ev: np.ndarray,
    densities: np.ndarray,
    *,
    theme: Theme,
    axis: str = ORBITAL,
    is_timed: bool = True,
    height: int = 340,
) -> go.Figure:
    """Return energy against time, the density as colour (cividis): times (n,), densities (n, n_points) [states/eV]."""
    title = time_title(is_timed)
    figure = go.Figure(
        go.Heatmap(
            x=times,
            y=sign_of(axis) * energies_ev,
            z=densities.T.astype(np.float32).round(3),
            colorscale="Cividis",
            colorbar={
                "title": {"text": DENSITY.header, "side": "right", "font": {"size": 12}},
                "thickness": 12,
                "outlinewidth": 0,
            },
            hovertemplate=f"{title} %{{x:.2f}}<br>{ENERGY.hover('y')}<br>{DENSITY.hover('z')}<extra></extra>",
        )
    )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(title_text=title, showgrid=False)
    figure.update_yaxes(title_text=ENERGY_AXES[axis].header, showgrid=False)
    return figure


def convergence_figure(found: Convergence, *, theme: Theme, height: int = 340) -> go.Figure:
    """Return how far the average over the first frames is from that over all, and what its own scatter lets expect."""
    figure = go.Figure()
    curves = (
        ("first frames against all", found.rse, colour_of(0), "solid", CURVE_SYMBOLS[0]),
        ("expected of their own scatter (blocks)", found.rse_error, RESIDUAL, "dash", CURVE_SYMBOLS[1]),
    )
    for name, values, colour, dash, symbol in curves:
        figure.add_scatter(
            x=found.n_frames,
            y=RSE.shown(np.where(values > 0, values, np.nan)),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 1.8, "dash": dash},
            marker={"symbol": symbol, "size": 6},
            hovertemplate=f"%{{x:,}} frames<br>{RSE.hover('y')}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"t": 58})
    figure.update_xaxes(title_text="Frames averaged", type="log")
    log_axis_ticks(figure, "x", found.n_frames.tolist())
    figure.update_yaxes(title_text=f"{RSE.header} of the averaged spectrum", rangemode="tozero")
    return figure


def levels_in_time_figure(
    times: np.ndarray,
    levels_ev: np.ndarray,
    names: list[str],
    *,
    theme: Theme,
    axis: str = ORBITAL,
    marked: str = "",
    is_timed: bool = True,
    height: int = 340,
) -> go.Figure:
    """Return levels against time: times (n,), levels (n, n_levels) [eV] and their names; `marked` is drawn stronger."""
    figure, title = go.Figure(), time_title(is_timed)
    step = max(1, len(times) // MOST_POINTS)
    for k, name in enumerate(names):
        is_marked = name == marked
        colour = theme.accent if is_marked else with_alpha(theme.muted, 0.75)
        figure.add_scatter(
            x=times[::step],
            y=sign_of(axis) * levels_ev[::step, k],
            mode="lines",
            name=name,
            showlegend=False,
            line={"color": colour, "width": 1.8 if is_marked else 0.9},
            hovertemplate=f"{name}<br>{title} %{{x:.2f}}<br>{ENERGY.hover('y')}<extra></extra>",
        )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(title_text=title, showgrid=False)
    figure.update_yaxes(title_text=ENERGY_AXES[axis].header)
    return figure


def motion_figure(
    values: np.ndarray,
    energies_ev: np.ndarray,
    *,
    motion: str,
    unit: str,
    target: str,
    theme: Theme,
    axis: str = ORBITAL,
) -> go.Figure:
    """Return a level's or a peak's energy against a motion, a point a frame: both (n,)."""
    step = max(1, len(values) // MOST_POINTS)
    figure = go.Figure(
        go.Scattergl(
            x=values[::step],
            y=sign_of(axis) * energies_ev[::step],
            mode="markers",
            marker={"color": colour_of(0), "size": 5, "opacity": 0.55},
            hovertemplate=f"%{{x:.3f}} {unit}<br>{ENERGY.hover('y')}<extra></extra>",
        )
    )
    style_figure(figure, theme, height=MOTION_HEIGHT, legend=False)
    figure.update_xaxes(title_text=f"{escape_plotly(motion)} / {unit}")
    figure.update_yaxes(title_text=QUANTITIES["orbital_energy_ev"].titled(target))
    return figure
