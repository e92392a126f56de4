"""Spectra and levels as Plotly figures: data in, figure out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.theme import RESIDUAL, Theme, colour_of, escape_plotly, style_figure, with_alpha

ORBITAL, BINDING = "orbital", "binding"
AXIS_TITLES = {ORBITAL: "Orbital energy / eV", BINDING: "Binding energy (\u2212orbital energy) / eV"}


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
    levels_ev : (n_levels,) or None
        Drawn as ticks under the spectrum [eV].
    order : int
        Place in the fixed order of colours.
    own_colour, dash : str
        Of a curve that stands for a learner and not for a molecule: then it has no number either.
    """

    label: str
    energies_ev: np.ndarray
    density: np.ndarray
    error: np.ndarray | None = None
    levels_ev: np.ndarray | None = None
    order: int = 0
    own_colour: str = ""
    dash: str = "solid"

    @property
    def colour(self) -> str:
        return self.own_colour or colour_of(self.order)

    @property
    def number(self) -> str:
        """What tells it without its colour: the molecule's number, or the learner's name."""
        return escape_plotly(self.label) if self.own_colour else str(self.order + 1)

    @property
    def legend(self) -> str:
        return self.number if self.own_colour else f"{self.number} · {escape_plotly(self.label)}"


def spectrum_figure(
    curves: Sequence[Curve],
    *,
    theme: Theme,
    unit: str,
    axis: str = ORBITAL,
    window_ev: tuple[float, float] = (-30.0, 0.0),
    reference: Curve | None = None,
    residuals: Sequence[Curve] = (),
    marked_ev: float | None = None,
    height: int = 430,
) -> go.Figure:
    """Return predicted spectra (solid), an optional reference (dashed) and residuals in their own thin panel.

    Below the spectra each molecule's levels are ticks in a row of their own, so a line can be told by its number
    without its colour. `customdata` of a tick is (order of the molecule, index of the level).
    """
    sign = -1.0 if axis == BINDING else 1.0
    with_levels = [c for c in curves if c.levels_ev is not None]
    panels = ["spectra"] + ["levels"] * bool(with_levels) + ["residual"] * bool(residuals)
    share = {"levels": 0.05 * len(with_levels) + 0.03, "residual": 0.2}
    heights = [1.0 - sum(share[p] for p in panels[1:]), *(share[p] for p in panels[1:])]
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.025, row_heights=heights)
    for curve in curves:
        add_curve(figure, curve, sign=sign, unit=unit)
    if reference is not None:
        figure.add_scatter(
            x=sign * reference.energies_ev,
            y=reference.density,
            mode="lines",
            name=escape_plotly(reference.label),
            line={"color": theme.reference, "width": 1.6, "dash": "dash"},
            row=1,
            col=1,
            hovertemplate="%{x:.2f} eV<br>%{y:.2f}<extra>reference</extra>",
        )
    if with_levels:
        add_ticks(figure, with_levels, sign=sign, row=2)
    if residuals:
        add_residuals(figure, residuals, sign=sign, row=len(panels), theme=theme)
    if marked_ev is not None:
        figure.add_vline(x=sign * marked_ev, line={"color": theme.muted, "width": 1, "dash": "dot"})
    style_figure(figure, theme, height=height + 70 * bool(residuals), legend=True)
    low, high = sorted(sign * np.array(window_ev))
    figure.update_xaxes(range=[high, low] if axis == BINDING else [low, high], showgrid=False)
    figure.update_xaxes(title_text=AXIS_TITLES[axis], row=len(panels), col=1)
    figure.update_yaxes(title_text=f"Density of states / {unit}", row=1, col=1, rangemode="tozero")
    return figure


def add_curve(figure: go.Figure, curve: Curve, *, sign: float, unit: str) -> None:
    """Add a predicted spectrum with its error band."""
    colour, group = curve.colour, f"{curve.order} {curve.label}"
    x = sign * curve.energies_ev
    if curve.error is not None:
        low, high = np.clip(curve.density - curve.error, 0, None), curve.density + curve.error
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            mode="lines",
            fillcolor=with_alpha(colour, 0.2),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=group,
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=x,
        y=curve.density,
        mode="lines",
        name=curve.legend,
        legendgroup=group,
        line={"color": colour, "width": 2, "dash": curve.dash},
        row=1,
        col=1,
        hovertemplate=f"%{{x:.2f}} eV<br>%{{y:.2f}} {unit}<extra>{curve.number}</extra>",
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
            hovertemplate=f"{curve.number} · %{{text}}<br>%{{x:.2f}} eV<extra></extra>",
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
    """Add predicted minus reference: vermilion, further molecules told apart by their dashes."""
    dashes = ("solid", "dot", "dashdot", "longdash", "dash", "longdashdot")
    for curve in residuals:
        figure.add_scatter(
            x=sign * curve.energies_ev,
            y=curve.density,
            mode="lines",
            showlegend=False,
            line={"color": RESIDUAL, "width": 1.3, "dash": dashes[curve.order % len(dashes)]},
            row=row,
            col=1,
            hovertemplate=f"%{{x:.2f}} eV<br>%{{y:+.2f}}<extra>{curve.number} − reference</extra>",
        )
    figure.add_hline(y=0, line={"color": theme.muted, "width": 1}, row=row, col=1)
    figure.update_yaxes(title_text="Residual", row=row, col=1, nticks=3)


