"""From SMILES: how honest the intervals are where the geometry is made here, and what each step towards it brings."""

import pandas as pd
import streamlit as st

from core.assets import COMPARISON
from core.errors import EigenscopeError
from core.evaluation.conformer_check import CONFORMER_FILE
from core.evaluation.files import load_figures
from core.evaluation.moved_check import MOVED_FILE
from core.models.uncertainty.made_geometry import MADE_GEOMETRY_FILE, kind_of
from core.quantities import QUANTITIES
from core.spectrum.metrics import Figures
from core.structure.geometry import FAST, FAST_LEARNT, XTB, XTB_LEARNT
from dashboard.figures.strata import coverage_figure
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

COVERED_PARTS = {"levels": "Levels within their intervals", "homo": "HOMOs within their intervals"}
SAME_CONFORMERS, OWN_CONFORMER = "Same conformers", "QM9's conformer"
AVERAGED, MOVED = kind_of(XTB, is_averaged=True), kind_of(XTB_LEARNT, is_averaged=True)
WAYS_FROM_SMILES = {  # kind of geometry to what was done, the last as predictions from SMILES are made
    FAST: "One, MMFF94",
    FAST_LEARNT: "One, MMFF94, atoms moved",
    XTB: "One, GFN2-xTB",
    XTB_LEARNT: "One, GFN2-xTB, atoms moved",
    AVERAGED: "Average, GFN2-xTB",
    MOVED: "Average, GFN2-xTB, atoms moved",
}
DRAWN_ROWS = {XTB: "QM9's: one", AVERAGED: "QM9's: average", MOVED: "QM9's: average, atoms moved"}


@st.fragment
@guarded
def show_from_smiles() -> None:
    """Show the coverage of the intervals of predictions from SMILES, and the errors step by step."""
    try:
        averages = load_figures(COMPARISON / CONFORMER_FILE, command="eigenscope compare conformers")
        made = load_figures(COMPARISON / MADE_GEOMETRY_FILE, command="eigenscope compare geometries")["checked"]
        moved = load_figures(COMPARISON / MOVED_FILE, command="eigenscope compare moved")
    except EigenscopeError as error:
        st.info(f"Nothing measured yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    show_coverage(averages, made)
    show_steps(step_table(averages, made), averages)
    show_moved(moved)


def show_coverage(averages: Figures, made: Figures) -> None:
    """Show which part of the levels lies within the intervals that come with predictions from SMILES."""
    curves = {SAME_CONFORMERS: averages["coverage"]} | {
        name: made[kind]["coverage"] for kind, name in DRAWN_ROWS.items()
    }
    with st.grid(2, min_column_width=520, gap="medium") as columns:
        for part, title in COVERED_PARTS.items():
            with columns.cell():
                section(title, f"{made[MOVED]['n']} QM9 test molecules, from their SMILES")
                show_figure(coverage_figure(curves, part, theme=current_theme()), f"coverage-{part}")
    st.caption(
        "Above the line intervals are too wide, below it too narrow. *Same conformers*: against averages of references over the "
        "same conformers, the interval the learner's own. *QM9's*: against QM9's one conformer; the interval also holds the "
        "error of a geometry made here, as error bands and the ± of scores do. Intervals assume normal errors."
    )


def step_table(averages: Figures, made: Figures) -> pd.DataFrame:
    """Return the errors of each way from SMILES to levels, by what they are held against [eV; %]."""
    lowest = {"n": averages["n"], "rmse_ev": averages["lowest_rmse_ev"]}
    ways = [
        (SAME_CONFORMERS, "Lowest alone, GFN2-xTB", lowest),
        (SAME_CONFORMERS, WAYS_FROM_SMILES[AVERAGED], averages),
    ]
    ways += [(OWN_CONFORMER, name, made[kind]) for kind, name in WAYS_FROM_SMILES.items()]
    share = QUANTITIES["share"]
    return pd.DataFrame(
        [
            {
                "Against": against,
                "Conformers": name,
                "n": found["n"],
                "RMSE": found["rmse_ev"],
                "Median": found.get("median_ev"),
                "Expected": found.get("expected_ev"),
                "Within": share.shown(found["levels_within_90"]) if "levels_within_90" in found else None,
            }
            for against, name, found in ways
        ]
    )


def show_steps(table: pd.DataFrame, averages: Figures) -> None:
    """Show the table, and say what it holds."""
    rmse = QUANTITIES["rmse_ev"]
    section("What each step brings", "levels from SMILES against two references")
    widths = {"RMSE": 85, "Median": 92, "Expected": 102}
    config = {name: quantity_config("rmse_ev", name, width=width) for name, width in widths.items()}
    within = "Share of the levels inside the 90% interval"
    config["Within"] = quantity_config("share", "Within", help_text=within, digits=".0f", width=85)
    config |= {
        name: st.column_config.TextColumn(width=width) for name, width in (("Against", 125), ("Conformers", 205))
    }
    config["n"] = st.column_config.NumberColumn(help="Molecules", width=50)
    st.dataframe(table, hide_index=True, placeholder=ABSENT, column_config=config, key="smiles_steps")
    st.caption(
        f"Conformers of one molecule spread by {rmse.text(averages['spread_ev'])}: what is left against the one conformer of "
        "QM9 is mostly that it is another one. Atoms are moved to where B3LYP would put them. `eigenscope compare "
        "conformers`, `eigenscope compare geometries`"
    )
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "from-smiles")


def show_moved(found: Figures) -> None:
    """Show what moving atoms does to molecules that QM9 lacks, group by group."""
    share, (fewest, most) = QUANTITIES["share"], found["heavy_atoms"]
    section(
        "Atoms moved, beyond QM9",
        "molecules that the networks of geometries never met, against levels at B3LYP's geometry",
    )
    table = pd.DataFrame(
        [
            {
                "Molecules": row["group"],
                "n": row["n"],
                "As made": row["rmse_as_made_ev"],
                "Moved": row["rmse_moved_ev"],
                "At B3LYP's": row["rmse_at_best_ev"],
                "Nearer": None if row["share_nearer"] is None else share.shown(row["share_nearer"]),
            }
            for row in found["groups"]
        ]
    )
    config = {name: quantity_config("rmse_ev", name, width=110) for name in ("As made", "Moved", "At B3LYP's")}
    nearer = "Share of the moved molecules whose levels come nearer to the reference"
    config["Nearer"] = quantity_config("share", "Nearer", help_text=nearer, digits=".0f", width=90)
    config["n"] = st.column_config.NumberColumn(help="Molecules", width=50)
    st.dataframe(table, hide_index=True, placeholder=ABSENT, column_config=config, key="smiles_moved")
    st.caption(
        "RMSE of the levels at the GFN2-xTB geometry as made, with its atoms moved, and at the B3LYP/6-31G(2df,p) geometry "
        f"itself; {fewest} to {most} heavy atoms. Only molecules of QM9's elements are moved; groups are among these. "
        "`eigenscope compare moved`"
    )
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "atoms-moved")
