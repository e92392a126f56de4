"""Beyond QM9: errors by size, element and group, and how honest the expected errors are there."""

import pandas as pd
import streamlit as st

from core.assets import COMPARISON
from core.errors import EigenscopeError
from core.evaluation.elsewhere import SET_NAMES, WHOLE_SET
from core.evaluation.files import BROAD_LEARNERS, GROUPS_LEFT_OUT, load_figure_rows, load_figures
from core.models.uncertainty.evaluator import LARGE_EV
from core.quantities import QUANTITIES
from core.spectrum.metrics import Figures
from dashboard import resources
from dashboard.app_pages.models import comparison_data
from dashboard.figures.strata import reliability_figure, strata_figure
from dashboard.state import remember, session
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

FEWEST = 5  # molecules of a stratum that is drawn
SET_LABELS = {
    "library": "Home library",
    "larger": "Larger",
    "broad": "Broad test",
    "smallest": "Smallest molecules",
    "catenated": "Chains of like atoms",
    "series": "Series",
}


@st.fragment
@guarded
def show_beyond() -> None:
    """Show one learner's errors on sets unlike QM9, stratum by stratum."""
    try:
        rows = comparison_data.kept_elsewhere()
    except EigenscopeError as error:
        st.info(f"Nothing measured yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    measured = [row for row in rows if row.get("expected_rmse_ev") is not None]
    keys, sets = ([*dict.fromkeys(row[name] for row in measured)] for name in ("key", "set"))
    settings = session().settings
    for name, options in (("beyond_key", keys), ("beyond_set", sets)):
        if settings[name] not in options:
            settings[name] = options[0]
    with st.container(horizontal=True, gap="medium"):
        key = remember(
            st.selectbox, "Learner", "beyond_key", options=keys, format_func=resources.learner_name, width=260
        )
        dataset = remember(
            st.segmented_control, "Molecules", "beyond_set", options=sets, format_func=lambda s: SET_LABELS.get(s, s)
        )
    own = [row for row in measured if row["key"] == key]
    here = [row for row in own if row["set"] == dataset]
    if not here:
        st.caption("This learner covers none of these molecules.")
        return
    show_summary(dataset, here[0])
    with st.grid(2, min_column_width=520, gap="medium") as columns:
        with columns.cell():
            section("Error by stratum", "number of molecules in brackets")
            drawn = [row for row in here if row["n"] >= FEWEST and row["rmse_ev"] is not None]
            show_figure(strata_figure(drawn, theme=current_theme()), f"strata-{key}-{dataset}")
        with columns.cell():
            section("Expected and measured", "fifths of the molecules, from the surest on")
            show_figure(reliability_figure(reliability(key, own), theme=current_theme()), f"reliability-{key}")
            st.caption(
                "On the line errors are as expected, above it larger. *Levels within* is the share inside the 90% interval, "
                "1.645 times the level's expected error; the shaded band is 87 to 93%."
            )
    if dataset == "broad":
        show_retrained()
        show_never_met()


def show_retrained() -> None:
    """Show the best of the older learners once they have learnt from the broad set, beside the flagship."""
    try:
        rows = pd.DataFrame(load_figure_rows(COMPARISON / BROAD_LEARNERS, command="eigenscope compare broad"))
    except EigenscopeError:
        return
    section("The older learners, trained on these molecules", "on what all of them cover")
    names = dict(zip(rows["key"], rows["name"], strict=True))
    errors = rows.pivot(index="stratum", columns="key", values="rmse_ev").loc[rows["stratum"].unique(), list(names)]
    counts = rows.drop_duplicates("stratum").set_index("stratum")["n"]
    st.dataframe(
        errors.rename(columns=names).assign(n=counts).reset_index(names="Molecules"),
        hide_index=True,
        placeholder=ABSENT,
        key="beyond_retrained",
        column_config={name: quantity_config("rmse_ev", name) for name in names.values()},
    )
    st.caption(
        f"{QUANTITIES['rmse_ev'].header}; the flagship has learnt from QM9's molecules too. `eigenscope compare broad`"
    )


def show_never_met() -> None:
    """Show what networks expect of groups that they have never met."""
    try:
        found = load_figures(COMPARISON / GROUPS_LEFT_OUT, command="eigenscope compare left-out")
    except EigenscopeError:
        return
    section("Groups that a network has never met", "each block of rare motifs left out of a smaller training in turn")
    rows = [{"family": "watched, nothing left out"} | found["known"], {"family": "left out, all"} | found["foreign"]]
    shown = pd.DataFrame([*rows, *found["families"]])
    config = {
        "family": st.column_config.TextColumn("Molecules", width=220),
        "n": st.column_config.NumberColumn(help="Molecules", width=60),
        "rmse_ev": quantity_config("rmse_ev", "RMSE", width=90),
        "expected_rmse_ev": quantity_config("rmse_ev", "Expected", width=105),
        "levels_within_90": quantity_config(
            "share", "Within", help_text="Share of the levels inside the 90% interval", digits=".0f", width=85
        ),
    }
    config["told"] = quantity_config(
        "share",
        "Told",
        help_text="Share called near or outside the training molecules' chemistry",
        digits=".0f",
        width=75,
    )
    for name in ("levels_within_90", "told"):
        shown[name] = QUANTITIES["share"].shown(shown[name])
    st.dataframe(shown[list(config)], hide_index=True, placeholder=ABSENT, key="beyond_left_out", column_config=config)
    st.caption(
        f"{found['n_motifs']} motifs; {found['n_training']:,} rows learnt from on average, nothing of the motifs in GFN2-xTB "
        "pre-training either. What is said of a molecule with a group of no list should be read so. `eigenscope compare left-out`"
    )


def show_summary(dataset: str, whole: Figures) -> None:
    """Say what the set is and what came out on all of it."""
    refused = f", {whole['n_refused']:,} refused" if whole["n_refused"] else ""
    name, rmse = SET_NAMES.get(dataset, dataset), QUANTITIES["rmse_ev"]
    told = (
        f"; errors above {rmse.text(LARGE_EV)} are told with an AUROC of {whole['auroc']:.2f}"
        if whole.get("auroc") is not None
        else ""
    )
    lumos = whole.get("lumo_within_90")
    of_lumos = "" if lumos is None else f", {lumos:.0%} of the LUMOs"
    st.caption(
        f"{name[0].upper()}{name[1:]}: {whole['n']:,} that nothing was trained, chosen or calibrated on{refused}. "
        f"RMSE {rmse.text(whole['rmse_ev'])} where {rmse.text(whole['expected_rmse_ev'])} were expected; "
        f"{whole['levels_within_90']:.0%} of the levels within their 90% interval{of_lumos}{told}. `eigenscope compare elsewhere`"
    )


def reliability(key: str, rows: list[Figures]) -> dict[str, list[Figures]]:
    """Return the fifths of QM9's test molecules and of each set, by the name that is shown."""
    card = comparison_data.cards().get(key)
    found: dict[str, list[Figures]] = {}
    if card is not None and card.calibration.get("fifths"):
        found["QM9 test"] = card.calibration["fifths"]
    found |= {
        SET_LABELS.get(row["set"], str(row["set"])): row["fifths"]
        for row in rows
        if row["stratum"] == WHOLE_SET and row.get("fifths")
    }
    return found
