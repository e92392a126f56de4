"""One molecule's structure beside its levels, and what each level sits on."""

import numpy as np
import pandas as pd
import streamlit as st
from rdkit import Chem

from core.models.uncertainty.made_geometry import errors_with_lumo_ev
from core.quantities import QUANTITIES, format_ev
from core.spectrum.levels import Levels
from core.structure.geometry import LEARNT
from dashboard import resources
from dashboard.figures.ball_and_stick import structure_figure
from dashboard.figures.drawings import draw_molecule, molecule_of
from dashboard.figures.levels import level_name
from dashboard.state import session
from dashboard.widgets.conformers import choose_conformer
from dashboard.widgets.explain import explain_level
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown


def show_structure(row: pd.Series, *, key: str) -> None:
    """Show a predicted molecule in 2-D and 3-D, tinted by the level being explained.

    Parameters
    ----------
    row : prediction table row, status ok
    key : prefix of the widgets' keys
    """
    theme = current_theme()
    row, conformer = choose_conformer(row, key=key)
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
            st.plotly_chart(
                figure, theme=None, key=f"{key}_solid", config=config, alt=f"Balls and sticks of {row['smiles']}"
            )
    if index is not None:
        name = resources.learner_name(str(row["model"]))
        of_ionisation = resources.tells_ionisation(str(row["model"]))
        error_ev = float(errors_with_lumo_ev(row.to_frame().T)[0][index])
        sentence = explain_level(
            levels,
            index,
            numbers,
            learner=name,
            error_ev=error_ev,
            measured_error_ev=resources.measured_error_ev(str(row["model"]), error_ev),
            of_ionisation=of_ionisation,
        )
        of_one = "" if conformer is None else f"Conformer {conformer + 1}: "
        st.markdown(f":small[{of_one}{escape_markdown(sentence, limit=400)}]")
    show_identity(row)


def show_drawing(row: pd.Series, mol: Chem.Mol | None, weights: np.ndarray | None) -> None:
    """Show the 2-D drawing, atoms numbered as in the geometry."""
    if mol is None:
        st.caption("No drawing: the bonds of this geometry are not those of its SMILES.")
        return
    svg = draw_molecule(mol, theme=current_theme(), weights=weights, number=True, size=(400, 185))
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
    atom: int | None = st.session_state[widget]
    return atom


def show_identity(row: pd.Series) -> None:
    """Show name, formula, SMILES, InChIKey and where the geometry comes from."""
    st.caption(
        f"**{escape_markdown(str(row['id']), limit=60)}** · {escape_markdown(row['formula'])} · {int(row['n_atoms'])} atoms  \n"
        f"{escape_markdown(row['smiles'])}  \n{escape_markdown(row['inchikey'])}  \n"
        f"Geometry: {escape_markdown(row.get('geometry') or 'library')}{describe_average(row)}"
    )


def describe_average(row: pd.Series) -> str:
    """Return which geometry the levels of a row stand for and what they are the average of, behind how it was made."""
    is_moved = str(row.get("geometry") or "").endswith(LEARNT)
    moved = "; a network moved the atoms to where B3LYP/6-31G(2df,p) would put them" if is_moved else ""
    if not row.get("n_conformers", 1) > 1:
        return moved
    temperature = QUANTITIES["temperature_k"].text(float(row["temperature_k"]))
    return f"{moved}; levels and spectrum are the average over {int(row['n_conformers'])} conformers at {temperature}"
