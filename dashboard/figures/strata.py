"""Errors and expected errors by stratum of molecules, and how honest the expected ones are."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.quantities import QUANTITIES
from core.spectrum.metrics import Figures
from dashboard.figures.theme import CURVE_SYMBOLS, RESIDUAL, Theme, colour_of, style_figure, with_alpha

ROW_HEIGHT, LEAST_HEIGHT = 21, 220
PROMISED, TOLERATED = 0.90, (0.87, 0.93)  # of levels within the interval


def strata_figure(rows: Sequence[Figures], *, theme: Theme) -> go.Figure:
    """Return one line a stratum: measured and expected RMSE on the left, levels within the 90 % interval on the right.

    Parameters
    ----------
    rows : of `core.evaluation.elsewhere`, of one set and one learner of levels; the first is drawn on top
    """
    rmse, share = QUANTITIES["rmse_ev"], QUANTITIES["share"]
    names = [f"{row['stratum']} ({row['n']:,})" for row in rows]
    figure = make_subplots(cols=2, shared_yaxes=True, column_widths=[0.62, 0.38], horizontal_spacing=0.07)
    for column, label, symbol, colour in (
        ("rmse_ev", "measured", "circle", theme.accent),
        ("expected_rmse_ev", "expected", "circle-open", RESIDUAL),
    ):
        figure.add_scatter(
            x=[row[column] for row in rows],
            y=names,
            mode="markers",
            name=label,
            marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 1.8}},
            hovertemplate=f"%{{y}}<br>{label}: {rmse.hover('x')}<extra></extra>",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=[share.shown(row["levels_within_90"]) for row in rows],
        y=names,
        mode="markers",
        showlegend=False,
        marker={"symbol": "diamond", "size": 8, "color": theme.accent},
        hovertemplate="%{y}<br>%{x:.0f}% of the levels within<extra></extra>",
        row=1,
        col=2,
    )
    style_figure(figure, theme, height=max(LEAST_HEIGHT, 110 + ROW_HEIGHT * len(rows)))
    low, high = (share.shown(x) for x in TOLERATED)
    figure.add_vrect(x0=low, x1=high, fillcolor=with_alpha(theme.accent, 0.12), line_width=0, row=1, col=2)
    figure.add_vline(x=share.shown(PROMISED), line={"color": theme.muted, "width": 1, "dash": "dot"}, row=1, col=2)
    figure.update_xaxes(title_text=rmse.header, rangemode="tozero", row=1, col=1)
    figure.update_xaxes(title_text=share.titled("Levels within"), range=[40, 101], row=1, col=2)
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], ticks="", automargin=True)  # the first on top
    return figure


def reliability_figure(fifths: Mapping[str, Sequence[Figures]], *, theme: Theme, height: int = 380) -> go.Figure:
    """Return measured against expected RMSE of fifths of molecules by ascending expectation, one curve a set.

    Parameters
    ----------
    fifths : set to its "fifths", see `core.models.uncertainty.evaluator`
    """
    rmse = QUANTITIES["rmse_ev"]
    most = max(x for groups in fifths.values() for group in groups for x in group.values())
    curves = {
        name: ([group["expected_rmse_ev"] for group in groups], [group["rmse_ev"] for group in groups])
        for name, groups in fifths.items()
    }
    figure = against_diagonal(
        curves, end=1.05 * most, hover=f"expected {rmse.hover('x')}<br>measured {rmse.hover('y')}", theme=theme
    )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text=rmse.titled("Expected RMSE"), range=[0, 1.05 * most])
    figure.update_yaxes(title_text=rmse.titled("Measured RMSE"), range=[0, 1.05 * most])
    return figure


def coverage_figure(
    curves: Mapping[str, Sequence[Figures]], part: str, *, theme: Theme, height: int = 400
) -> go.Figure:
    """Return which part lies within intervals that should hold a nominal part, one curve a way of predicting.

    Parameters
    ----------
    curves : way to its points, see `core.models.uncertainty.evaluator.coverage_curve`
    part : "levels" | "homo"
    """
    share = QUANTITIES["share"]
    drawn = {
        name: ([share.shown(p["nominal"]) for p in points], [share.shown(p[part]) for p in points])
        for name, points in curves.items()
    }
    figure = against_diagonal(drawn, end=100, hover="%{x:.0f}% interval<br>%{y:.0f}% within", theme=theme)
    style_figure(figure, theme, height=height)
    what = {"levels": "Levels within", "homo": "Molecules whose HOMO is within"}[part]
    figure.update_xaxes(title_text=share.titled("Nominal interval"), range=[0, 101])
    figure.update_yaxes(title_text=share.titled(what), range=[0, 101])
    return figure


def against_diagonal(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, end: float, hover: str, theme: Theme
) -> go.Figure:
    """Return curves (x, y) by name over the diagonal from 0 to `end`, on which what was promised is what came out."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, end],
        y=[0, end],
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        line={"color": theme.muted, "width": 1},
    )
    for place, (name, (x, y)) in enumerate(curves.items()):
        again, kind = divmod(place, len(CURVE_SYMBOLS))  # where all colours are taken, dashed and open
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines+markers",
            name=name,
            line={"color": colour_of(place), "width": 1.6, "dash": "dash" if again else "solid"},
            marker={"symbol": CURVE_SYMBOLS[kind] + ("-open" if again else ""), "size": 8},
            hovertemplate=f"{name}<br>{hover}<extra></extra>",
        )
    return figure
