"""Learning curves as a figure: error against training molecules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.learning_curves import Crossing
from core.quantities import Quantity
from dashboard.figures.learner_style import learner_style, legend_room
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.theme import Theme, style_figure


@dataclass(frozen=True)
class Yardstick:
    """A published error, as stored, and with how many training molecules it was reached."""

    error: float
    n_molecules: int
    label: str


def learning_curve_figure(
    curves: Mapping[str, pd.DataFrame],
    names: Mapping[str, str],
    *,
    theme: Theme,
    quantity: Quantity,
    crossings: Mapping[str, Crossing] | None = None,
    yardstick: Yardstick | None = None,
    height: int = 480,
) -> go.Figure:
    """Return errors against training molecules, both logarithmic; bars span the seeds, dots where extrapolated.

    Parameters
    ----------
    curves : key to `core.evaluation.learning_curves.summarise_curve`
    quantity : Quantity
        What the error is.
    yardstick : Yardstick or None
        Drawn as a labelled line, a star on it.
    """
    figure = go.Figure()
    for key, curve in curves.items():
        add_curve_with_seeds(figure, key, curve, name=names[key], quantity=quantity)
        crossing = (crossings or {}).get(key)
        if crossing is not None and yardstick is not None and crossing.kind == "extrapolated":
            figure.add_scatter(
                x=[crossing.n_largest, crossing.n_molecules],
                y=[quantity.shown(crossing.error), quantity.shown(yardstick.error)],
                mode="lines",
                legendgroup=key,
                showlegend=False,
                hoverinfo="skip",
                line={"color": learner_style(key).colour, "width": 1, "dash": "dot"},
            )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"t": legend_room(len(curves))})
    sizes = [float(x) for c in curves.values() for x in c["n_molecules"]]
    errors = [float(quantity.shown(x)) for c in curves.values() for x in (c["low"].min(), c["high"].max())]
    if yardstick is not None:
        add_yardstick(figure, yardstick, quantity=quantity, theme=theme)
        sizes.append(yardstick.n_molecules)
        errors.append(quantity.shown(yardstick.error))
    figure.update_xaxes(type="log", title_text="Training molecule-geometries")
    figure.update_yaxes(type="log", title_text=quantity.titled(f"Test {quantity.symbol or quantity.label}"))
    log_axis_ticks(figure, "x", sizes)
    log_axis_ticks(figure, "y", errors)
    return figure


def spread_by_count(errors: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Return n_molecules, mean, low, high and n_seeds of `mae_ev` by the number of labels, a column, as the figure draws them."""
    table = errors.groupby(by)["mae_ev"].agg(mean="mean", low="min", high="max", n_seeds="count")
    return table.reset_index().rename(columns={by: "n_molecules"})


def add_curve_with_seeds(figure: go.Figure, key: str, curve: pd.DataFrame, *, name: str, quantity: Quantity) -> None:
    """Add one learner's mean errors, with bars from the lowest to the highest seed."""
    style = learner_style(key)
    mean, low, high = (quantity.shown(curve[c].to_numpy()) for c in ("mean", "low", "high"))
    figure.add_scatter(
        x=curve["n_molecules"],
        y=mean,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - mean,
            "arrayminus": mean - low,
            "thickness": 1.2,
            "width": 3,
        },
        mode="lines+markers",
        name=name,
        legendgroup=key,
        line={"color": style.colour, "width": 1.8, "dash": style.dash},
        marker={"symbol": style.symbol, "size": 7},
        customdata=curve["n_seeds"],
        hovertemplate=f"{name}<br>%{{x:,}} molecule-geometries, %{{customdata}} seed(s): "
        f"{quantity.hover('y', digits='.3g')}<extra></extra>",
    )


def add_yardstick(figure: go.Figure, yardstick: Yardstick, *, quantity: Quantity, theme: Theme) -> None:
    """Add a published error as a labelled line, with a star where it was reached."""
    error = quantity.shown(yardstick.error)
    figure.add_hline(y=error, line={"color": theme.reference, "width": 1.2, "dash": "dash"})
    figure.add_annotation(
        x=1,
        xref="x domain",
        y=float(np.log10(error)),
        yanchor="top",
        xanchor="right",
        showarrow=False,
        text=yardstick.label,
        font={"size": 12, "color": theme.text},
    )
    figure.add_scatter(
        x=[yardstick.n_molecules],
        y=[error],
        mode="markers",
        showlegend=False,
        marker={"symbol": "star", "size": 12, "color": theme.reference},
        hovertemplate=f"{yardstick.label}<extra></extra>",
    )
