"""The list of molecules: what was predicted, what was not and why, and which are drawn."""

from typing import Any

import pandas as pd
import streamlit as st

from core.quantities import OWN_PREFIX, TABLE, offered
from core.structure.entry import OK
from dashboard.figures.theme import MAX_DRAWN
from dashboard.state import ALL_ROWS, remember, session
from dashboard.widgets.columns import ABSENT, count_statuses, molecule_config, status_column, status_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import band_note
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import STATUS_LABELS

SHOWN = {ALL_ROWS: "All", **{status: label.capitalize() for status, label in STATUS_LABELS.items()}}


def show_list() -> None:
    """Show the prediction table; ticked rows are drawn."""
    state = session()
    table = state.table
    if table is None:
        return
    section("Molecules", count_statuses(table))
    counts = {s: len(table) if s == ALL_ROWS else int((table["status"] == s).sum()) for s in SHOWN}
    if sum(1 for n in counts.values() if n) > 2:
        remember(
            st.segmented_control,
            "Show",
            "status_shown",
            options=list(SHOWN),
            label_visibility="collapsed",
            format_func=lambda s: f"{SHOWN[s]} {counts[s]:,}",
        )
    status = state.settings["status_shown"] if counts[state.settings["status_shown"]] else ALL_ROWS
    view = table if status == ALL_ROWS else table[table["status"] == status]
    key = f"list_{state.table_version}_{status}"
    drawn_here = [view.index.get_loc(k) for k in state.drawn if k in view.index]
    st.dataframe(
        list_view(view),
        placeholder=ABSENT,
        key=key,
        hide_index=True,
        height=min(36 + 35 * len(view), 320),
        column_config=list_columns(),
        on_select=lambda: take_selection(key, list(view.index)),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": drawn_here}},
    )
    st.caption(f"Tick up to {MAX_DRAWN} rows to draw them together.")
    note = band_note(table)
    if note:
        st.caption(escape_markdown(note))
    show_reasons(table)
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "molecules")


def list_view(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the list in reading order."""
    front = {
        "Status": status_column(table),
        "ID": table["id"],
        **{q.key: q.shown(table[q.key]) for q in offered(TABLE) if q.key in table},
        "Reason": table["reason"],
        **({"Note": table["note"]} if "note" in table and table["note"].any() else {}),
        "Formula": table["formula"],
        "Geometry": table["geometry"],
        "Atoms": table["n_atoms"],
        "SMILES": table["smiles"],
        "InChIKey": table["inchikey"],
        "Row": table["row"],
    }
    own = {c.removeprefix(OWN_PREFIX): table[c] for c in table.columns if c.startswith(OWN_PREFIX)}
    return pd.DataFrame(front | {name if name not in front else f"{name} (input)": v for name, v in own.items()})


def list_columns() -> dict[str, Any]:
    """Return how the columns of the list are shown."""
    return {
        "Status": status_config(),
        "ID": st.column_config.TextColumn("ID", width=120),
        **molecule_config(),
        "Reason": st.column_config.TextColumn("Reason", width=220),
        "Geometry": st.column_config.TextColumn("Geometry", help="Where the 3-D coordinates come from", width=200),
    }


def take_selection(key: str, labels: list[int]) -> None:
    """Draw the ticked rows that have a prediction."""
    state = session()
    table = state.table
    if table is None or not key.startswith(
        f"list_{state.table_version}_"
    ):  # a list gone by: browsers may report it late
        return
    ticked = [labels[k] for k in st.session_state[key]["selection"]["rows"] if k < len(labels)]
    good = [k for k in ticked if table["status"][k] == OK]
    kept = [k for k in state.drawn if k in good]
    state.drawn = [*kept, *(k for k in good if k not in kept)][:MAX_DRAWN]
    if state.focus not in state.drawn:
        state.level = None
    new = [k for k in state.drawn if k not in kept]
    state.focus = new[-1] if new else (state.focus if state.focus in state.drawn else next(reversed(state.drawn), None))
    if len(good) > MAX_DRAWN:
        state.message = f"At most {MAX_DRAWN} molecules are drawn together; {len(good)} are ticked."


def own_name(row: pd.Series) -> str:
    """Return the row's identifier; nothing where that only counts the rows."""
    return "" if row["id"] == f"row {row['row']}" else str(row["id"])


def show_reasons(table: pd.DataFrame) -> None:
    """Say in full why the first few rows were not predicted; the list holds the rest."""
    bad = table[table["status"] != OK]
    for _, row in bad.head(3).iterrows():
        head = " ".join(filter(None, (f":orange[**Row {row['row']}**]", escape_markdown(own_name(row), limit=40))))
        st.caption(f"{head}: {escape_markdown(row['reason'])}")
    if len(bad) > 3:
        st.caption(f"… and {len(bad) - 3:,} more: see the Reason column.")
