"""Hamiltonians as figures: structure with hoppings, bands, densities, errors, the matrix, transmission, states."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.hamiltonian.kpoints import KPath
from core.hamiltonian.tight_binding import Hamiltonian
from core.hamiltonian.transmission import Transmission
from core.quantities import QUANTITIES
from dashboard.figures.log_axis import log_axis_ticks
from dashboard.figures.theme import MOLECULE_COLOURS, RESIDUAL, Theme, style_figure, with_alpha

MAX_DRAWN_SHELLS = 3  # farther hoppings would cover the picture
WIDEST = 7.0  # pixels, of the largest hopping
WIDTH_STEPS = 6
DRAWN_EV = 0.02
SHELL_COLOURS = MOLECULE_COLOURS


def bond_segments(
    hamiltonian: Hamiltonian, shell_of: np.ndarray, shell: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each hopping of a shell begins and ends, (n, 3) [Angstrom], and its value, (n,) [eV]; each pair once."""
    crystal = hamiltonian.crystal
    once = (hamiltonian.rows <= hamiltonian.columns) & (shell_of == shell)
    rows, columns = hamiltonian.rows[once], hamiltonian.columns[once]
    starts = crystal.positions[hamiltonian.atoms[rows]]
    ends = crystal.positions[hamiltonian.atoms[columns]] + hamiltonian.cells[once] @ crystal.cell
    return starts, ends, hamiltonian.values[once]


def hoppings_figure(
    hamiltonian: Hamiltonian,
    shell_of: np.ndarray,
    *,
    theme: Theme,
    weights: np.ndarray | None = None,
    weight_title: str = "",
    height: int = 470,
) -> go.Figure:
    """Return the sheet from above: hoppings as lines, wide where large, atoms coloured by a weight where one is given.

    Parameters
    ----------
    shell_of : (n_elements,) int64
        The shell of neighbours of each element.
    weights : (n_atoms,) float64 or None
    """
    figure, crystal = go.Figure(), hamiltonian.crystal
    largest = max(float(np.abs(hamiltonian.values[shell_of > 0]).max(initial=0.0)), 1e-9)
    shells = range(min(int(shell_of.max()), MAX_DRAWN_SHELLS if weights is None else 1), 0, -1)
    for shell in shells:
        starts, ends, values = bond_segments(hamiltonian, shell_of, shell)
        add_lines(
            figure,
            starts,
            ends,
            np.abs(values) / largest,
            SHELL_COLOURS[shell - 1] if weights is None else theme.muted,
            shell,
        )
    corners = np.array([[0, 0, 0], crystal.cell[0], crystal.cell[0] + crystal.cell[1], crystal.cell[1], [0, 0, 0]])
    figure.add_scatter(
        x=corners[:, 0],
        y=corners[:, 1],
        mode="lines",
        name="cell",
        hoverinfo="skip",
        showlegend=False,
        line={"color": theme.muted, "width": 1, "dash": "dot"},
    )
    figure.add_scatter(
        x=crystal.positions[:, 0].round(3),
        y=crystal.positions[:, 1].round(3),
        mode="markers",
        name="atoms",
        showlegend=False,
        marker=atom_marker(weights, weight_title, theme),
        text=[f"C{i + 1}" for i in range(crystal.n_atoms)],
        hovertemplate="%{text}"
        + ("" if weights is None else f"<br>{weight_title}: %{{marker.color:.3f}}")
        + "<extra></extra>",
    )
    style_figure(figure, theme, height=height, legend=weights is None)
    figure.update_xaxes(title_text="x / Å", showgrid=False, constrain="domain")
    figure.update_yaxes(title_text="y / Å", showgrid=False, scaleanchor="x", constrain="domain")
    return figure


def atom_marker(weights: np.ndarray | None, title: str, theme: Theme) -> dict[str, object]:
    """Return how atoms look: grey, or coloured by their weights."""
    edge = {"width": 1, "color": theme.surface}
    if weights is None:
        return {"size": 9, "color": theme.text, "line": edge}
    bar = {"title": {"text": title, "side": "right", "font": {"size": 13}}, "thickness": 10, "outlinewidth": 0}
    return {
        "size": 15,
        "color": weights.round(4),
        "colorscale": "Cividis",
        "cmin": 0,
        "colorbar": bar,
        "line": {"width": 1, "color": theme.muted},
    }


