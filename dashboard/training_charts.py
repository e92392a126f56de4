"""Training as figures: learning curves, losses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.learning_curves import Crossing
from dashboard.learner_charts import learner_style, legend_room, log_axis_ticks
from dashboard.theme import RESIDUAL, Theme, style_figure

LOSSES = {"loss_ev": "loss / eV", "loss": "loss"}
VALIDATIONS = {"valid_rmse_ev": "validation RMSE / eV", "valid_rse": "validation RSE"}


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


def loss_figure(history: Sequence[Mapping], *, theme: Theme, height: int = 300) -> go.Figure | None:
    """Return training loss and validation error against epochs, stages one after another; None where there are none."""
    table = pd.DataFrame(list(history))
    shown = {c: n for c, n in (LOSSES | VALIDATIONS).items() if c in table and table[c].notna().any()}
    if "epoch" not in table or not any(c in LOSSES for c in shown):
        return None
    figure = go.Figure()
    for column, name in shown.items():
        seen = np.flatnonzero(table[column].notna())
        is_loss = column in LOSSES
        figure.add_scatter(
            x=seen + 1,
            y=table[column].iloc[seen],
            mode="lines" if is_loss or len(seen) > 40 else "lines+markers",
            name=name,
            marker={"size": 5},
            line={
                "color": theme.accent if is_loss else RESIDUAL,
                "width": 1.6,
                "dash": "solid" if is_loss else "dot",
            },
            hovertemplate=f"epoch %{{x}}<br>{name}: %{{y:.4g}}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    mark_stages(figure, table, theme)
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(type="log", title_text="Loss, error")
    log_axis_ticks(figure, "y", [float(x) for c in shown for x in table[c].dropna() if x > 0])
    return figure


def mark_stages(figure: go.Figure, table: pd.DataFrame, theme: Theme) -> None:
    """Mark where each stage of a training of several begins."""
    if "stage" not in table or table["stage"].nunique() < 2:
        return
    for place, start in enumerate(np.flatnonzero(table["stage"].ne(table["stage"].shift())).tolist()):
        figure.add_vline(x=start + 1, line={"color": theme.muted, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=start + 1,
            y=1 - 0.08 * place,  # a short stage has no room for its name beside the next one's
            yref="y domain",
            yanchor="top",
            xanchor="left",
            showarrow=False,
            text=str(table["stage"].iloc[start]).replace("_", " "),
            font={"size": 11, "color": theme.muted},
        )
