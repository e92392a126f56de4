"""Filters in one bar: chips that say what they do and how many molecules each leaves."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.library.descriptors import DESCRIPTORS
from core.library.groups import GROUPS
from core.quantities import FILTER, OWN_PREFIX, QUANTITIES, offered, quantity_of
from core.screening.filters import (
    BAND_WIDTH,
    DensityFilter,
    Filter,
    FilterResult,
    GroupFilter,
    RangeFilter,
    RingFilter,
    SmartsFilter,
    apply_fitting,
    column_values,
)
from core.screening.own_columns import TextFilter, cells_of, number_columns, text_columns
from core.structure.entry import OK
from dashboard.state import session
from dashboard.widgets.guard import show_error
from dashboard.widgets.text import escape_markdown

POPOVER, CLOSING = "filter_popover", "filter_popover_closing"
MOST_LISTED = 200  # values of a column that are offered one by one


def show_filter_bar(scan: pd.DataFrame) -> FilterResult:
    """Show the bar; return who passes."""
    state = session()
    result = apply_fitting(scan, state.filters)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter_bar"):
        show_adding(scan)
        for k, (condition, left) in enumerate(zip(state.filters, result.remaining, strict=True)):
            why_not = result.unfit.get(k, "")
            st.button(
                f"{escape_markdown(condition.describe(), limit=60)} · {'does not apply here' if why_not else f'{left:,} left'}",
                key=f"filter_{k}",
                icon=":material/filter_alt_off:" if why_not else ":material/close:",
                type="tertiary" if why_not else "secondary",
                on_click=remove,
                args=(k,),
                help=escape_markdown(f"{why_not}. It waits for a scan that it fits. " if why_not else "")
                + "Click to take this filter out.",
            )
        brush = state.brush
        if brush is not None:
            st.button(
                f"Keep only {escape_markdown(brush.describe())}",
                key="keep_brush",
                type="tertiary",
                icon=":material/add:",
                on_click=add,
                args=(brush,),
            )
        if not state.filters:
            st.caption(f"No filter: all {int((scan['status'] == OK).sum()):,} molecules.")
    return result


def add(condition: Filter) -> None:
    """Put a filter at the end of the chain. Picks stay; what was dragged in a histogram to make the filter does not."""
    state = session()
    state.filters.append(condition)
    if condition is state.brush:
        state.selected, state.brush = [], None
    state.view_version += 1


def remove(place: int) -> None:
    """Take a filter out of the chain."""
    state = session()
    del state.filters[place]
    state.view_version += 1


@st.fragment
def show_adding(scan: pd.DataFrame) -> None:
    """Show the button that opens the form; a filter that is added closes it."""
    if st.session_state.pop(CLOSING, False):
        st.session_state[POPOVER] = False
    with st.popover("Add filter", icon=":material/filter_alt:", key=POPOVER, on_change="rerun"):
        show_form(scan)


def show_form(scan: pd.DataFrame) -> None:
    """Show the form that makes a filter."""
    kinds: dict[str, Callable[[pd.DataFrame], Filter | None]] = {
        "Level": level_form,
        "States in a window": density_form,
        "Functional group": group_form,
        "Rings": ring_form,
        "SMARTS": smarts_form,
        "Number": number_form,
        "Text": text_form,
    }
    kind = st.selectbox("Filter by", list(kinds), key="filter_kind")
    try:
        condition = kinds[kind](scan)
    except EigenscopeError as error:
        show_error(error)
        return
    if st.button("Add", type="primary", key="filter_add"):  # always ready: what was typed is known once its box is left
        if condition is None:
            st.caption(":orange[Give a value first.]")
            return
        add(condition)
        st.session_state[CLOSING] = True
        st.rerun()  # all views, not the form alone


def range_of(scan: pd.DataFrame, column: str, label: str) -> RangeFilter | None:
    """Ask for a range of a column."""
    quantity = quantity_of(column)
    values = quantity.shown(column_values(scan, column))
    hint = f"{np.nanmin(values):.2f} to {np.nanmax(values):.2f} here" if np.isfinite(values).any() else ""
    left, right = st.columns(2)
    low = left.number_input("At least", value=None, key=f"low_{column}", placeholder="any", help=hint or None)
    high = right.number_input("At most", value=None, key=f"high_{column}", placeholder="any", help=hint or None)
    if hint:
        st.caption(f"{escape_markdown(label)}: {hint}")
    low, high = (None if end is None else quantity.stored(end) for end in (low, high))
    return None if low is None and high is None else RangeFilter(column, low, high)


def level_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a range of HOMO, gap, LUMO, band width, or of whatever else the table of quantities offers."""
    headers = {q.key: q.header for q in offered(FILTER) if q.key in scan or q.key == BAND_WIDTH}
    column = st.selectbox("Quantity", list(headers), format_func=headers.__getitem__, key="filter_level")
    return range_of(scan, column, headers[column])


