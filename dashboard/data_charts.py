"""Sets of molecules and representations as figures: data in, figure out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from rdkit import Chem

from core.features.mbtr import TermCurve
from dashboard.theme import MOLECULE_COLOURS, Theme, style_figure

DASHES = ("solid", "7px,2px", "2px,2px", "9px,2px,2px,2px", "12px,3px", "12px,3px,2px,3px")
PATTERNS = ("", "/", "x", "-", "\\", ".")
N_CURVES_NAMED = 12  # beyond, curves are thin and grey: colours would repeat


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
    figure = go.Figure()
    for name, values in shares.items():
        place = places[name]
        first, last = occupied(values)
        figure.add_scatter(
            x=edges_ev[first : last + 2],
            y=100 * np.append(values[first : last + 1], 0.0),
            mode="lines",
            name=name,
            line={
                "shape": "hv",
                "color": MOLECULE_COLOURS[place % len(MOLECULE_COLOURS)],
                "width": 1.7,
                "dash": DASHES[variant(place) % len(DASHES)],
            },
            hovertemplate=f"{name}<br>from %{{x:.1f}} eV: %{{y:.2f}}%<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text="Reference HOMO / eV", showgrid=False)
    step = edges_ev[1] - edges_ev[0]
    figure.update_yaxes(title_text=f"Share of the set per {step:.1f} eV / %", rangemode="tozero")
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
    figure = go.Figure()
    for name, values in shares.items():
        order = places[name]
        figure.add_bar(
            x=names,
            y=100 * values.reindex(ticks, fill_value=0.0).to_numpy(),
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
            hovertemplate=f"{name}<br>%{{x}}: %{{y:.1f}}%<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_layout(barmode="group", bargap=0.2)
    figure.update_xaxes(title_text=title, showgrid=False, type="category")
    figure.update_yaxes(title_text="Share of the set / %", rangemode="tozero")
    return figure


def element_names(shares: Mapping[str, pd.Series]) -> list[str]:
    """Return the symbols of all elements in sets' element shares, by atomic number."""
    table = Chem.GetPeriodicTable()
    return [table.GetElementSymbol(z) for z in sorted({int(z) for s in shares.values() for z in s.index})]


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
                "title": {"text": "Coulomb matrix / Hartree", "side": "right"},
                "thickness": 10,
                "outlinewidth": 0,
                "tickvals": np.log10(ticks).tolist(),
                "ticktext": [f"{t:g}" for t in ticks],
            },
            hovertemplate="%{customdata[1]}, %{customdata[2]}<br>%{customdata[0]:.2f} Hartree<extra></extra>",
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
    figure = go.Figure()
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
                hovertemplate="eigenvalue %{x}: %{customdata:.3f} Hartree<extra></extra>",
            )
    style_figure(figure, theme, height=height, legend=len(figure.data) > 1)
    figure.update_xaxes(title_text="Place by falling magnitude", showgrid=False)
    figure.update_yaxes(type="log", title_text="Magnitude of the eigenvalue / Hartree", dtick=1)
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
    figure.update_xaxes(title_text=axis_title(order[0].axis) if order else "", showgrid=False)
    figure.update_yaxes(title_text="Weighted count", rangemode="tozero")
    return figure


def axis_title(axis: str) -> str:
    """Return the title of a term's axis with a capital."""
    return axis[:1].upper() + axis[1:]
