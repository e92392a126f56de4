"""The sets of molecules: what each is, its counts, and their distributions side by side."""

from typing import Any

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.labels.catalogue import (
    ALL,
    OTHER,
    DataSet,
    count_rows,
    describe_absent,
    element_shares,
    homo_edges,
    homo_shares,
    present_sets,
    size_shares,
    summarise_set,
)
from dashboard.figures.sets import element_names, homo_figure, share_figure
from dashboard.state import remember, session
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import GEOMETRIES

GEOMETRY_KINDS = ("dft", "mmff", "rattled")
# Drawn unless others are asked for: more are a crowd, and those of another level of theory have other HOMOs
FIRST_DRAWN = ("qm9_pbe", "broad", "drawn", "oe", "c7h10o2")


def set_summary(dataset: DataSet) -> pd.DataFrame:
    """Return a set's summary, made once for each version of its file."""
    return read_summary(dataset.key, dataset.path.stat().st_mtime_ns, dataset)


@st.cache_data(show_spinner="Reading the sets …", max_entries=16)
def read_summary(key: str, written: int, _dataset: DataSet) -> pd.DataFrame:
    """Return a set's summary; key and time of writing are what the cache compares."""
    return summarise_set(_dataset)


@st.fragment
@guarded
def show_sets() -> None:
    """Show the sets as a table, the distributions of the chosen ones, and the counts of each."""
    summaries, failures = {}, []
    sets = {s.key: s for s in present_sets()}
    for key, dataset in sets.items():
        try:
            summaries[key] = set_summary(dataset)
        except InputError as error:
            failures.append(str(error))
    for failure in failures:
        st.error(escape_markdown(failure, limit=400), icon=":material/error:")
    if absent := describe_absent():
        st.info(absent, icon=":material/info:")
    if not summaries:
        st.info("No set of molecules is here.", icon=":material/info:")
        return
    show_overview(sets, summaries)
    chosen = choose_sets(sets, summaries)
    if chosen:
        show_distributions(sets, {key: summaries[key] for key in chosen})


def show_overview(sets: dict[str, DataSet], summaries: dict[str, pd.DataFrame]) -> None:
    """Show one line a set: what it is, sizes, level of theory, licence."""
    rows = [
        {
            "Set": sets[key].name,
            "Rows": len(summary),
            "Heavy atoms": span(summary["n_heavy"]),
            "Levels": sets[key].level_of_theory or "none",
            "Licence": sets[key].licence,
            "What it is": sets[key].what,
            "Source": sets[key].source,
            "File": sets[key].path.name,
        }
        for key, summary in summaries.items()
    ]
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        placeholder=ABSENT,
        key="sets",
        hide_index=True,
        height="content",
        row_height=62,
        column_config={
            "Set": st.column_config.TextColumn("Set", width=150, pinned=True),
            "Rows": st.column_config.NumberColumn("Rows", format="localized", width=75, help="Molecule-geometries"),
            "Heavy atoms": st.column_config.TextColumn("Heavy atoms", width=90),
            "Levels": st.column_config.TextColumn("Levels", width=110, help="Level of theory of the reference levels"),
            "Licence": st.column_config.TextColumn("Licence", width=105),
            "What it is": st.column_config.TextColumn("What it is", width=345),
            "Source": st.column_config.TextColumn("Source", width=205),
            "File": st.column_config.TextColumn("File", width=155),
        },
    )
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "sets")


def span(values: pd.Series) -> str:
    """Return "3 to 9", or "9" where all are alike."""
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def choose_sets(sets: dict[str, DataSet], summaries: dict[str, pd.DataFrame]) -> list[str]:
    """Ask for the sets whose distributions are drawn."""
    settings = session().settings
    if not [k for k in settings["data_sets"] if k in summaries]:
        settings["data_sets"] = [k for k in summaries if k in FIRST_DRAWN] or list(summaries)
    chosen: list[str] = remember(
        st.multiselect,
        "Distributions of",
        "data_sets",
        options=list(summaries),
        format_func=lambda k: sets[k].name,
    )
    return chosen


def show_distributions(sets: dict[str, DataSet], summaries: dict[str, pd.DataFrame]) -> None:
    """Show HOMO, size, elements and counts of the chosen sets side by side."""
    names = {key: sets[key].name for key in summaries}
    look: dict[str, Any] = {"theme": current_theme(), "places": {name: k for k, name in enumerate(names.values())}}
    labelled = {key: s for key, s in summaries.items() if s["homo_ev"].notna().any()}
    sizes = {names[key]: size_shares(s) for key, s in summaries.items()}
    elements = {names[key]: element_shares(s) for key, s in summaries.items()}
    with st.grid(2, min_column_width=400, gap="medium") as row:
        with row.cell():
            section("HOMO")
            if labelled:
                edges = homo_edges(list(labelled.values()))
                shares = {names[key]: homo_shares(s, edges) for key, s in labelled.items()}
                show_figure(homo_figure(shares, edges, **look), "data-homo")
            without = [names[key] for key in summaries if key not in labelled]
            if without:
                st.caption(f"No reference levels: {escape_markdown(', '.join(without))}.")
        with row.cell():
            section("Size")
            show_figure(share_figure(sizes, title="Heavy atoms", **look), "data-size")
        with row.cell():
            section("Elements")
            figure = share_figure(
                elements, title="Molecules that hold the element", labels=element_names(elements), **look
            )
            show_figure(figure, "data-elements")
        with row.cell():
            show_counts(names, summaries)


def show_counts(names: dict[str, str], summaries: dict[str, pd.DataFrame]) -> None:
    """Show the counts of each set by split and kind of geometry."""
    section("Rows by split and kind of geometry")
    counted = {names[key]: count_rows(s, GEOMETRY_KINDS) for key, s in summaries.items()}
    view = pd.concat(counted, names=["Set", "Split"]).reset_index()
    view["Split"] = view["Split"].replace("", "none")
    labels = {kind: GEOMETRIES[kind] for kind in GEOMETRY_KINDS} | {OTHER: "Other", ALL: "All"}
    st.dataframe(
        view.rename(columns=labels),
        placeholder=ABSENT,
        key="counts",
        hide_index=True,
        height="content",
        column_config={c: st.column_config.NumberColumn(c, format="localized") for c in labels.values()},
    )
    st.caption(
        "test: never for training or choosing; test_other: the same molecules at other geometries; train: a part of it is "
        "held out for validation by each training; library, file: for checking only."
    )