def level_name(index: int, n_levels: int) -> str:
    """Return "HOMO", "HOMO-3" or "LUMO" for an index into the ascending valence levels (n_levels = the LUMO)."""
    below = n_levels - 1 - index
    if below < 0:
        return "LUMO"
    return "HOMO" if below == 0 else f"HOMO\u2212{below}"


@dataclass(frozen=True, eq=False)
class Ladder:
    """One molecule's column in the level diagram; energies [eV], the occupied ones ascending."""

    label: str
    levels_ev: np.ndarray
    lumo_ev: float
    order: int = 0
    is_reference: bool = False


def level_figure(
    ladders: Sequence[Ladder],
    *,
    theme: Theme,
    n_shown: int = 16,
    marked: tuple[int, int] | None = None,
    height: int = 430,
) -> go.Figure:
    """Return the level diagram: a stick a level, degenerate ones side by side, HOMO and LUMO labelled.

    `marked` is (order of the molecule, index of the level); `customdata` of a stick is the same pair.
    """
    figure = go.Figure()
    for place, ladder in enumerate(ladders):
        n_levels = len(ladder.levels_ev)
        first = max(0, n_levels - n_shown)
        lumo = [ladder.lumo_ev] if np.isfinite(ladder.lumo_ev) else []  # some learners predict none
        energies = np.append(ladder.levels_ev[first:], lumo)
        indices = np.arange(first, first + len(energies))
        offsets, width = spread_degenerate(energies), {1: 90, 2: 60, 3: 40}.get(len(ladders), 26)
        sizes = np.where(offsets == 0, width, width * 0.4)
        widths = np.where([marked == (ladder.order, int(k)) for k in indices], 5.0, 2.2)
        names = [level_name(int(k), n_levels) for k in indices]
        colour = theme.reference if ladder.is_reference else colour_of(ladder.order)
        colours = [theme.muted if k == n_levels else colour for k in indices]
        figure.add_scatter(
            x=place + offsets,
            y=energies,
            mode="markers",
            showlegend=False,
            text=names,
            customdata=[[ladder.order, int(k)] for k in indices],
            marker={"symbol": "line-ew-open", "size": sizes, "color": colours, "line": {"width": widths}},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate="%{text}<br>%{y:.2f} eV<extra></extra>",
        )
        for name, energy in (("HOMO", ladder.levels_ev[-1]), *(("LUMO", energy) for energy in lumo)):
            figure.add_annotation(
                x=place,
                y=energy,
                text=f"{name} {energy:.2f}".replace("-", "\u2212"),
                showarrow=False,
                yshift=10,
                font={"size": 11, "color": theme.text},
            )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(
        tickvals=list(range(len(ladders))),
        ticks="",
        showgrid=False,
        ticktext=[ladder_title(c, short=len(ladders) > 3) for c in ladders],
        range=[-0.6, max(len(ladders), 1) - 0.4],
        fixedrange=True,
    )
    figure.update_yaxes(title_text="Orbital energy / eV", showgrid=True)
    return figure


def ladder_title(ladder: Ladder, *, short: bool) -> str:
    """Return what stands under a column: the molecule's number and name, or the reference's name."""
    name = escape_plotly(ladder.label, limit=14)
    if ladder.is_reference:
        return name
    return str(ladder.order + 1) if short else f"{ladder.order + 1} · {name}"


def spread_degenerate(energies_ev: np.ndarray, *, within_ev: float = 0.04) -> np.ndarray:
    """Return sideways offsets (n,) so that levels nearer than `within_ev` to the next lie side by side."""
    offsets = np.zeros(len(energies_ev))
    start = 0
    for k in range(1, len(energies_ev) + 1):
        if k == len(energies_ev) or energies_ev[k] - energies_ev[k - 1] > within_ev:
            size = k - start
            if size > 1:
                offsets[start:k] = np.linspace(-0.16, 0.16, size)
            start = k
    return offsets
