"""A scan as points: the map by spectrum, or any two quantities; what is selected here is selected in all views."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import MAP, QUANTITIES, SORT, Quantity
from core.structure.entry import OK
from dashboard import resources
from dashboard.app_pages.scan.values import plottable, shown_values
from dashboard.app_pages.scan.views import select, show_histogram
from dashboard.figures.drawings import structure_uri
from dashboard.figures.library import map_figure, plane_figure
from dashboard.figures.theme import escape_plotly
from dashboard.scan_runs import library_of
from dashboard.state import remember, session
from dashboard.widgets.downloads import figure_download
from dashboard.widgets.figure import show_figure
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

N_DRAWN = 3  # structures of picked points
DRAWING = (200, 130)  # pixels
HOW_TO_PICK = "A click selects, and so do a box and a lasso: their buttons are at the top right."
HOW_MANY = Quantity("count", "Number of molecules")


def show_points(scan: pd.DataFrame, view: pd.DataFrame) -> None:
    """Show the map or two quantities against each other, and the structures of the points picked."""
    tabs = st.tabs(["Map by spectrum", "Two quantities"], key="points_view", on_change="rerun")
    if tabs[0].open is not False:
        with tabs[0]:
            show_map(scan, view)
    if tabs[1].open:
        with tabs[1]:
            show_plane(view)
    show_picked(scan)


def show_map(scan: pd.DataFrame, view: pd.DataFrame) -> None:
    """Show the map of the library by spectrum."""
    state = session()
    found = resources.library_map(scan, library_of(state.scan_key))
    shown, (colour, values) = view.index.to_numpy(), chosen_colour(view)
    figure = map_figure(
        found.places[shown],
        values,
        theme=current_theme(),
        colour_title=escape_plotly(colour.header),
        colour_digits=colour.digits,
        notes=map_notes(view),
        selected=view.index.isin(state.selected),
    )
    show_pickable(figure, "map", labels=shown.tolist())
    n_missing = int(np.isnan(found.places[shown, 0]).sum())
    missing = f" {n_missing:,} molecules of fewer than 16 levels have no place on it." if n_missing else ""
    st.caption(f"Near points have like spectra: {escape_markdown(found.method)}.{missing} {HOW_TO_PICK}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_quantity("Colour", "map_colour", plottable(view, MAP))
        figure_download(figure, "map", key="download_map_html")


def show_plane(view: pd.DataFrame) -> None:
    """Show any quantity, the user's own columns among them, against another, or how it is distributed."""
    state, offers = session(), plottable(view, SORT)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        x = choose_quantity("Across", "plot_x", offers)
        y = choose_quantity("Up", "plot_y", {HOW_MANY.key: HOW_MANY} | offers)
        if y.key != HOW_MANY.key:
            choose_quantity("Colour", "map_colour", plottable(view, MAP))
    if y.key == HOW_MANY.key:
        show_histogram(view, x, key=f"own_histogram_{x.key}_{state.view_version}", height=440)
        return
    colour, values = chosen_colour(view)
    figure = plane_figure(
        np.column_stack([shown_values(view, x), shown_values(view, y)]),
        values,
        theme=current_theme(),
        titles=(escape_plotly(x.header), escape_plotly(y.header), escape_plotly(colour.header)),
        notes=[escape_plotly(str(name)) for name in view["id"]],
        selected=view.index.isin(state.selected),
    )
    show_pickable(figure, "plane", labels=view.index.tolist())
    missing = int(np.isnan(shown_values(view, x) + shown_values(view, y)).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        left_out = f" {missing:,} molecules lack one of the two." if missing else ""
        st.caption(f"{HOW_TO_PICK}{left_out}")
        figure_download(figure, "plane", key="download_plane_html")


def chosen_colour(view: pd.DataFrame) -> tuple[Quantity, np.ndarray]:
    """Return the quantity that colours the points, and its values."""
    offers = plottable(view, MAP)
    key = session().settings["map_colour"]
    colour = offers[key] if key in offers else next(iter(offers.values()))
    return colour, shown_values(view, colour)


def choose_quantity(label: str, name: str, offers: dict[str, Quantity]) -> Quantity:
    """Ask for a quantity; `name` is the setting."""
    key = remember(st.selectbox, label, name, options=list(offers), format_func=lambda k: offers[k].header, width=188)
    return offers[key]


def show_pickable(figure: object, name: str, *, labels: list[int]) -> None:
    """Show a figure whose points can be selected; `labels` are theirs in the scan."""
    key = f"{name}_{session().view_version}"
    show_figure(
        figure,
        key,
        on_select=partial(take_lasso, key, labels),
        selection_mode=("points", "box", "lasso"),
        file_name=name,
    )


def take_lasso(key: str, labels: list[int]) -> None:
    """Select the molecules inside a box or lasso, or the one clicked."""
    points = st.session_state[key]["selection"]["points"]
    session().brush = None
    select(sorted({labels[p["point_index"]] for p in points if p["point_index"] < len(labels)}))


def show_picked(scan: pd.DataFrame) -> None:
    """Show the structures of the first molecules picked, beneath the points: a hover text holds no drawing."""
    labels = [k for k in session().selected if k in scan.index and scan["status"][k] == OK]
    if not labels:
        st.caption("Click a point to see its structure.")
        return
    with st.container(horizontal=True, gap="medium", key="picked"):
        for label in labels[:N_DRAWN]:
            row = scan.loc[label]
            drawn = structure_uri(row["smiles"], theme=current_theme(), size=DRAWING)
            with st.container(width=DRAWING[0] + 10, gap=None):
                if drawn:
                    st.image(drawn, width=DRAWING[0])
                st.caption(
                    f"**{escape_markdown(str(row['id']), limit=40)}** · {escape_markdown(row['formula'])}  \n"
                    f"{escape_markdown(row['smiles'], limit=80)}  \n{escape_markdown(row['inchikey'])}"
                )
    if len(labels) > N_DRAWN:
        st.caption(f"{N_DRAWN} of {len(labels):,} selected.")


def map_notes(view: pd.DataFrame) -> list[str]:
    """Return hover texts: id, SMILES, formula, InChIKey, HOMO and gap."""
    return [
        f"<b>{escape_plotly(str(name))}</b><br>{escape_plotly(smiles, limit=60)}<br>{escape_plotly(formula)}<br>"
        f"{escape_plotly(key)}<br>"
        f"{describe_values({'homo_ev': homo, 'gap_ev': gap})}"
        for name, smiles, formula, key, homo, gap in zip(
            view["id"], view["smiles"], view["formula"], view["inchikey"], view["homo_ev"], view["gap_ev"], strict=True
        )
    ]


def describe_values(values: dict[str, float]) -> str:
    """Return quantities in words, those that are known: "HOMO −6.21 eV, gap 5.10 eV"."""
    known = ((QUANTITIES[key], value) for key, value in values.items() if np.isfinite(value))
    return ", ".join(f"{quantity.in_words} {quantity.text(value)}" for quantity, value in known)
