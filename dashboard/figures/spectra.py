"""Spectra and levels as Plotly figures: data in, figure out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.quantities import QUANTITIES, Quantity
from dashboard.figures.levels import level_name
from dashboard.figures.theme import (
    CURVE_SYMBOLS,
    RESIDUAL,
    Theme,
    colour_of,
    escape_plotly,
    style_figure,
    with_alpha,
)

ORBITAL, BINDING, IONISATION = "orbital", "binding", "ionisation"
ENERGY_AXES = {
    ORBITAL: QUANTITIES["orbital_energy_ev"],
    BINDING: QUANTITIES["binding_energy_ev"],
    IONISATION: QUANTITIES["ionisation_energy_ev"],
}
ENERGY = QUANTITIES["energy_ev"]
DENSITY = QUANTITIES["density"]
EMPTY_STEP_EV = 5.0  # like molecules keep one axis
NOTHING = 0.005  # of a curve's highest point
MAX_SYMBOLS = 14  # on a line


@dataclass(frozen=True, eq=False)
class Curve:
    """One spectrum ready to draw.

    Attributes
    ----------
    label : str
        As the user's file has it; escaped here.
    energies_ev, density : (n_points,)
        Orbital energy [eV] and the density in the unit of the figure.
    error : (n_points,) or None
        Half-width of the error band, the density's unit.
    spread : (n_points,) or None
        Half-width of the band of its conformers, the density's unit.
    levels_ev : (n_levels,) or None
        Drawn as ticks under the spectrum [eV].
    order : int
        Place in the fixed order of colours.
    own_colour, own_symbol, dash : str
        Of a curve that stands for a learner and not for a molecule: then it has no number either.
    """

    label: str
    energies_ev: np.ndarray
    density: np.ndarray
    error: np.ndarray | None = None
    spread: np.ndarray | None = None
    levels_ev: np.ndarray | None = None
    order: int = 0
    own_colour: str = ""
    own_symbol: str = ""
    dash: str = "solid"

    @property
    def colour(self) -> str:
        """Its line's colour."""
        return self.own_colour or colour_of(self.order)

    @property
    def symbol(self) -> str:
        """The mark on its line and on its residual's."""
        return self.own_symbol or CURVE_SYMBOLS[self.order % len(CURVE_SYMBOLS)]

    @property
    def number(self) -> str:
        """What tells it without its colour: the molecule's number, or the learner's name."""
        return escape_plotly(self.label) if self.own_colour else str(self.order + 1)

    @property
    def legend(self) -> str:
        """Its text in the legend."""
        return self.number if self.own_colour else f"{self.number} · {escape_plotly(self.label)}"


def spectrum_figure(  # noqa: PLR0913 - each part of the figure by keyword
    curves: Sequence[Curve],
    *,
    theme: Theme,
    height_of: Quantity,
    axis: str = ORBITAL,
    window_ev: tuple[float, float] = (-30.0, 0.0),
    reference: Curve | None = None,
    residuals: Sequence[Curve] = (),
    marked_ev: float | None = None,
    height: int = 430,
) -> go.Figure:
    """Return predicted spectra (solid), an optional reference (dashed) and residuals in their own thin panel.

    Where several are drawn each carries a symbol, and so does its residual. Below the spectra each molecule's levels are
    ticks in a row of their own, so a line can be told by its number without its colour. `customdata` of a tick is (order of
    the molecule, index of the level). The deep end of the window is shown as far as anything is there.
    """
    sign = 1.0 if axis == ORBITAL else -1.0
    with_levels = [c for c in curves if c.levels_ev is not None]
    panels = ["spectra"] + ["levels"] * bool(with_levels) + ["residual"] * bool(residuals)
    share = {"levels": 0.05 * len(with_levels) + 0.03, "residual": 0.2}
    heights = [1.0 - sum(share[p] for p in panels[1:]), *(share[p] for p in panels[1:])]
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.025, row_heights=heights)
    for curve in curves:
        add_curve(figure, curve, sign=sign, height_of=height_of, marked=len(curves) > 1)
    if reference is not None:
        figure.add_scatter(
            x=sign * reference.energies_ev,
            y=reference.density,
            mode="lines",
            name=escape_plotly(reference.label),
            line={"color": theme.reference, "width": 1.6, "dash": "dash"},
            row=1,
            col=1,
            hovertemplate=f"{ENERGY.hover('x')}<br>%{{y:{DENSITY.digits}}}<extra>reference</extra>",
        )
    if with_levels:
        add_ticks(figure, with_levels, sign=sign, row=2)
    if residuals:
        add_residuals(figure, residuals, sign=sign, row=len(panels), theme=theme)
    if marked_ev is not None:
        figure.add_vline(x=sign * marked_ev, line={"color": theme.muted, "width": 1, "dash": "dot"})
    style_figure(figure, theme, height=height + 70 * bool(residuals), legend=True)
    drawn = [*curves, reference] if reference is not None else curves
    low, high = sorted(sign * np.array([deepest_shown(drawn, window_ev), window_ev[1]]))
    figure.update_xaxes(range=[high, low] if axis == BINDING else [low, high], showgrid=False)
    figure.update_xaxes(title_text=ENERGY_AXES[axis].header, row=len(panels), col=1)
    figure.update_yaxes(title_text=height_of.header, row=1, col=1, rangemode="tozero")
    return figure


