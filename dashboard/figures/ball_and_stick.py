"""A molecule in 3-D: a lit ball-and-stick mesh, with a level's weight on each atom."""

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go
from rdkit import Chem

from core.elements import ELEMENTS
from core.structure.bonds import LONGEST_BOND, bonded_pairs
from dashboard.figures.theme import FONT, Theme

# Colour, and the drawn sphere's radius [Angstrom]: a quarter of van der Waals, roughly. Colours are Jmol's, which chemists know,
# dark enough for a white page.
LOOKS: dict[str, tuple[str, float]] = {
    "H": ("#e8e8e8", 0.26),
    "B": ("#e59a8f", 0.40),
    "C": ("#5c6270", 0.38),
    "N": ("#3050f8", 0.37),
    "O": ("#e0352b", 0.36),
    "F": ("#4fae3a", 0.34),
    "Si": ("#c9a26b", 0.46),
    "P": ("#ef7f1a", 0.43),
    "S": ("#d9b310", 0.43),
    "Cl": ("#1fae4b", 0.42),
    "Br": ("#a2332b", 0.45),
    "I": ("#8a2391", 0.49),
}
LOOK_OF = {element.number: LOOKS[element.symbol] for element in ELEMENTS if element.symbol in LOOKS}
OTHER_LOOK = ("#b07aa1", 0.4)
BOND_RADIUS = 0.09  # drawn stick [Angstrom]


@lru_cache(maxsize=1)
def unit_sphere() -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (n, 3) and faces (m, 3) of a sphere of radius 1, 10 by 16 patches."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, 11), np.linspace(0, 2 * np.pi, 17), indexing="ij")
    vertices = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    return vertices.reshape(-1, 3), patch_faces(11, 17)


def patch_faces(n_rows: int, n_columns: int) -> np.ndarray:
    """Return triangle indices (m, 3) of an n_rows x n_columns sheet of vertices."""
    a = (np.arange(n_rows - 1)[:, None] * n_columns + np.arange(n_columns - 1)).ravel()
    b = a + n_columns
    return np.concatenate([np.column_stack([a, b, a + 1]), np.column_stack([b, b + 1, a + 1])])  # seen from outside


def stick(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices and faces of a cylinder between two points [Angstrom]."""
    axis = (end - start) / np.linalg.norm(end - start)
    side = np.cross(axis, [1.0, 0, 0] if abs(axis[0]) < 0.9 else [0, 1.0, 0])
    side /= np.linalg.norm(side)
    phi = np.linspace(0, 2 * np.pi, 13)
    ring = BOND_RADIUS * (np.cos(phi)[:, None] * side + np.sin(phi)[:, None] * np.cross(axis, side))
    return np.concatenate([start + ring, end + ring]), patch_faces(2, 13)


def structure_figure(
    numbers: np.ndarray, positions: np.ndarray, *, theme: Theme, weights: np.ndarray | None = None, height: int = 360
) -> go.Figure:
    """Return the molecule as a lit, turnable mesh; `weights` (n_atoms,) adds a translucent ball around each atom.

    Parameters
    ----------
    numbers : (n_atoms,) atomic numbers
    positions : (n_atoms, 3) [Angstrom]
    """
    positions = np.asarray(positions, dtype=float).reshape(-1, 3)
    sphere, sphere_faces = unit_sphere()
    radii = [LOOK_OF.get(int(z), OTHER_LOOK)[1] for z in numbers]
    parts = [(positions[k] + radii[k] * sphere, sphere_faces, colour(z)) for k, z in enumerate(numbers)]
    for i, j in bonded_pairs(numbers, positions, within=LONGEST_BOND):
        middle = (positions[i] + positions[j]) / 2
        parts.append((*stick(positions[i], middle), colour(numbers[i])))
        parts.append((*stick(middle, positions[j]), colour(numbers[j])))
    figure = go.Figure(mesh(parts, opacity=1.0))
    symbols = [Chem.GetPeriodicTable().GetElementSymbol(int(z)) for z in numbers]
    if weights is not None:
        lobes = [
            (positions[k] + (0.35 + 0.75 * np.sqrt(w)) * sphere, sphere_faces, theme.accent)
            for k, w in enumerate(weights)
            if w > 0.02
        ]
        figure.add_trace(mesh(lobes, opacity=0.35))
    notes = [
        f"{s}{k + 1}" + (f"<br>{weights[k]:.0%} of the level" if weights is not None else "")
        for k, s in enumerate(symbols)
    ]
    figure.add_scatter3d(
        x=positions[:, 0],
        y=positions[:, 1],
        z=positions[:, 2],
        mode="markers",
        text=notes,
        showlegend=False,
        marker={"size": 14, "opacity": 0.01},
        hovertemplate="%{text}<extra></extra>",
    )
    hidden = {"visible": False, "showspikes": False}
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "color": theme.text},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted},
        scene={
            "xaxis": hidden,
            "yaxis": hidden,
            "zaxis": hidden,
            "aspectmode": "data",
            "dragmode": "orbit",
            "camera": {"eye": view_direction(positions), "projection": {"type": "perspective"}},
        },
    )
    return figure


def colour(number: int) -> str:
    """Return an element's colour."""
    return LOOK_OF.get(int(number), OTHER_LOOK)[0]


def view_direction(positions: np.ndarray) -> dict[str, float]:
    """Return the camera position from which the molecule looks widest: along its thinnest principal axis."""
    centred = positions - positions.mean(axis=0)
    thinnest = np.linalg.svd(centred, full_matrices=True)[2][-1] if len(positions) > 2 else np.array([0, 0, 1.0])
    return dict(zip("xyz", (1.6 * thinnest).tolist(), strict=True))


def mesh(parts: list[tuple[np.ndarray, np.ndarray, str]], *, opacity: float) -> go.Mesh3d:
    """Return many coloured bodies as one trace."""
    starts = np.cumsum([0] + [len(p[0]) for p in parts])
    vertices = np.concatenate([p[0] for p in parts]) if parts else np.zeros((0, 3))
    faces = np.concatenate([p[1] + s for p, s in zip(parts, starts, strict=False)]) if parts else np.zeros((0, 3), int)
    colours = [p[2] for p in parts for _ in range(len(p[0]))]
    return go.Mesh3d(
        x=vertices[:, 0].round(3),
        y=vertices[:, 1].round(3),
        z=vertices[:, 2].round(3),
        i=faces[:, 0],
        j=faces[:, 1],
        k=faces[:, 2],
        vertexcolor=colours,
        opacity=opacity,
        hoverinfo="skip",
        flatshading=False,
        lighting={"ambient": 0.55, "diffuse": 0.75, "specular": 0.25, "roughness": 0.5, "fresnel": 0.1},
        lightposition={"x": 300, "y": 400, "z": 900},
    )
