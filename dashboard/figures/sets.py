"""Sets of molecules as figures: distributions and shares side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from rdkit import Chem

from core.quantities import QUANTITIES
from dashboard.figures.theme import MOLECULE_COLOURS, Theme, style_figure

DASHES = ("solid", "7px,2px", "2px,2px", "9px,2px,2px,2px", "12px,3px", "12px,3px,2px,3px")
PATTERNS = ("", "/", "x", "-", "\\", ".")


def homo_figure(
    shares: Mapping[str, np.ndarray],
    edges_ev: np.ndarray,
    *,
    theme: Theme,
    places: Mapping[str, int],
    height: int = 340,
) -> go.Figure:
    """Return the distribution of the HOMO of each set as steps; `shares` is name to (n_bins,).

    `places` is each set's place in the order of colours, the same in all figures of a page.
    """
    figure, homo, share = go.Figure(), QUANTITIES["homo_ev"], QUANTITIES["share"]
    for name, values in shares.items():
        place = places[name]
        first, last = occupied(values)
        figure.add_scatter(
            x=edges_ev[first : last + 2],
            y=share.shown(np.append(values[first : last + 1], 0.0)),
            mode="lines",
            name=name,
            line={
                "shape": "hv",
                "color": MOLECULE_COLOURS[place % len(MOLECULE_COLOURS)],
                "width": 1.7,
                "dash": DASHES[variant(place) % len(DASHES)],
            },
            hovertemplate=f"{name}<br>from {homo.hover('x', digits='.1f')}: {share.hover('y')}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text=homo.titled("Reference HOMO"), showgrid=False)
    step = edges_ev[1] - edges_ev[0]
    figure.update_yaxes(
        title_text=share.titled(f"{share.label} per {homo.text(step, digits='.1f')}"), rangemode="tozero"
    )
    return figure


def variant(place: int) -> int:
    """Return which dash or pattern goes with a set: another one when the colours come round again."""
    return place + place // len(MOLECULE_COLOURS)


def occupied(values: np.ndarray) -> tuple[int, int]:
    """Return the first and last place that holds something."""
    places = np.flatnonzero(values)
    return (int(places[0]), int(places[-1])) if len(places) else (0, -1)


def share_figure(
    shares: Mapping[str, pd.Series],
    *,
    theme: Theme,
    title: str,
    places: Mapping[str, int],
    labels: Sequence[str] | None = None,
    height: int = 340,
) -> go.Figure:
    """Return bars of shares, one group a place on the axis, one bar a set.

    Parameters
    ----------
    shares : name to Series of shares, 0 to 1, by place
    title : str
        Of the axis.
    places : name to place in the order of colours
    labels : of the places on the axis, ascending; the places themselves where left out
    """
    ticks = sorted({int(k) for s in shares.values() for k in s.index})
    names = list(labels) if labels is not None else [str(p) for p in ticks]
    figure, share = go.Figure(), QUANTITIES["share"]
    for name, values in shares.items():
        order = places[name]
        figure.add_bar(
            x=names,
            y=share.shown(values.reindex(ticks, fill_value=0.0).to_numpy()),
            name=name,
            marker={
                "color": MOLECULE_COLOURS[order % len(MOLECULE_COLOURS)],
                "pattern": {
                    "shape": PATTERNS[variant(order) % len(PATTERNS)],
                    "fillmode": "overlay",
                    "fgcolor": theme.surface,
                    "size": 5,
                    "solidity": 0.2,
                },
                "line": {"width": 0},
            },
            hovertemplate=f"{name}<br>%{{x}}: {share.hover('y', digits='.1f')}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(barmode="group", bargap=0.2)
    figure.update_xaxes(title_text=title, showgrid=False, type="category")
    figure.update_yaxes(title_text=share.header, rangemode="tozero")
    return figure


def element_names(shares: Mapping[str, pd.Series]) -> list[str]:
    """Return the symbols of all elements in sets' element shares, by atomic number."""
    table = Chem.GetPeriodicTable()
    return [table.GetElementSymbol(z) for z in sorted({int(z) for s in shares.values() for z in s.index})]