def deepest_shown(curves: Sequence[Curve], window_ev: tuple[float, float]) -> float:
    """Return the deep end of the window [eV], raised to a multiple of EMPTY_STEP_EV where nothing lies below it."""
    ends = []
    for curve in curves:
        high = curve.energies_ev[curve.density > NOTHING * np.max(curve.density, initial=0.0)]
        ends += [high.min()] if len(high) else []
        ends += [np.min(curve.levels_ev)] if curve.levels_ev is not None and len(curve.levels_ev) else []
    deepest = EMPTY_STEP_EV * np.floor(min(ends, default=window_ev[0]) / EMPTY_STEP_EV)
    return float(max(window_ev[0], min(deepest, window_ev[1] - EMPTY_STEP_EV)))


def marks(curve: Curve, colour: str, *, marked: bool) -> dict[str, Any]:
    """Return the part of a trace that says whether its line carries a few symbols."""
    if not marked:
        return {"mode": "lines"}
    return {
        "mode": "lines+markers",
        "marker": {"symbol": curve.symbol, "size": 7, "color": colour, "maxdisplayed": MAX_SYMBOLS},
    }


def add_curve(figure: go.Figure, curve: Curve, *, sign: float, height_of: Quantity, marked: bool) -> None:
    """Add a predicted spectrum with its error band, filled, and that of its conformers, between dotted lines."""
    colour, group = curve.colour, f"{curve.order} {curve.label}"
    x = sign * curve.energies_ev
    outline = {"color": with_alpha(colour, 0.6), "width": 1, "dash": "dot"}
    for width, fill, line in (
        (curve.error, with_alpha(colour, 0.2), {"width": 0}),
        (curve.spread, "rgba(0,0,0,0)", outline),
    ):
        if width is None:
            continue
        low, high = np.clip(curve.density - width, 0, None), curve.density + width
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            mode="lines",
            fillcolor=fill,
            line=line,
            hoverinfo="skip",
            showlegend=False,
            legendgroup=group,
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=x,
        y=curve.density,
        **marks(curve, colour, marked=marked),
        name=curve.legend,
        legendgroup=group,
        line={"color": colour, "width": 2, "dash": curve.dash},
        row=1,
        col=1,
        hovertemplate=f"{ENERGY.hover('x')}<br>{height_of.hover('y')}<extra>{curve.number}</extra>",
    )


def add_ticks(figure: go.Figure, curves: Sequence[Curve], *, sign: float, row: int) -> None:
    """Add one row of level ticks a molecule."""
    for place, curve in enumerate(curves):
        levels = np.asarray(curve.levels_ev)
        names = [level_name(k, len(levels)) for k in range(len(levels))]
        figure.add_scatter(
            x=sign * levels,
            y=np.full(len(levels), -place),
            mode="markers",
            showlegend=False,
            legendgroup=f"{curve.order} {curve.label}",
            text=names,
            customdata=[[curve.order, k] for k in range(len(levels))],  # lists: arrays come back from a click as bytes
            marker={"symbol": "line-ns-open", "size": 13, "color": curve.colour, "line": {"width": 1.4}},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            row=row,
            col=1,
            hovertemplate=f"{curve.number} · %{{text}}<br>{ENERGY.hover('x')}<extra></extra>",
        )
    figure.update_yaxes(
        row=row,
        col=1,
        range=[-len(curves) + 0.4, 0.6],
        tickvals=[-k for k in range(len(curves))],
        ticktext=["" if c.own_colour else c.number for c in curves],
        ticks="",
        showline=False,
        showgrid=False,
        fixedrange=True,
    )


def add_residuals(figure: go.Figure, residuals: Sequence[Curve], *, sign: float, row: int, theme: Theme) -> None:
    """Add predicted minus reference: vermilion, several told apart by their curves' symbols and by dashes."""
    dashes = ("solid", "dot", "dashdot", "longdash", "dash", "longdashdot")
    for curve in residuals:
        figure.add_scatter(
            x=sign * curve.energies_ev,
            y=curve.density,
            **marks(curve, RESIDUAL, marked=len(residuals) > 1),
            showlegend=False,
            line={"color": RESIDUAL, "width": 1.3, "dash": dashes[curve.order % len(dashes)]},
            row=row,
            col=1,
            hovertemplate=f"{ENERGY.hover('x')}<br>%{{y:+{DENSITY.digits}}}<extra>{curve.number} − reference</extra>",
        )
    figure.add_hline(y=0, line={"color": theme.muted, "width": 1}, row=row, col=1)
    figure.update_yaxes(title_text="Residual", row=row, col=1, nticks=3)
