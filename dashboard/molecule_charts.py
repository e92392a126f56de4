"""Structures: RDKit drawings (2-D) and a lit ball-and-stick mesh (3-D); both can show a level's weight on each atom."""

import base64
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds
from rdkit.Chem.Draw import rdMolDraw2D

from core.elements import ELEMENTS
from core.structure.bonds import LONGEST_BOND, bonded_pairs
from dashboard.theme import FONT, Theme

# In the order of `core.elements`; what comes after has OTHER_COLOUR and OTHER_RADIUS
COLOURS = ("#e8e8e8", "#5c6270", "#3050f8", "#e0352b", "#4fae3a")
RADII = (0.26, 0.38, 0.37, 0.36, 0.34)  # drawn spheres [Angstrom]: a third of van der Waals, roughly
COLOUR_OF = {element.number: x for element, x in zip(ELEMENTS, COLOURS, strict=False)}
RADIUS_OF = {element.number: x for element, x in zip(ELEMENTS, RADII, strict=False)}
OTHER_COLOUR, OTHER_RADIUS = "#b07aa1", 0.4
BOND_RADIUS = 0.09  # drawn stick [Angstrom]


def molecule_of(numbers: np.ndarray, positions: np.ndarray, smiles: str) -> Chem.Mol | None:
    """Return an RDKit molecule whose atoms stand in the order of the geometry, bonds as the SMILES says.

    Parameters
    ----------
    numbers : (n_atoms,) atomic numbers
    positions : (n_atoms, 3) [Angstrom]
    smiles : str
        Of the same molecule, in any order of atoms.

    Returns
    -------
    Chem.Mol or None
        None where the geometry's connectivity is not the SMILES's.
    """
    bare = Chem.RWMol()
    for number in numbers:
        bare.AddAtom(Chem.Atom(int(number)))
    conformer = Chem.Conformer(len(numbers))
    conformer.SetPositions(np.asarray(positions, dtype=float).reshape(-1, 3))
    bare.AddConformer(conformer)
    rdDetermineBonds.DetermineConnectivity(bare)
    known = Chem.MolFromSmiles(smiles)
    if known is None:
        return None
    known = Chem.AddHs(known)
    if known.GetNumAtoms() != bare.GetNumAtoms():
        return None
    query = Chem.RWMol(known)
    for bond in query.GetBonds():
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetIsAromatic(False)
    for atom in query.GetAtoms():
        atom.SetIsAromatic(False)
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    match = bare.GetSubstructMatch(query)
    if len(match) != known.GetNumAtoms() or bare.GetNumBonds() != known.GetNumBonds():
        return None
    order = np.empty(len(match), dtype=int)
    order[list(match)] = np.arange(len(match))
    mol = Chem.RenumberAtoms(known, [int(k) for k in order])
    mol.RemoveAllConformers()
    mol.AddConformer(conformer, assignId=True)
    return mol


def draw_molecule(
    mol: Chem.Mol,
    *,
    theme: Theme,
    weights: np.ndarray | None = None,
    size: tuple[int, int] = (380, 280),
    number: bool = False,
) -> str:
    """Return an SVG, hydrogens hidden; `weights` (n_atoms,) tints atoms, a hydrogen's weight goes to its neighbour."""
    heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
    share = fold_hydrogens(mol, weights) if weights is not None else None
    for atom in mol.GetAtoms():
        atom.SetIntProp("source", atom.GetIdx())
    flat = Chem.RemoveHs(mol) if heavy else Chem.Mol(mol)
    flat.RemoveAllConformers()
    tints, radii = {}, {}
    for atom in flat.GetAtoms():
        source = atom.GetIntProp("source")
        if number:
            atom.SetProp("atomNote", str(source + 1))
        if share is not None and share[source] >= 0.02:
            r, g, b = (int(theme.accent[k : k + 2], 16) / 255 for k in (1, 3, 5))
            tints[atom.GetIdx()] = (r, g, b, float(0.12 + 0.6 * min(share[source], 1.0)))
            radii[atom.GetIdx()] = float(0.25 + 0.35 * np.sqrt(min(share[source], 1.0)))
    drawer = rdMolDraw2D.MolDraw2DSVG(*size)
    options: Any = drawer.drawOptions()  # its stubs know no setters
    if theme.dark:
        rdMolDraw2D.SetDarkMode(options)
    options.clearBackground = False
    options.bondLineWidth = 1.6
    options.padding = 0.08
    options.maxFontSize = 18
    options.annotationFontScale = 0.6
    options.fixedBondLength = 34
    options.highlightBondWidthMultiplier = 1
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer, flat, highlightAtoms=list(tints), highlightAtomColors=tints, highlightAtomRadii=radii, highlightBonds=[]
    )
    drawer.FinishDrawing()
    return drawer.GetDrawingText()


def fold_hydrogens(mol: Chem.Mol, weights: np.ndarray) -> np.ndarray:
    """Return weights (n_atoms,) with each hydrogen's added to the heavy atom that carries it."""
    folded = np.array(weights, dtype=float)
    for atom in mol.GetAtoms():
        heavy = [n.GetIdx() for n in atom.GetNeighbors() if n.GetAtomicNum() > 1]
        if atom.GetAtomicNum() == 1 and heavy:
            folded[heavy[0]] += folded[atom.GetIdx()]
            folded[atom.GetIdx()] = 0.0
    return folded


@lru_cache(maxsize=20_000)
def structure_uri(smiles: str, *, theme: Theme, size: tuple[int, int] = (170, 110)) -> str | None:
    """Return the drawing of a SMILES as a data URI for table cells; None where RDKit cannot read it."""
    mol = Chem.MolFromSmiles(smiles) if smiles else None
    return svg_uri(draw_molecule(mol, theme=theme, size=size)) if mol is not None else None


def svg_uri(svg: str) -> str:
    """Return an SVG as a data URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


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
    radii = [RADIUS_OF.get(int(z), OTHER_RADIUS) for z in numbers]
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
    return COLOUR_OF.get(int(number), OTHER_COLOUR)


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
