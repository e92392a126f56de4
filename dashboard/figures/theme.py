"""One look for every figure and structure: colours, template, escaping."""

import html
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

ACCENT = "#4453A6"
# Okabe and Ito's colours in a fixed order; vermilion is kept for residuals and black for references. Their yellow, #F0E442,
# is darkened: on white its contrast is 1.3.
MOLECULE_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#B8A800")
CURVE_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon")  # one a colour
RESIDUAL = "#D55E00"
MAX_DRAWN = len(MOLECULE_COLOURS)
FONT = "Source Sans, Source Sans Pro, sans-serif"


@dataclass(frozen=True)
class Theme:
    """Colours that differ between the light and the dark page."""

    dark: bool
    text: str
    muted: str
    grid: str
    reference: str
    accent: str
    surface: str


LIGHT = Theme(False, "#16181f", "#6b7080", "#e3e5ee", "#1a1a1a", ACCENT, "#ffffff")
DARK = Theme(True, "#e8e9ef", "#9a9fb2", "#2e3241", "#f2f2f2", "#8d9be8", "#14161d")


def colour_of(index: int) -> str:
    """Return the colour of the n-th drawn molecule."""
    return MOLECULE_COLOURS[index % len(MOLECULE_COLOURS)]


def with_alpha(colour: str, alpha: float) -> str:
    """Return "#rrggbb" as an rgba() colour."""
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def style_figure(figure: go.Figure, theme: Theme, *, height: int, legend: bool = True) -> go.Figure:
    """Apply the shared template in place: fonts, thin axes, transparent ground, hover, margins."""
    figure.update_layout(
        template="none",
        height=height,
        font={"family": FONT, "size": 13, "color": theme.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 64, "r": 16, "t": 34 if legend else 26, "b": 48},
        hoverlabel={"font": {"family": FONT, "size": 12}, "bgcolor": theme.surface, "bordercolor": theme.muted},
        showlegend=legend,
        # hung from the top of the figure: one that stands on the axes covers the curves when the window gets narrower
        legend={"orientation": "h", "yref": "container", "yanchor": "top", "y": 0.99, "x": 0, "font": {"size": 12}},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.accent},
    )
    axis = {
        "showline": True,
        "linewidth": 1,
        "linecolor": theme.muted,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": theme.muted,
        "gridcolor": theme.grid,
        "zeroline": False,
        "title": {"font": {"size": 13}},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def plot_config(name: str, image_format: str) -> dict[str, Any]:
    """Return Plotly's options: a camera button that saves PNG or SVG, double-click resets."""
    return {
        "displaylogo": False,
        "doubleClick": "reset",
        "scrollZoom": False,
        "toImageButtonOptions": {"format": image_format, "filename": f"eigenscope-{name}", "scale": 2},
        "modeBarButtonsToRemove": ["zoomIn2d", "zoomOut2d", "autoScale2d"],
    }


def escape_plotly(text: str, *, limit: int = 40) -> str:
    """Return text from a user's file as Plotly shows it literally; Plotly renders some HTML."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return html.escape(text, quote=False)
