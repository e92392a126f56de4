"""The level diagram of the drawn molecules; a click explains a level."""

import numpy as np
import pandas as pd
import streamlit as st

from core.models.uncertainty.made_geometry import errors_with_lumo_ev
from dashboard import resources
from dashboard.figures.levels import Ladder, level_figure
from dashboard.state import session
from dashboard.widgets.downloads import figure_download
from dashboard.widgets.figure import show_figure
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import learner_of
from dashboard.widgets.page_theme import current_theme

N_LADDER = 16
LEVELS_ALT = "Level diagram: a stick for each level of each drawn molecule, HOMO and LUMO labelled with their energies"


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
    rows = table.loc[state.drawn]
    ladders = [
        Ladder(str(row["id"]), np.asarray(row["levels_ev"], float), float(row["lumo_ev"]), order, errors)
        for order, ((_, row), errors) in enumerate(zip(rows.iterrows(), errors_with_lumo_ev(rows), strict=True))
    ]
    marked = None
    if state.focus in state.drawn and state.level is not None:
        marked = (state.drawn.index(state.focus), state.level)
    of_ionisation = resources.tells_ionisation(learner_of(table))
    figure = level_figure(
        ladders,
        theme=current_theme(),
        n_shown=N_LADDER,
        marked=marked,
        height=height,
        of_ionisation=of_ionisation,
    )
    what = "minus ionisation energies" if of_ionisation else "HOMO and LUMO"
    section("Levels", f"{what} in eV; click a stick to see what it is")
    show_figure(figure, "levels", on_select=lambda: take_level_click("levels"), alt=LEVELS_ALT)
    figure_download(figure, "levels", key="download_levels_html")
