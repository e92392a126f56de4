"""Learning curves: error against training molecules, and where each learner would reach the published DTNN."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.evaluation.learning_curves import (
    MAX_FACTOR,
    N_FIT,
    PUBLISHED_MOLECULES,
    PUBLISHED_RMSE_EV,
    Crossing,
    find_crossing,
    learning_exponent,
    summarise_curve,
)
from core.quantities import QUANTITIES
from dashboard import resources
from dashboard.app_pages.models import comparison_data
from dashboard.figures.learning_curves import Yardstick, learning_curve_figure
from dashboard.state import remember
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

CURVE_SETS = {"qm9": "QM9", "aa": "Amino acids and dipeptides", "oe": "Organic electronics"}
SET_NOTES = {
    "aa": "Counted are conformers; all those of a molecule are either trained on or tested on. More conformers of the same "
    "molecules say little of other ones.",
}
CURVE_METRICS = ("rmse_ev", "rse", "homo_mae_ev")
PUBLISHED_TEXT = QUANTITIES["rmse_ev"].text(PUBLISHED_RMSE_EV, digits="g")
PUBLISHED = Yardstick(
    PUBLISHED_RMSE_EV, PUBLISHED_MOLECULES, f"{PUBLISHED_TEXT}: published DTNN, {PUBLISHED_MOLECULES:,} labels"
)
EXPLANATION = (
    "A plain number was measured: linear in the logarithms between the points on both sides. With ~ it is extrapolated "
    f"by the power law of the last {N_FIT} points, dotted in the figure; in brackets what it gives when one of them is left "
    "out. A curve may flatten, so that is a hope, not a measurement; beyond "
    f"{MAX_FACTOR:.0f} times the largest training none is given. The published DTNN (Ghosh et al. 2019) was trained on "
    "another level of theory: the line is a yardstick, not a race."
)


@st.fragment
@guarded
def show_learning_curves() -> None:
    """Show the curves of one set, and where they cross the published error."""
    try:
        curves = comparison_data.kept_learning_curves()
    except EigenscopeError as error:
        st.info(f"No learning curves yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    dataset, metric = show_choices(curves)
    summaries, names = summarise_curves(curves, dataset, metric)
    if not summaries:
        st.info("No learner was trained on this set with that error.", icon=":material/info:")
        return
    threshold = PUBLISHED_RMSE_EV if metric == "rmse_ev" and dataset == "qm9" else None
    crossings = find_crossings(summaries, threshold) if threshold is not None else {}
    figure = learning_curve_figure(
        summaries,
        names,
        theme=current_theme(),
        quantity=QUANTITIES[metric],
        crossings=crossings,
        yardstick=PUBLISHED if threshold is not None else None,
    )
    show_figure(figure, f"learning-curves-{dataset}-{metric}")
    st.caption("Points: mean over seeds; bars: from the lowest to the highest. Dashed and hollow: learners of spectra.")
    show_notes(curves, dataset, summaries)
    show_crossings(summaries, crossings, names, metric)
    with st.container(horizontal=True, gap="small"):
        table_downloads(curves[curves["set"] == dataset], f"learning-curves-{dataset}")


def show_notes(curves: pd.DataFrame, dataset: str, summaries: dict[str, pd.DataFrame]) -> None:
    """Say what the figure does not: who is missing, who learnt before, what the set's rows are."""
    without = sorted(
        resources.learner_name(k) for k in set(curves.loc[curves["set"] == dataset, "key"]) - set(summaries)
    )
    if without:
        st.caption(f"Predict no levels, hence not this error (see RSE): {escape_markdown(', '.join(without))}.")
    pretrained = comparison_data.pretrained_note(list(summaries))
    if pretrained:
        st.caption(pretrained)
    if dataset in SET_NOTES:
        st.caption(SET_NOTES[dataset])


def show_choices(curves: pd.DataFrame) -> tuple[str, str]:
    """Ask for the set and the error."""
    sets = [s for s in CURVE_SETS if (curves["set"] == s).any()]
    sets += sorted(set(curves["set"]) - set(sets))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        dataset = remember(
            st.segmented_control,
            "Trained and tested on",
            "curve_set",
            options=sets,
            format_func=lambda s: CURVE_SETS.get(s, s),
        )
        metric = remember(
            st.segmented_control, "Error", "curve_metric", options=list(CURVE_METRICS), format_func=short_name
        )
    return dataset, metric


def short_name(metric: str) -> str:
    """Return an error's name, without its unit."""
    return QUANTITIES[metric].symbol or QUANTITIES[metric].label


def summarise_curves(curves: pd.DataFrame, dataset: str, metric: str) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return each learner's curve, best at its largest training first, and its name."""
    found = {}
    for key in sorted(set(curves["key"])):
        summary = summarise_curve(curves, dataset=dataset, key=key, metric=metric)
        if not summary.empty:
            found[key] = summary
    order = sorted(found, key=lambda key: float(found[key]["mean"].iloc[-1]))
    return {key: found[key] for key in order}, {key: resources.learner_name(key) for key in order}


def find_crossings(summaries: dict[str, pd.DataFrame], threshold: float) -> dict[str, Crossing]:
    """Return where each learner's curve crosses the threshold."""
    found = {key: find_crossing(curve, threshold) for key, curve in summaries.items()}
    return {key: crossing for key, crossing in found.items() if crossing is not None}


def show_crossings(
    summaries: dict[str, pd.DataFrame], crossings: dict[str, Crossing], names: dict[str, str], metric: str
) -> None:
    """Show each learner's last point, its exponent, and where it crosses the published error."""
    error = QUANTITIES[metric]
    rows = []
    for key, curve in summaries.items():
        rows.append(
            {
                "Learner": names[key],
                "Rows": int(curve["n_molecules"].iloc[-1]),
                "Error": error.shown(float(curve["mean"].iloc[-1])),
                "Exponent": learning_exponent(curve),
                "Crosses": crossing_cell(crossings[key]) if key in crossings else "",
            }
        )
    view = pd.DataFrame(rows)
    if not crossings:
        view = view.drop(columns="Crosses")
    st.dataframe(
        view,
        placeholder=ABSENT,
        key="crossings",
        hide_index=True,
        height="content",
        column_config={
            "Learner": st.column_config.TextColumn("Learner", width=180),
            "Rows": st.column_config.NumberColumn("Largest training", format="localized", help="Molecule-geometries"),
            "Error": quantity_config(metric, f"Test {short_name(metric)}", help_text="At the largest training"),
            "Exponent": st.column_config.NumberColumn(
                "Exponent", format="%.2f", help=f"Of the power law error ~ n^exponent through the last {N_FIT} points"
            ),
            "Crosses": st.column_config.TextColumn(f"Crosses {PUBLISHED_TEXT} at", width=240),
        },
    )
    if crossings:
        st.caption(EXPLANATION)


def crossing_cell(crossing: Crossing) -> str:
    """Return where a curve crosses, in words."""
    if crossing.kind == "below":
        return f"{crossing.n_molecules:,.0f} or fewer"
    if crossing.kind == "measured":
        return round_count(crossing.n_molecules)
    if crossing.kind == "extrapolated":
        high = round_count(crossing.high) if np.isfinite(crossing.high) else "never"
        return f"~ {round_count(crossing.n_molecules)} ({round_count(crossing.low)} to {high})"
    return f"not reached by {crossing.n_largest:,}"


def round_count(number: float) -> str:
    """Return a number of molecules with two digits that mean something."""
    return f"{float(f'{number:.2g}'):,.0f}"