def add_lines(
    figure: go.Figure, starts: np.ndarray, ends: np.ndarray, sizes: np.ndarray, colour: str, shell: int
) -> None:
    """Add lines in a few widths, a trace each; the first stands in the legend."""
    steps = np.clip(np.ceil(sizes * WIDTH_STEPS), 1, WIDTH_STEPS).astype(int)
    steps[sizes < DRAWN_EV / 3] = 0
    shown = False
    for step in range(WIDTH_STEPS, 0, -1):
        which = steps == step
        if not which.any():
            continue
        gaps = np.full(int(which.sum()), np.nan)
        x = np.stack([starts[which, 0], ends[which, 0], gaps], axis=1).ravel()
        y = np.stack([starts[which, 1], ends[which, 1], gaps], axis=1).ravel()
        figure.add_scatter(
            x=x.round(3),
            y=y.round(3),
            mode="lines",
            name=f"neighbours {shell}",
            legendgroup=f"shell{shell}",
            showlegend=not shown,
            hoverinfo="skip",
            line={"color": colour, "width": max(0.8, WIDEST * step / WIDTH_STEPS)},
            opacity=0.85,
        )
        shown = True


def bands_figure(
    path: KPath,
    energies_ev: np.ndarray,
    *,
    reference_lengths: np.ndarray,
    reference_ev: np.ndarray,
    window_ev: tuple[float, float],
    theme: Theme,
    height: int = 470,
) -> go.Figure:
    """Return a model's bands as lines and the reference's as points, along a path; the window that counts is shaded.

    Parameters
    ----------
    energies_ev : (n_k, n_bands)
    reference_lengths, reference_ev : (n_ref,), (n_ref, n_bands)
        Where on the path the reference is known, and its energies, NaN where not.
    """
    low, high = window_ev[0] - 0.6, window_ev[1] + 0.6
    figure = go.Figure()
    figure.add_hrect(y0=window_ev[0], y1=window_ev[1], line_width=0, fillcolor=with_alpha(theme.muted, 0.08))
    gaps = np.full((1, energies_ev.shape[1]), np.nan)
    near = ((energies_ev > low) & (energies_ev < high)).any(axis=0)
    x, y = flat_lines(path.lengths, energies_ev[:, near], gaps[:, near])
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="model",
        line={"color": theme.accent, "width": 1.6},
        hovertemplate="model: %{y:.3f} eV<extra></extra>",
    )
    known = (reference_ev > low) & (reference_ev < high)
    place, band = np.nonzero(known)
    figure.add_scatter(
        x=reference_lengths[place].round(4),
        y=reference_ev[place, band].round(4),
        mode="markers",
        name="reference",
        marker={"size": 4.5, "color": theme.reference, "symbol": "circle-open", "line": {"width": 1.2}},
        hovertemplate="reference: %{y:.3f} eV<extra></extra>",
    )
    style_figure(figure, theme, height=height)
    for length, _ in path.labels:
        figure.add_vline(x=length, line={"color": theme.muted, "width": 1})
    figure.add_hline(y=0, line={"color": theme.muted, "width": 1, "dash": "dot"})
    ticks = {"tickvals": [length for length, _ in path.labels], "ticktext": [name for _, name in path.labels]}
    figure.update_xaxes(**ticks, title_text="Wave vector", showgrid=False, range=[0, float(path.lengths[-1])])
    figure.update_yaxes(title_text=QUANTITIES["orbital_energy_ev"].titled("Energy − Fermi level"), range=[low, high])
    return figure


