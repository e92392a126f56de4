"""The distributions of a scan; what is selected in one view is selected in all."""

import math
from functools import partial

import pandas as pd
import streamlit as st

from core.quantities import HISTOGRAM, QUANTITIES, Quantity
from core.screening.filters import DensityFilter, RangeFilter
from dashboard.app_pages.scan.values import STATES, offered_here, shown_values
from dashboard.figures.library import histogram_figure
from dashboard.figures.theme import escape_plotly
from dashboard.state import remember, session
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
    low, high = (round_to(x, values) for x in (low, high))
    if quantity.key == STATES:
        window = state.settings["density_window_ev"]
        state.brush = DensityFilter(window[0], window[1], minimum=low, maximum=high)
    else:
        state.brush = RangeFilter(quantity.key, quantity.stored(low), quantity.stored(high))


def round_to(end: float, values: pd.Series) -> float:
    """Return an end of a range with as many decimals as a hundredth of all values' range needs, two at least."""
    spread = float(values.max() - values.min())
    return round(end, max(2, 2 - math.floor(math.log10(spread))) if spread > 0 else 2)


def show_histograms(view: pd.DataFrame) -> None:
    """Show the distributions of the quantities that have one, states in a window among them."""
    state = session()
    with st.grid(3, min_column_width=260, gap="small") as row:
        for quantity in offered_here(view, HISTOGRAM):
            with row.cell():
                show_histogram(view, quantity, key=f"histogram_{quantity.key}_{state.view_version}")
    remember(
        st.slider,
        QUANTITIES["energy_ev"].titled("Window of the third distribution"),
        "density_window_ev",
        min_value=-30.0,
        max_value=0.0,
        step=0.5,
        help="The number of states is the integral of the spectrum of all valence levels over this window.",
    )


def show_histogram(view: pd.DataFrame, quantity: Quantity, *, key: str, height: int = 230) -> None:
    """Show the distribution of one quantity; a range dragged in it selects."""
    values, title = pd.Series(shown_values(view, quantity), view.index), escape_plotly(axis_title(quantity))
    if not values.notna().any():
        st.caption(f"{escape_markdown(title)}: not predicted by this learner.")
        return
    figure = histogram_figure(
        values.to_numpy(float),
        theme=current_theme(),
        title=title,
        digits=quantity.digits,
        selected=view.index.isin(session().selected),
        height=height,
    )
    show_figure(
        figure,
        key,
        on_select=partial(take_brush, key, values, quantity),
        selection_mode="box",
        file_name=f"histogram-{quantity.key}",
    )


def axis_title(quantity: Quantity) -> str:
    """Return the title of a distribution's axis; that of the states names the window."""
    if quantity.key != STATES:
        return quantity.header
    low, high = session().settings["density_window_ev"]
    energy = QUANTITIES["energy_ev"]
    return f"States from {energy.number(low, digits='g')} to {energy.text(high, digits='g')}"
