"""One molecule's structure beside its levels, and what each level sits on."""

import numpy as np
import pandas as pd
import streamlit as st
from rdkit import Chem

from core.spectrum.levels import Levels
from dashboard import resources
from dashboard.charts import Ladder, level_figure, level_name
from dashboard.components import figure_download, show_figure
from dashboard.explain import explain_level
from dashboard.molecule_charts import draw_molecule, molecule_of, structure_figure
from dashboard.state import session
from dashboard.theme import current_theme, escape_markdown, format_ev

N_LADDER = 16


def take_level_click(key: str) -> None:
    """Explain the level that was clicked, in the diagram or under the spectrum."""
    state = session()
    points = st.session_state[key]["selection"]["points"]
    if not points or "customdata" not in points[0]:
        return
    order, level = (int(v) for v in list(points[0]["customdata"])[:2])
    if order < len(state.drawn):
        state.focus, state.level = state.drawn[order], level


def show_level_diagram(table: pd.DataFrame, *, height: int = 430) -> None:
    """Show the levels of the drawn molecules as sticks; a click explains one."""
    state = session()
    ladders = [
        Ladder(str(table["id"][k]), np.asarray(table["levels_ev"][k], float), float(table["lumo_ev"][k]), order)
        for order, k in enumerate(state.drawn)
    ]
    marked = None
    if state.focus in state.drawn and state.level is not None:
        marked = (state.drawn.index(state.focus), state.level)
    figure = level_figure(ladders, theme=current_theme(), n_shown=N_LADDER, marked=marked, height=height)
    st.markdown("**Levels** · click a stick to see what it is")
    show_figure(figure, "levels", on_select=lambda: take_level_click("levels"))
    figure_download(figure, "levels", key="download_levels_html")


def show_structure(row: pd.Series, *, key: str) -> None:
    """Show a predicted molecule in 2-D and 3-D, tinted by the level being explained.

    Parameters
    ----------
    row : prediction table row, status ok
    key : prefix of the widgets' keys
    """
    theme = current_theme()
    numbers = np.asarray(row["numbers"])
    positions = np.asarray(row["positions"], dtype=float).reshape(-1, 3)
    levels = resources.row_levels(row)
    index = choose_level(levels, key=key)
    weights = levels.atom_weights[index] if index is not None and levels.atom_weights is not None else None
    mol = molecule_of(numbers, positions, row["smiles"])
    flat, solid = st.tabs(["2-D", "3-D"], key=f"{key}_view", on_change="rerun")
    if flat.open:
        with flat:
            show_drawing(row, mol, weights)
    if solid.open:
        with solid:
            config = {"displaylogo": False, "modeBarButtonsToRemove": ["tableRotation", "resetCameraLastSave3d"]}
            figure = structure_figure(numbers, positions, theme=theme, weights=weights, height=300)
            st.plotly_chart(figure, theme=None, key=f"{key}_solid", config=config)
    if index is not None:
        name = resources.learner_name(str(row["model"]))
        st.markdown(escape_markdown(explain_level(levels, index, numbers, learner=name), limit=400))
    show_identity(row)


def show_drawing(row: pd.Series, mol: Chem.Mol | None, weights: np.ndarray | None) -> None:
    """Show the 2-D drawing, atoms numbered as in the geometry."""
    if mol is None:
        st.caption("No drawing: the bonds of this geometry are not those of its SMILES.")
        return
    svg = draw_molecule(mol, theme=current_theme(), weights=weights, number=True, size=(400, 230))
    st.image(svg, width=400, alt=f"Structure of {row['smiles']}")


def choose_level(levels: Levels, *, key: str) -> int | None:
    """Show the menu of levels, kept in step with clicks; return the index chosen, None for none."""
    state = session()
    n_levels = len(levels.valence_ev)
    energies = [*levels.valence_ev, levels.lumo_ev]
    options: list[int | None] = [None, *(k for k in range(n_levels, -1, -1) if np.isfinite(energies[k]))]
    widget = f"{key}_level"
    on_predict = key == "predict"  # its level is also clicked; elsewhere it is counted from the HOMO, and stays so
    current = state.level if on_predict else n_levels - 1 - state.depths.get(key, 0)
    st.session_state[widget] = current if current in options else None

    def take() -> None:
        chosen = st.session_state[widget]
        if on_predict:
            state.level = chosen
        elif chosen is not None:
            state.depths[key] = n_levels - 1 - chosen

    st.selectbox(
        "Explain a level" if levels.atom_weights is not None else "Level",
        options,
        key=widget,
        on_change=take,
        format_func=lambda k: (
            "choose, or click a level" if k is None else f"{level_name(k, n_levels)}  {format_ev(energies[k])}"
        ),
    )
    return st.session_state[widget]


def show_identity(row: pd.Series) -> None:
    """Show name, formula, SMILES, InChIKey and where the geometry comes from."""
    st.caption(
        f"**{escape_markdown(str(row['id']), limit=60)}** · {row['formula']} · {int(row['n_atoms'])} atoms  \n"
        f"{escape_markdown(row['smiles'])}  \n{row['inchikey']}  \n"
        f"Geometry: {escape_markdown(row.get('geometry') or 'library')}"
    )
