"""Representations of a molecule as figures: Coulomb matrix, its eigenvalues, many-body terms."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.features.mbtr import TermCurve
from core.quantities import QUANTITIES
from dashboard.figures.sets import DASHES
from dashboard.figures.theme import MOLECULE_COLOURS, Theme, style_figure

N_CURVES_NAMED = 12  # beyond, curves are thin and grey: colours would repeat


def matrix_figure(matrix: np.ndarray, atoms: Sequence[str], *, theme: Theme, height: int = 460) -> go.Figure:
    """Return a Coulomb matrix (n_atoms, n_atoms) [Hartree] as a heat map, colours by the logarithm, atoms on both axes."""
    shown = np.where(matrix > 0, matrix, np.nan)
    ticks = [t for t in (0.1, 0.3, 1, 3, 10, 30, 100) if np.nanmin(shown) <= t <= np.nanmax(shown)]
    figure = go.Figure(
        go.Heatmap(
            x=list(range(len(atoms))),
            y=list(range(len(atoms))),
            z=np.log10(shown).round(4),
            customdata=[[[matrix[i, j], atoms[i], atoms[j]] for j in range(len(atoms))] for i in range(len(atoms))],
            colorscale="Cividis",
            colorbar={
                "title": {"text": QUANTITIES["coulomb_hartree"].header, "side": "right", "font": {"size": 13}},
                "thickness": 10,
                "outlinewidth": 0,
                "tickvals": np.log10(ticks).tolist(),
                "ticktext": [f"{t:g}" for t in ticks],
            },
            hovertemplate="%{customdata[1]}, %{customdata[2]}<br>"
            f"{QUANTITIES['coulomb_hartree'].hover('customdata[0]')}<extra></extra>",
        )
    )
    style_figure(figure, theme, height=height, legend=False)
    axis = {
        "tickvals": list(range(len(atoms))),
        "ticktext": list(atoms),
        "showgrid": False,
        "ticks": "",
        "showline": False,
        "constrain": "domain",
        "tickfont": {"size": 11 if len(atoms) <= 20 else 9},
    }
    figure.update_xaxes(**axis, tickangle=-90, side="top")
    figure.update_yaxes(**axis, autorange="reversed", scaleanchor="x")
    figure.update_layout(margin={"t": 60, "b": 12, "l": 44})
    return figure


def eigenvalue_figure(values: np.ndarray, *, theme: Theme, height: int = 460) -> go.Figure:
    """Return a Coulomb matrix's eigenvalues (n_atoms,) [Hartree] by place, magnitudes on a logarithmic axis."""
    figure, eigenvalue = go.Figure(), QUANTITIES["eigenvalue_hartree"]
    for sign, name, symbol in ((1, "positive", "circle"), (-1, "negative", "circle-open")):
        places = np.flatnonzero(np.sign(values) == sign)
        if len(places):
            figure.add_scatter(
                x=places + 1,
                y=np.abs(values[places]),
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 8, "color": theme.accent},
                customdata=values[places].tolist(),
                hovertemplate=f"eigenvalue %{{x}}: {eigenvalue.hover('customdata')}<extra></extra>",
            )
    style_figure(figure, theme, height=height, legend=len(figure.data) > 1)
    figure.update_xaxes(title_text="Place by falling magnitude", showgrid=False)
    figure.update_yaxes(type="log", title_text=eigenvalue.header, dtick=1)
    return figure


def term_figure(curves: Sequence[TermCurve], *, theme: Theme, height: int = 300) -> go.Figure:
    """Return the distributions of one many-body term, one curve an element, pair or triple, the strongest first."""
    order = sorted(curves, key=lambda c: -float(np.max(c.y)))
    figure = go.Figure()
    for place, curve in enumerate(order):
        named = place < N_CURVES_NAMED
        figure.add_scatter(
            x=curve.x.round(4),
            y=curve.y.round(5),
            mode="lines",
            name=curve.label,
            showlegend=named,
            line={
                "color": MOLECULE_COLOURS[place % len(MOLECULE_COLOURS)] if named else theme.muted,
                "dash": DASHES[place // len(MOLECULE_COLOURS) % len(DASHES)] if named else "solid",
                "width": 1.7 if named else 0.8,
            },
            hovertemplate=f"{curve.label}<br>%{{x:.2f}}: %{{y:.2f}}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"t": 62 if len(order) > 6 else 40})
    figure.update_xaxes(title_text=feature_axis_title(order[0].axis) if order else "", showgrid=False)
    figure.update_yaxes(title_text="Weighted count", rangemode="tozero")
    return figure


def feature_axis_title(axis: str) -> str:
    """Return the title of a term's axis with a capital."""
    return axis[:1].upper() + axis[1:]