def flat_lines(lengths: np.ndarray, energies: np.ndarray, gaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return many bands as one line with gaps."""
    y = np.concatenate([energies, gaps]).T.ravel()
    x = np.tile(np.append(lengths, np.nan), energies.shape[1])
    return x.round(4), y.round(4)


def density_figure(
    mesh_ev: np.ndarray, curves: Mapping[str, tuple[np.ndarray, np.ndarray | None]], *, theme: Theme, height: int = 360
) -> go.Figure:
    """Return densities of states against energy: name to (model, reference or None), (n_mesh,) each [states/eV]."""
    figure = go.Figure()
    for place, (name, (model, known)) in enumerate(curves.items()):
        colour = MOLECULE_COLOURS[place % len(MOLECULE_COLOURS)]
        figure.add_scatter(
            x=mesh_ev.round(4),
            y=model.round(5),
            mode="lines",
            name=name,
            line={"color": colour, "width": 1.8},
            hovertemplate=f"{name}<br>%{{x:.2f}} eV: %{{y:.3f}} states/eV<extra></extra>",
        )
        if known is not None:
            figure.add_scatter(
                x=mesh_ev.round(4),
                y=known.round(5),
                mode="lines",
                name=f"{name}, reference",
                line={"color": theme.reference, "width": 1.3, "dash": "dash"},
                hovertemplate=f"{name}, reference<br>%{{x:.2f}} eV: %{{y:.3f}} states/eV<extra></extra>",
            )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text=QUANTITIES["orbital_energy_ev"].titled("Energy − Fermi level"))
    figure.update_yaxes(title_text="Density of states / (states/eV)", rangemode="tozero")
    return figure


def cutoff_figure(
    curves: Mapping[str, Sequence[tuple[int, float]]], *, theme: Theme, chosen: int | None = None, height: int = 340
) -> go.Figure:
    """Return errors against the number of neighbours: name to (neighbours, error [meV])."""
    figure = go.Figure()
    for place, (name, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        colour = MOLECULE_COLOURS[place % len(MOLECULE_COLOURS)]
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 1.8},
            marker={"size": 6},
            hovertemplate=f"{name}<br>%{{x}} neighbours: %{{y:.3g}} meV<extra></extra>",
        )
    style_figure(figure, theme, height=height, legend=len(curves) > 1)
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": theme.muted, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="Neighbours", dtick=1, showgrid=False)
    figure.update_yaxes(type="log", title_text="Band error / meV")
    log_axis_ticks(figure, "y", [e for points in curves.values() for _, e in points])
    return figure


def elements_figure(hamiltonian: Hamiltonian, *, theme: Theme, height: int = 430) -> go.Figure:
    """Return H at Gamma as a picture, on-site energies left out of the colours' range."""
    matrix = hamiltonian.bloch(np.zeros((1, 3)))[0].real
    shown = matrix - np.diag(np.diag(matrix))
    limit = float(np.abs(shown).max())
    figure = go.Figure(
        go.Heatmap(
            z=shown.round(4),
            x=list(range(1, len(matrix) + 1)),
            y=list(range(1, len(matrix) + 1)),
            zmin=-limit,
            zmax=limit,
            colorscale="PuOr",
            colorbar={
                "title": {
                    "text": QUANTITIES["orbital_energy_ev"].titled("H(Γ) off the diagonal"),
                    "side": "right",
                    "font": {"size": 13},
                },
                "thickness": 10,
                "outlinewidth": 0,
            },
            hovertemplate="orbitals %{x}, %{y}: %{z:.3f} eV<extra></extra>",
        )
    )
    style_figure(figure, theme, height=height, legend=False)
    figure.update_xaxes(title_text="Orbital", showgrid=False, constrain="domain")
    figure.update_yaxes(title_text="Orbital", showgrid=False, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure


def transmission_figure(found: Transmission, *, theme: Theme, height: int = 360) -> go.Figure:
    """Return the transmission across a defect, and the pristine sheet's open channels as a dashed step."""
    figure = go.Figure()
    figure.add_scatter(
        x=found.energies_ev,
        y=found.pristine.round(4),
        mode="lines",
        name="pristine sheet",
        line={"color": theme.reference, "width": 1.3, "dash": "dash", "shape": "hvh"},
        hovertemplate="pristine<br>%{x:.2f} eV: %{y:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=found.energies_ev,
        y=found.across.round(4),
        mode="lines",
        name="across the defect",
        line={"color": RESIDUAL, "width": 1.8},
        hovertemplate="across the defect<br>%{x:.2f} eV: %{y:.2f}<extra></extra>",
    )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text=QUANTITIES["orbital_energy_ev"].titled("Energy − Fermi level"))
    figure.update_yaxes(title_text="Transmission per cell width", rangemode="tozero")
    return figure


def spacing_figure(spacings_ev: Mapping[str, np.ndarray], *, theme: Theme, height: int = 320) -> go.Figure:
    """Return how level spacings in the window are distributed, in units of their mean: name to spacings [eV]."""
    figure = go.Figure()
    edges = np.linspace(0, 4, 21)
    for place, (name, spacings) in enumerate(spacings_ev.items()):
        shares, _ = np.histogram(spacings / spacings.mean(), edges, density=True)
        is_model = place == 0
        figure.add_scatter(
            x=((edges[1:] + edges[:-1]) / 2).round(3),
            y=shares.round(4),
            mode="lines",
            name=name,
            line={
                "color": theme.accent if is_model else theme.reference,
                "shape": "hvh",
                "width": 1.6,
                "dash": "solid" if is_model else "dash",
            },
            hovertemplate=f"{name}<br>%{{x:.1f}} mean spacings: %{{y:.2f}}<extra></extra>",
        )
    style_figure(figure, theme, height=height)
    figure.update_xaxes(title_text="Level spacing / mean spacing")
    figure.update_yaxes(title_text="Probability density", rangemode="tozero")
    return figure
