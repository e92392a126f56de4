"""Learning curves as a figure: error against training molecules."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.learning_curves import Crossing
from dashboard.figures.learner_style import learner_style, legend_room
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.theme import Theme, style_figure


def learning_curve_figure(
    curves: Mapping[str, pd.DataFrame],
    names: Mapping[str, str],
    *,
    theme: Theme,
    title: str,
    factor: float = 1.0,
    crossings: Mapping[str, Crossing] | None = None,
    threshold: float | None = None,
    threshold_label: str = "",
    published_molecules: int | None = None,
    height: int = 480,
) -> go.Figure:
    """Return errors against training molecules, both logarithmic; bars span the seeds, dots where extrapolated.

    Parameters
    ----------
    curves : key to `core.evaluation.learning_curves.summarise_curve`
    factor : float
        What errors are multiplied with for the unit in the title; the threshold is in the curves' own.
    threshold : float or None
        A published error, drawn as a labelled line.
    published_molecules : int or None
        With how many training molecules it was reached: a star on the line.
    """
    figure = go.Figure()
    for key, curve in curves.items():
        style = learner_style(key)
        mean = curve["mean"].to_numpy()
        figure.add_scatter(
            x=curve["n_molecules"],
            y=factor * mean,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": factor * (curve["high"].to_numpy() - mean),
                "arrayminus": factor * (mean - curve["low"].to_numpy()),
                "thickness": 1.2,
                "width": 3,
            },
            mode="lines+markers",
            name=names[key],
            legendgroup=key,
            line={"color": style.colour, "width": 1.8, "dash": style.dash},
            marker={"symbol": style.symbol, "size": 7},
            customdata=curve["n_seeds"],
            hovertemplate=f"{names[key]}<br>%{{x:,}} molecule-geometries, %{{customdata}} seed(s): %{{y:.3g}}<extra></extra>",
        )
        crossing = (crossings or {}).get(key)
        if crossing is not None and threshold is not None and crossing.kind == "extrapolated":
            figure.add_scatter(
                x=[crossing.n_largest, crossing.n_molecules],
                y=[factor * crossing.error, factor * threshold],
                mode="lines",
                legendgroup=key,
                showlegend=False,
                hoverinfo="skip",
                line={"color": style.colour, "width": 1, "dash": "dot"},
            )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"t": legend_room(len(curves))})
    if threshold is not None:
        figure.add_hline(y=factor * threshold, line={"color": theme.reference, "width": 1.2, "dash": "dash"})
        figure.add_annotation(
            x=1,
            xref="x domain",
            y=float(np.log10(factor * threshold)),
            yanchor="top",
            xanchor="right",
            showarrow=False,
            text=threshold_label,
            font={"size": 12, "color": theme.text},
        )
    if threshold is not None and published_molecules is not None:
        figure.add_scatter(
            x=[published_molecules],
            y=[factor * threshold],
            mode="markers",
            showlegend=False,
            marker={"symbol": "star", "size": 12, "color": theme.reference},
            hovertemplate=f"{threshold_label}<extra></extra>",
        )
    figure.update_xaxes(type="log", title_text="Training molecule-geometries")
    figure.update_yaxes(type="log", title_text=title)
    sizes = [x for c in curves.values() for x in c["n_molecules"]]
    log_axis_ticks(figure, "x", [*sizes, published_molecules] if published_molecules else sizes)
    errors = [factor * x for c in curves.values() for x in (c["low"].min(), c["high"].max())]
    log_axis_ticks(figure, "y", [*errors, factor * threshold] if threshold is not None else errors)
    return figure
