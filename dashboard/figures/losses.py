"""The course of a training as a figure: losses and validation errors against epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.quantities import QUANTITIES
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.theme import RESIDUAL, Theme, style_figure

LOSSES = {"loss_ev": QUANTITIES["loss_ev"].titled("loss"), "loss": "loss"}
VALIDATIONS = {"valid_rmse_ev": QUANTITIES["rmse_ev"].titled("validation RMSE"), "valid_rse": "validation RSE"}


def loss_figure(history: Sequence[Mapping[str, Any]], *, theme: Theme, height: int = 300) -> go.Figure | None:
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
            hovertemplate=f"epoch %{{x}}<br>{name}: %{{y:{QUANTITIES['loss_ev'].digits}}}<extra></extra>",
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
