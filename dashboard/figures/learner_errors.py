"""Learners side by side as figures: errors by level and by molecule, parity."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.evaluation.answers import Parity, Spread
from core.quantities import QUANTITIES, Quantity
from core.spectrum.levels import N_BAND
from dashboard.figures.learner_style import learner_style, legend_room
from dashboard.figures.levels import level_name
from dashboard.figures.log_axis import log_axis_ticks, log_ticks
from dashboard.figures.theme import ACCENT, Theme, style_figure, with_alpha

MAX_DRAWN_POINTS = 2000  # beyond, a parity plot shows squares and not points


def level_error_figure(
    errors_ev: Mapping[str, np.ndarray], names: Mapping[str, str], *, theme: Theme, height: int = 380
) -> go.Figure:
    """Return the RMSE of each level of the band; `errors_ev` is key to (N_BAND,) [eV], HOMO-15 first."""
    figure, rmse = go.Figure(), QUANTITIES["rmse_ev"]
    levels = [level_name(k, N_BAND) for k in range(N_BAND)]
    for key, values in errors_ev.items():
        style = learner_style(key)
        figure.add_scatter(
            x=levels,
            y=values,
            mode="lines+markers",
            name=names[key],
            line={"color": style.colour, "width": 1.8, "dash": style.dash},
            marker={"symbol": style.symbol, "size": 7},
            hovertemplate=f"{names[key]}<br>%{{x}}: {rmse.hover('y')}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(margin={"b": 78, "t": legend_room(len(errors_ev))})
    figure.update_xaxes(tickangle=-60, showgrid=False)
    figure.update_yaxes(title_text=rmse.titled("RMSE of the level"), rangemode="tozero")
    return figure


def level_bar_figure(errors_ev: Mapping[str, float], *, theme: Theme, height: int = 220) -> go.Figure:
    """Return one learner's RMSE of each level as bars; `errors_ev` is the level's name to its error [eV]."""
    rmse = QUANTITIES["rmse_ev"]
    names = [name.replace("-", "\u2212") for name in errors_ev]
    colour = theme.accent if theme.dark else ACCENT
    figure = go.Figure(go.Bar(x=names, y=list(errors_ev.values()), marker={"color": colour}))
    figure.update_traces(hovertemplate=f"%{{x}}<br>{rmse.hover('y')}<extra></extra>")
    style_figure(figure, theme, height=height, legend=False)
    figure.update_layout(bargap=0.35, margin={"b": 80})
    figure.update_xaxes(showgrid=False, tickangle=-60)
    figure.update_yaxes(title_text=rmse.titled("RMSE"))
    return figure


def spread_figure(
    spreads: Mapping[str, Spread], names: Mapping[str, str], *, theme: Theme, quantity: Quantity, title: str
) -> go.Figure:
    """Return the distribution of the error over molecules, one row a learner, the smallest median on top.

    Box: quartiles with the median; whiskers: 5% and 95% of the molecules; cross: the worst molecule.

    Parameters
    ----------
    quantity : Quantity
        What the error is.
    title : str
        Of the axis, in words; the unit is the quantity's.
    """
    figure = go.Figure()
    order = sorted(spreads, key=lambda key: -spreads[key].quantiles[2])
    for key in order:
        spread, style = spreads[key], learner_style(key)
        low, q1, median, q3, high = (quantity.shown(x) for x in spread.quantiles)
        note = (
            f"{names[key]}, {spread.n:,} molecules<br>5% below {low:.3g}, median {median:.3g}, 5% above {high:.3g}"
            "<extra></extra>"
        )
        figure.add_trace(
            go.Box(
                y=[names[key]],
                q1=[q1],
                median=[median],
                q3=[q3],
                lowerfence=[low],
                upperfence=[high],
                orientation="h",
                width=0.55,
                line={"color": style.colour, "width": 1.6},
                fillcolor=with_alpha(style.colour, 0.2),
                hoverinfo="skip",
            )
        )
        # points that carry the words: a box's own hover has seven labels on top of each other
        figure.add_scatter(
            x=[low, median, high],
            y=[names[key]] * 3,
            mode="markers",
            marker={"size": 12, "opacity": 0, "color": style.colour},
            hovertemplate=note,
        )
        figure.add_scatter(
            x=[quantity.shown(spread.worst)],
            y=[names[key]],
            mode="markers",
            marker={"symbol": "x-thin-open", "size": 8, "color": style.colour, "line": {"width": 1.6}},
            hovertemplate=f"{names[key]}, worst: %{{x:.3g}}<br>{spread.worst_id}<extra></extra>",
        )
    style_figure(figure, theme, height=90 + 32 * len(order), legend=False)
    figure.update_layout(margin={"l": 150, "t": 30})
    figure.update_xaxes(type="log", title_text=quantity.titled(title))
    log_axis_ticks(figure, "x", [quantity.shown(x) for s in spreads.values() for x in (s.quantiles[0], s.worst)])
    figure.update_yaxes(showgrid=False, ticks="", categoryorder="array", categoryarray=[names[k] for k in order])
    return figure


def parity_figure(parity: Parity, *, theme: Theme, noun: str, height: int = 400) -> go.Figure:
    """Return predicted against reference energies: points coloured by how many lie near, squares where there are many.

    `noun` is what a point is, "molecules" or "levels".
    """
    figure, energy = go.Figure(), QUANTITIES["energy_ev"]
    low = float(min(parity.reference_ev.min(), parity.predicted_ev.min()))
    high = float(max(parity.reference_ev.max(), parity.predicted_ev.max()))
    margin = 0.03 * (high - low)
    ends = [low - margin, high + margin]
    figure.add_scatter(x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": theme.muted, "width": 1})
    bar = {
        "title": {"text": f"{noun} near", "side": "right", "font": {"size": 13}},
        "thickness": 9,
        "outlinewidth": 0,
        "len": 0.9,
    }
    if len(parity.reference_ev) > MAX_DRAWN_POINTS:
        centres = (parity.edges_ev[1:] + parity.edges_ev[:-1]) / 2
        figure.add_heatmap(
            x=centres,
            y=centres,
            z=np.where(parity.counts > 0, np.log10(np.maximum(parity.counts, 1)), np.nan),
            customdata=parity.counts,
            colorscale=point_colours(theme),
            colorbar=bar | log_ticks(int(parity.counts.max())),
            hovertemplate=f"reference {energy.hover('x')}<br>predicted {energy.hover('y')}<br>"
            f"%{{customdata}} {noun}<extra></extra>",
        )
    else:
        order = np.argsort(parity.neighbours, kind="stable")  # the dense ones on top
        figure.add_scatter(
            x=parity.reference_ev[order].round(3),
            y=parity.predicted_ev[order].round(3),
            mode="markers",
            marker={
                "size": 4.5,
                "color": parity.neighbours[order],
                "colorscale": point_colours(theme),
                "colorbar": bar,
            },
            hovertemplate=f"reference {energy.hover('x')}<br>predicted {energy.hover('y')}<extra></extra>",
        )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(title_text=energy.titled("Reference"), range=ends, constrain="domain")
    figure.update_yaxes(
        title_text=energy.titled("Predicted"), range=ends, constrain="domain", scaleanchor="x", scaleratio=1
    )
    return figure


def point_colours(theme: Theme) -> list[str]:
    """Return cividis for points; on dark ground without its darkest part, which would not be seen."""
    colors: list[str] = sample_colorscale("Cividis", np.linspace(0.3 if theme.dark else 0.0, 1.0, 12).tolist())
    return colors
