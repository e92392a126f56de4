"""A scan as a table with structures, a page at a time, and the spectra of what is selected."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.library.descriptors import DESCRIPTORS
from core.quantities import OWN_PREFIX, SORT, TABLE, quantity_of
from core.screening.own_columns import own_columns
from core.structure.entry import OK
from dashboard.app_pages.scan.values import (
    descriptor_quantities,
    offered_here,
    own_quantities,
    plottable,
    shown_values,
)
from dashboard.app_pages.scan.views import select
from dashboard.figures.drawings import structure_uri
from dashboard.figures.spectra import spectrum_figure
from dashboard.figures.theme import MAX_DRAWN, Theme
from dashboard.state import remember, session
from dashboard.widgets.columns import ABSENT, molecule_config
from dashboard.widgets.curves import height_drawn, make_curves
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.energy_axis import axis_of_learner
from dashboard.widgets.figure import show_figure
from dashboard.widgets.learner_choice import learner_of
from dashboard.widgets.learner_overlay import (
    learner_curves,
    overlay_learners,
    rows_to_draw,
    show_overlay_choice,
    show_overlay_notes,
)
from dashboard.widgets.not_predicted import NOT_PREDICTED
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.structure_viewer import show_structure

PAGE_SIZE = 20
ORDERS = {"id": "ID", "row": "Library order"}


def show_library_table(scan: pd.DataFrame, view: pd.DataFrame) -> None:
    """Show what the filters leave of a scan, sorted, one page at a time; ticked rows join the selection."""
    state = session()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        orders = sort_orders(view)
        remember(st.selectbox, "Sort by", "sort_by", options=list(orders), width=220, format_func=orders.__getitem__)
        remember(st.toggle, "Descending", "sort_descending")
        only = remember(st.toggle, "Selected only", "selected_only", disabled=not state.selected)
    rows = view[view.index.isin(state.selected)] if only and state.selected else view
    rows = sort_rows(rows, state.settings["sort_by"], state.settings["sort_descending"])
    n_pages = max(1, -(-len(rows) // PAGE_SIZE))
    page = st.pagination(n_pages, key=f"page_{state.view_version}_{len(rows)}") if n_pages > 1 else 1
    part = rows.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    key = f"table_{state.view_version}_{state.detail_version}_{page}_{state.settings['sort_by']}"
    st.dataframe(
        table_view(part, view, current_theme()),
        placeholder=ABSENT,
        key=key,
        hide_index=True,
        row_height=84,
        height=min(38 + 84 * len(part), 520),
        column_config=table_columns(view),
        selection_mode="multi-row",
        on_select=lambda: take_rows(key, part.index.tolist()),
        selection_default={
            "selection": {"rows": [k for k, label in enumerate(part.index) if label in set(state.selected)]}
        },
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(f"{len(rows):,} molecules, {PAGE_SIZE} a page")
        show_exports(rows, scan, is_whole=not state.filters and len(rows) == len(view))


def show_exports(rows: pd.DataFrame, scan: pd.DataFrame, *, is_whole: bool) -> None:
    """Offer the rows of the table, in its order; of a whole scan those without a prediction too, behind the others."""
    bad = scan[scan["status"].isin(NOT_PREDICTED)] if is_whole else scan.iloc[:0]
    label = f"{len(rows):,} rows" + (f" + {len(bad):,} not predicted" if len(bad) else "")
    table_downloads(pd.concat([rows, bad]) if len(bad) else rows, "scan", label=label)


def sort_orders(view: pd.DataFrame) -> dict[str, str]:
    """Return what the table can be sorted by, and how each is called: quantities, then ids and the user's own columns."""
    known = {q.key: q.label for q in offered_here(view, SORT)}
    own = {c: c.removeprefix(OWN_PREFIX) for c in own_columns(view)}
    return known | ORDERS | own | {q.key: q.label for q in descriptor_quantities(view)}


def sort_rows(rows: pd.DataFrame, column: str, descending: bool) -> pd.DataFrame:
    """Return rows in the order asked for; unknown values last, ties in library order."""
    if column in plottable(rows, SORT):
        by = pd.Series(shown_values(rows, quantity_of(column)), rows.index)
    elif column in rows:
        by = rows[column].replace("", np.nan) if column.startswith(OWN_PREFIX) else rows[column]
    else:
        return rows
    return rows.loc[by.sort_values(ascending=not descending, kind="stable", na_position="last").index]