def density_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a number of states between two energies."""
    energy, states = QUANTITIES["energy_ev"], QUANTITIES["n_states"]
    left, right = st.columns(2)
    low = left.number_input(energy.titled("From"), value=-12.0, step=0.5, key="density_from")
    high = right.number_input(energy.titled("To"), value=-10.0, step=0.5, key="density_to")
    minimum = left.number_input(
        states.titled("At least"), value=None, min_value=0.0, placeholder="any", key="density_least"
    )
    maximum = right.number_input(
        states.titled("At most"), value=None, min_value=0.0, placeholder="any", key="density_most"
    )
    return None if minimum is None and maximum is None else DensityFilter(low, high, minimum, maximum)


def group_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a functional group."""
    group = st.selectbox("Group", list(GROUPS), key="filter_group")
    return GroupFilter(
        group,
        st.segmented_control("Keep those that", ["have it", "lack it"], default="have it", key="filter_has")
        != "lack it",
    )


def ring_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a number of rings of a size."""
    sizes: dict[str, int | None] = {"any size": None} | {f"{n} atoms": n for n in range(3, 10)}
    size = st.selectbox("Ring size", list(sizes), key="filter_ring_size")
    left, right = st.columns(2)
    least = left.number_input("At least", value=1, min_value=0, step=1, key="ring_least")
    most = right.number_input("At most", value=None, min_value=0, step=1, placeholder="any", key="ring_most")
    return RingFilter(sizes[size], int(least), None if most is None else int(most))


def smarts_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a SMARTS pattern."""
    smarts = st.text_input("SMARTS", key="filter_smarts", placeholder="[OX2H]", help="Hydrogens are implicit: [OX2H].")
    has = (
        st.segmented_control("Keep those that", ["match", "do not"], default="match", key="filter_matches") != "do not"
    )
    return SmartsFilter(smarts, has) if smarts.strip() else None


def number_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for a range of one of the user's own columns of numbers, or of a descriptor."""
    own = {c: c.removeprefix(OWN_PREFIX) for c in number_columns(scan)}
    known = {c: what for c, what in DESCRIPTORS.items() if c in scan and pd.api.types.is_numeric_dtype(scan[c])}
    labels = own | {c: f"{c.replace('_', ' ')}: {what}" for c, what in known.items()} | {"n_atoms": "n atoms"}
    column = st.selectbox("Column", list(labels), key="filter_descriptor", format_func=labels.__getitem__)
    n_odd = sum(bool(cell) for cell in cells_of(scan[column])) - int(np.isfinite(column_values(scan, column)).sum())
    if n_odd:
        st.caption(f"{n_odd:,} cells hold no number; they never pass.")
    return range_of(scan, column, labels[column])


def text_form(scan: pd.DataFrame) -> Filter | None:
    """Ask for text in a column: one that holds it, or some of few values."""
    columns = text_columns(scan)
    column = st.selectbox("Column", columns, key="filter_text_column", format_func=lambda c: c.removeprefix(OWN_PREFIX))
    values = list(dict.fromkeys(cells_of(scan[column])))
    modes = ["is one of", "contains"] if len(values) <= MOST_LISTED else ["contains"]
    mode = st.segmented_control("Keep rows whose text", modes, default=modes[0], key=f"filter_text_mode_{len(modes)}")
    if mode == "is one of":
        chosen = st.multiselect(
            "Values", sorted(values), key=f"filter_values_{column}", format_func=lambda v: v or "(empty)"
        )
        return TextFilter(column, "is one of", tuple(chosen)) if chosen else None
    part = st.text_input("Text", key="filter_text", help="Whatever its case.")
    return TextFilter(column, "contains", (part,)) if part else None
