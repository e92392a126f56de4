"""Levels as figures: a stick a level, their names counted from the HOMO."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.quantities import QUANTITIES, Quantity
from dashboard.figures.theme import Theme, colour_of, escape_plotly, style_figure


def level_name(index: int, n_levels: int) -> str:
    """Return "HOMO", "HOMO-3" or "LUMO" for an index into the ascending valence levels (n_levels = the LUMO)."""
    below = n_levels - 1 - index
    if below < 0:
        return "LUMO"
    return "HOMO" if below == 0 else f"HOMO\u2212{below}"


@dataclass(frozen=True, eq=False)
class Ladder:
    """One molecule's column in the level diagram; energies [eV], the occupied ones ascending.

    `errors_ev` (n_levels + 1,), where it is there, is what is expected of each, the LUMO last.
    """

    label: str
    levels_ev: np.ndarray
    lumo_ev: float
    order: int = 0
    errors_ev: np.ndarray | None = None
    is_reference: bool = False


def level_figure(
    ladders: Sequence[Ladder],
    *,
    theme: Theme,
    n_shown: int = 16,
    marked: tuple[int, int] | None = None,
    height: int = 430,
    of_ionisation: bool = False,
) -> go.Figure:
    """Return the level diagram: a stick a level, degenerate ones side by side, HOMO and LUMO labelled [eV].

    `marked` is (order of the molecule, index of the level); `customdata` of a stick begins with the same pair. Levels are
    orbital energies, or minus ionisation energies.
    """
    energy = QUANTITIES["ionisation_level_ev" if of_ionisation else "orbital_energy_ev"]
    figure, is_narrow = go.Figure(), len(ladders) > 3
    width = {1: 90, 2: 60, 3: 40}.get(len(ladders), 26)
    for place, ladder in enumerate(ladders):
        level = marked[1] if marked is not None and marked[0] == ladder.order else None
        add_ladder(figure, ladder, place=place, width=width, n_shown=n_shown, marked=level, energy=energy, theme=theme)
        for name, level_ev in (("HOMO", ladder.levels_ev[-1]), ("LUMO", ladder.lumo_ev)):
            if not np.isfinite(level_ev):
                continue  # some learners predict no LUMO
            figure.add_annotation(
                x=place,
                y=level_ev,
                text=energy.number(level_ev) if is_narrow else f"{name} {energy.number(level_ev)}",
                showarrow=False,
                yanchor="bottom",
                yshift=2,
                font={"size": 11, "color": theme.text},
            )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(
        tickvals=list(range(len(ladders))),
        ticks="",
        showgrid=False,
        ticktext=[ladder_title(c, short=is_narrow) for c in ladders],
        range=[-0.6, max(len(ladders), 1) - 0.4],
        fixedrange=True,
    )
    figure.update_layout(margin={"t": 8})
    figure.update_yaxes(title_text=energy.header, showgrid=True)
    return figure


def add_ladder(
    figure: go.Figure,
    ladder: Ladder,
    *,
    place: int,
    width: int,
    n_shown: int,
    marked: int | None,
    energy: Quantity,
    theme: Theme,
) -> None:
    """Add a molecule's levels as sticks at a place, as wide as that; the marked level is drawn bold."""
    n_levels = len(ladder.levels_ev)
    first = max(0, n_levels - n_shown)
    energies = np.append(ladder.levels_ev[first:], [ladder.lumo_ev] if np.isfinite(ladder.lumo_ev) else [])
    indices = np.arange(first, first + len(energies))
    offsets = spread_degenerate(energies)
    colour = theme.reference if ladder.is_reference else colour_of(ladder.order)
    figure.add_scatter(
        x=place + offsets,
        y=energies,
        mode="markers",
        showlegend=False,
        text=[level_name(int(k), n_levels) for k in indices],
        customdata=[[ladder.order, int(k), expected_text(ladder, int(k), energy)] for k in indices],
        marker={
            "symbol": "line-ew-open",
            "size": np.where(offsets == 0, width, width * 0.4),
            "color": [theme.muted if k == n_levels else colour for k in indices],
            "line": {"width": np.where(indices == marked, 5.0, 2.2)},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate=f"%{{text}}<br>{energy.hover('y')}%{{customdata[2]}}<extra></extra>",
    )


def expected_text(ladder: Ladder, index: int, energy: Quantity) -> str:
    """Return what is expected of a level's error, as it stands behind its energy: " ± 0.05"; "" where that is not known."""
    errors = ladder.errors_ev
    known = errors is not None and index < len(errors) and np.isfinite(errors[index])
    return f" ± {energy.number(float(errors[index]))}" if errors is not None and known else ""


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