def take_rows(key: str, labels: list[int]) -> None:
    """Put the ticked rows of this page into the selection, and take the unticked ones out."""
    state = session()
    ticked = [labels[k] for k in st.session_state[key]["selection"]["rows"] if k < len(labels)]
    here = set(labels)
    state.selected = [k for k in state.selected if k not in here] + ticked
    state.brush = None


def table_view(rows: pd.DataFrame, view: pd.DataFrame, theme: Theme) -> pd.DataFrame:
    """Return one page of the table of a view, structures drawn."""
    numbers = {q.key: pd.Series(shown_values(view, q), view.index)[rows.index] for q in own_quantities(view)}
    front = {
        "Structure": [structure_uri(s, theme=theme) for s in rows["smiles"]],
        "ID": rows["id"],
        **{q.key: shown_values(rows, q) for q in offered_here(rows, TABLE)},
        "Formula": rows["formula"],
        "SMILES": rows["smiles"],
        "InChIKey": rows["inchikey"],
    }
    rest = {c: rows[c] for c in DESCRIPTORS if c in rows and c not in front}
    own = {c: numbers.get(c, rows[c]) for c in own_columns(rows)}
    tail = {"Status": rows["status"], "Reason": rows["reason"], "Geometry": rows["geometry"]}
    if "note" in rows and rows["note"].any():
        tail["Note"] = rows["note"]
    return pd.DataFrame(front | own | rest | tail, index=rows.index)


def table_columns(view: pd.DataFrame) -> dict[str, Any]:
    """Return how the columns of the table are shown."""
    numbers = {q.key: q for q in [*own_quantities(view), *descriptor_quantities(view)]}
    return (
        {
            "Structure": st.column_config.ImageColumn("Structure", width=180),
            "ID": st.column_config.TextColumn("ID", width=110),
        }
        | {c: st.column_config.Column(c.replace("_", " "), help=what) for c, what in DESCRIPTORS.items()}
        | {c: st.column_config.TextColumn(c.removeprefix(OWN_PREFIX)) for c in own_columns(view)}
        | {k: st.column_config.NumberColumn(q.label, format=q.printf, help=q.help or None) for k, q in numbers.items()}
        | molecule_config()
    )


def show_selection(scan: pd.DataFrame) -> None:
    """Show the spectra of the first few selected molecules and the structure of one."""
    state = session()
    labels = [k for k in state.selected if k in scan.index and scan["status"][k] == OK]
    if not labels:
        st.caption("Select molecules in a distribution, in the map or in the table to see their spectra here.")
        return
    drawn = labels[:MAX_DRAWN]
    more = f"; the first {MAX_DRAWN} are drawn" if len(labels) > MAX_DRAWN else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(labels):,} selected**{more}")
        st.button("Clear selection", key="clear_selection", on_click=select, args=([],), icon=":material/close:")
        table_downloads(scan.loc[labels], "selection", label=f"{len(labels):,} selected")
    st.session_state.setdefault("selected_focus", drawn[0])
    if st.session_state["selected_focus"] not in drawn:
        st.session_state["selected_focus"] = drawn[0]
    focus = st.session_state["selected_focus"]
    show_overlay_choice()
    overlaid = overlay_learners(scan.loc[focus], n_drawn=len(drawn))
    curves = make_curves(*rows_to_draw(scan, drawn, overlaid))
    if overlaid is not None:
        curves = learner_curves(overlaid, curves, order=drawn.index(focus))
    settings = state.settings
    figure = spectrum_figure(
        curves,
        theme=current_theme(),
        height_of=height_drawn(),
        axis=axis_of_learner(learner_of(scan)),
        window_ev=settings["window_ev"],
        height=360,
    )
    with st.grid(3, min_column_width=390, gap="medium") as row:
        with row.cell(column_span=2):
            show_figure(figure, "selected-spectra")
            show_overlay_notes(overlaid)
        with row.cell():
            focus = st.selectbox(
                "Molecule", drawn, key="selected_focus", format_func=lambda k: f"{drawn.index(k) + 1} · {scan['id'][k]}"
            )
            show_structure(scan.loc[focus], key="scan")
            if st.button("Rank the library against it", key="use_as_target", icon=":material/target:"):
                state.settings["target_kind"], state.settings["target_query"] = "library", str(scan["id"][focus])
                state.target, state.target_mark = None, f"library {state.scan_key} {focus}"  # of equal ids this one
                st.switch_page("app_pages/rank/page.py")
