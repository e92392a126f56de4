"""Whole libraries as figures: distributions and the map."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.theme import ACCENT, Theme, style_figure

N_BINS = 60
MANY_POINTS = 2_000
OUTERMOST_PERCENT = (1, 99)  # values beyond have the colours of the ends


def histogram_figure(
    values: np.ndarray,
    *,
    theme: Theme,
    title: str,
    digits: str = ".2f",
    selected: np.ndarray | None = None,
    height: int = 230,
) -> go.Figure:
    """Return the distribution of a quantity; dragging sideways selects a range.

    Parameters
    ----------
    values : (n,) float
        nan is left out.
    title : str
        Of the axis, with the unit.
    digits : str
        Format of the ends of a bin, as in ".2f".
    selected : (n,) bool or None
        Drawn again on top, hatched as well as coloured.
    """
    finite = values[np.isfinite(values)]
    figure = go.Figure()
    if len(finite):
        edges = np.linspace(finite.min(), finite.max() + 1e-9, N_BINS + 1)
        faded = selected is not None and bool(selected.any())
        look = {
            "color": ACCENT if not theme.dark else theme.accent,
            "opacity": 0.35 if faded else 0.85,
            "line": {"width": 0},
        }
        add_bins(figure, finite, edges, name="all", noun="molecules", digits=digits, marker=look, opacities=(0.9, 0.35))
        if faded and selected is not None:
            hatched = {
                "color": theme.accent,
                "line": {"width": 0},
                "pattern": {"shape": "/", "size": 4, "bgcolor": theme.accent, "fgcolor": theme.surface},
            }
            chosen = values[selected & np.isfinite(values)]
            add_bins(
                figure, chosen, edges, name="selected", noun="selected", digits=digits, marker=hatched, opacities=(1, 1)
            )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_layout(
        barmode="overlay", bargap=0, dragmode="select", selectdirection="h", margin={"l": 52, "r": 10, "t": 26, "b": 44}
    )
    figure.update_xaxes(title_text=title, showgrid=False)
    figure.update_yaxes(title_text="Molecules", fixedrange=True, nticks=4)
    return figure


def add_bins(
    figure: go.Figure,
    values: np.ndarray,
    edges: np.ndarray,
    *,
    name: str,
    noun: str,
    digits: str,
    marker: dict[str, Any],
    opacities: tuple[float, float],
) -> None:
    """Add the counts of values (n,) between edges (n_bins + 1,) as bars; `opacities` are those inside and outside a box."""
    inside, outside = opacities
    figure.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=np.histogram(values, edges)[0],
        width=edges[1] - edges[0],
        text=[f"{a:{digits}} to {b:{digits}}".replace("-", "\u2212") for a, b in itertools.pairwise(edges)],
        textposition="none",
        name=name,
        marker=marker,
        hovertemplate=f"%{{text}}<br>%{{y:,}} {noun}<extra></extra>",
        selected={"marker": {"opacity": inside}},
        unselected={"marker": {"opacity": outside}},
    )


def map_figure(
    points: np.ndarray,
    colour_values: np.ndarray,
    *,
    theme: Theme,
    colour_title: str,
    colour_digits: str = ".2f",
    notes: Sequence[str],
    selected: np.ndarray | None = None,
    height: int = 480,
) -> go.Figure:
    """Return the map of a library: a point a molecule, near points have like spectra; a click selects, or box or lasso.

    Parameters
    ----------
    points : (n, 2)
    colour_values : (n,) float
        Shown in cividis.
    notes : n escaped hover texts
    selected : (n,) bool or None
        The rest fades, the selected are ringed.
    """
    figure = points_figure(
        points, colour_values, theme=theme, colour_title=colour_title, notes=notes, selected=selected, height=height
    )
    figure.update_traces(hovertemplate="%{text}<extra></extra>", marker_colorbar_tickformat=colour_digits)
    bare = {"showticklabels": False, "ticks": "", "showgrid": False, "showline": False, "zeroline": False}
    figure.update_xaxes(**bare)
    figure.update_yaxes(scaleanchor="x", **bare)
    return figure


def plane_figure(
    points: np.ndarray,
    colour_values: np.ndarray,
    *,
    theme: Theme,
    titles: tuple[str, str, str],
    notes: Sequence[str],
    selected: np.ndarray | None = None,
    height: int = 440,
) -> go.Figure:
    """Return two quantities against each other, a third as colour; a click selects, or box or lasso.

    Parameters
    ----------
    points : (n, 2)
    titles : of x, y and colour, escaped, with their units
    colour_values, notes, selected
        See `map_figure`.
    """
    figure = points_figure(
        points, colour_values, theme=theme, colour_title=titles[2], notes=notes, selected=selected, height=height
    )
    figure.update_traces(hovertemplate="%{text}<br>%{x:.5g}, %{y:.5g}<extra></extra>")
    figure.update_layout(margin={"l": 56, "b": 44})
    figure.update_xaxes(title_text=titles[0])
    figure.update_yaxes(title_text=titles[1])
    return figure


def points_figure(
    points: np.ndarray,
    colour_values: np.ndarray,
    *,
    theme: Theme,
    colour_title: str,
    notes: Sequence[str],
    selected: np.ndarray | None,
    height: int,
) -> go.Figure:
    """Return points (n, 2) coloured by values (n,), the selected ringed; the colours span all but the outermost values."""
    places = np.flatnonzero(selected) if selected is not None and selected.any() else None
    known = colour_values[np.isfinite(colour_values)]
    low, high = np.percentile(known, OUTERMOST_PERCENT) if len(known) else (0.0, 1.0)
    figure = go.Figure(
        go.Scattergl(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            text=list(notes),
            selectedpoints=places,
            selected={"marker": {"opacity": 1.0, "size": 7}},
            unselected={"marker": {"opacity": 0.18}},
            marker={
                "size": 4.5 if len(points) > MANY_POINTS else 7,
                "color": colour_values,
                "cmin": low,
                "cmax": high,
                "colorscale": "Cividis",
                "opacity": 0.85,
                "colorbar": {
                    "title": {"text": colour_title, "side": "right", "font": {"size": 13}},
                    "thickness": 10,
                    "outlinewidth": 0,
                    "len": 0.9,
                },
            },
        )
    )
    style_figure(figure, theme, height=height, legend=False)
    # Streamlit lets a click select in this mode alone; box and lasso are a button away
    figure.update_layout(dragmode="pan", margin={"l": 24, "r": 8, "t": 26, "b": 30})
    return figure
