"""A scan in pictures: distributions and the map; what is selected in one is selected in all."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import HISTOGRAM, MAP, QUANTITIES, Quantity
from core.screening.filters import DensityFilter, RangeFilter
from dashboard import resources
from dashboard.app_pages.scan.values import STATES, offered_here, shown_values
from dashboard.figures.library import histogram_figure, map_figure
from dashboard.figures.theme import escape_plotly
from dashboard.state import remember, session
from dashboard.widgets.downloads import figure_download
from dashboard.widgets.figure import show_figure
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown


def select(labels: list[int]) -> None:
    """Make these index labels the selection of every view."""
    state = session()
    state.selected = labels
    state.detail_version += 1


def take_brush(key: str, values: pd.Series, quantity: Quantity) -> None:
    """Select the molecules in a range dragged in a histogram, and offer the range as a filter."""
    state = session()
    boxes = st.session_state[key]["selection"]["box"]
    if not boxes:
        select([])
        state.brush = None
        return
    low, high = sorted(float(x) for x in boxes[0]["x"])
    select(values.index[(values >= low) & (values <= high)].tolist())
    low, high = round(low, 2), round(high, 2)
    if quantity.key == STATES:
        window = state.settings["density_window_ev"]
        state.brush = DensityFilter(window[0], window[1], minimum=low, maximum=high)
    else:
        state.brush = RangeFilter(quantity.key, quantity.stored(low), quantity.stored(high))


def take_lasso(key: str, labels: list[int]) -> None:
    """Select the molecules inside a box or lasso, or the one clicked, in the map."""
    points = st.session_state[key]["selection"]["points"]
    session().brush = None
    select(sorted({labels[p["point_index"]] for p in points if p["point_index"] < len(labels)}))


def show_histograms(view: pd.DataFrame) -> None:
    """Show the distributions of the quantities that have one, states in a window among them."""
    state, theme = session(), current_theme()
    chosen = view.index.isin(state.selected)
    with st.grid(3, min_column_width=260, gap="small") as row:
        for quantity in offered_here(view, HISTOGRAM):
            values, title = pd.Series(shown_values(view, quantity), view.index), axis_title(quantity)
            with row.cell():
                if not values.notna().any():
                    st.caption(f"{escape_markdown(title)}: not predicted by this learner.")
                    continue
                figure = histogram_figure(values.to_numpy(float), theme=theme, title=title, selected=chosen)
                key = f"histogram_{quantity.key}_{state.view_version}"
                show_figure(
                    figure,
                    key,
                    on_select=partial(take_brush, key, values, quantity),
                    selection_mode="box",
                    file_name=f"histogram-{quantity.key}",
                )
    remember(
        st.slider,
        QUANTITIES["energy_ev"].titled("Window of the third distribution"),
        "density_window_ev",
        min_value=-30.0,
        max_value=0.0,
        step=0.5,
        help="The number of states is the integral of the spectrum of all valence levels over this window.",
    )


def axis_title(quantity: Quantity) -> str:
    """Return the title of a distribution's axis; that of the states names the window."""
    if quantity.key != STATES:
        return quantity.header
    low, high = session().settings["density_window_ev"]
    energy = QUANTITIES["energy_ev"]
    return f"States from {energy.number(low, digits='g')} to {energy.text(high, digits='g')}"


def show_map(scan: pd.DataFrame, view: pd.DataFrame) -> None:
    """Show the map of the library by spectrum."""
    state = session()
    # some learners predict no LUMO
    options = [q.key for q in offered_here(view, MAP) if q.key not in view or view[q.key].notna().any()]
    if state.settings["map_colour"] not in options:
        state.settings["map_colour"] = options[0]
    places = resources.library_map(scan)
    shown = view.index.to_numpy()
    colour = state.settings["map_colour"]
    values = shown_values(view, QUANTITIES[colour])
    notes = map_notes(view)
    figure = map_figure(
        places[shown],
        values,
        theme=current_theme(),
        colour_title=QUANTITIES[colour].header,
        notes=notes,
        selected=view.index.isin(state.selected),
    )
    st.markdown("**Map by spectrum** · box, lasso or click selects")
    key = f"map_{state.view_version}"
    show_figure(
        figure,
        key,
        on_select=partial(take_lasso, key, shown.tolist()),
        selection_mode=("points", "box", "lasso"),
        file_name="map",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        remember(
            st.selectbox, "Colour", "map_colour", options=options, format_func=lambda k: QUANTITIES[k].header, width=220
        )
        figure_download(figure, "map", key="download_map_html")


def map_notes(view: pd.DataFrame) -> list[str]:
    """Return hover texts: id, SMILES, formula, InChIKey, HOMO and gap."""
    return [
        f"<b>{escape_plotly(str(name))}</b><br>{escape_plotly(smiles, limit=60)}<br>{formula}<br>{key}<br>"
        f"{describe_values({'homo_ev': homo, 'gap_ev': gap})}"
        for name, smiles, formula, key, homo, gap in zip(
            view["id"], view["smiles"], view["formula"], view["inchikey"], view["homo_ev"], view["gap_ev"], strict=True
        )
    ]


def describe_values(values: dict[str, float]) -> str:
    """Return quantities in words, those that are known: "HOMO −6.21 eV, gap 5.10 eV"."""
    known = ((QUANTITIES[key], value) for key, value in values.items() if np.isfinite(value))
    return ", ".join(f"{quantity.in_words} {quantity.text(value)}" for quantity, value in known)
