"""What labels teach: errors of molecules left out, with ever more labels, and how many would do."""

import numpy as np
import streamlit as st

from core.evaluation.answers import measure_parity
from core.quantities import QUANTITIES
from core.spectrum.levels import N_BAND
from core.workbench.learner import OwnLearner
from core.workbench.study import BY_LINE, CHOSEN, DRAWN, LabelStudy, labels_needed
from dashboard import resources
from dashboard.figures.learner_errors import parity_figure
from dashboard.figures.learning_curves import learning_curve_figure, spread_by_count
from dashboard.state import remember
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

WAYS_OF_LABELS = {
    DRAWN: "Corrected, labels drawn at random",
    CHOSEN: "Corrected, labels chosen by doubt",
    BY_LINE: "Best straight line",
}
BAND_MAE = QUANTITIES["mae_ev"]


def show_study(made: OwnLearner) -> None:
    """Show how well the labels at hand are learnt."""
    study, figures = made.study, made.study.figures()
    section(resources.learner_name(made.key), resources.theory_of(made.key))
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "MAE of the band",
            BAND_MAE.text(figures["mae_ev"]),
            help=f"Of the {N_BAND} highest levels, molecules left out.",
            width="content",
        )
        st.metric("MAE of the HOMO", BAND_MAE.text(figures["homo_mae_ev"]), width="content")
        st.metric(
            "Within the 90 % interval",
            f"{figures['levels_within_90']:.0%}",
            help="Of the levels of molecules left out.",
            width="content",
        )
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        target_ev = remember(
            st.number_input, QUANTITIES["mae_ev"].titled("MAE wanted"), "own_target_ev", min_value=0.01, max_value=1.0,
            step=0.01, format="%.2f", width=190,
        )  # fmt: skip
        st.metric(
            "Molecules to label for it",
            needed_text(study, float(target_ev)),
            help="In all, along the fall of the error so far.",
            width="content",
        )
    st.caption(
        f"{len(made.labels):,} labels of {study.n_molecules:,} molecules. Each fifth of the molecules, by constitution, is "
        "predicted by what the others teach; the learner kept has learnt from all."
    )
    if made.left_out:
        names, reason = ", ".join(list(made.left_out)[:5]), next(iter(made.left_out.values()))
        st.caption(escape_markdown(f"Not learnt from: {len(made.left_out):,} ({names}, …): {reason}.", limit=400))
    left, right = st.columns(2)
    with left:
        show_curve(study)
    with right:
        show_left_out(study)


def needed_text(study: LabelStudy, target_ev: float) -> str:
    """Return how many molecules bring the error to a target, and between which numbers that is."""
    if study.figures()["mae_ev"] <= target_ev:
        return "reached"
    needed = labels_needed(study, target_ev=target_ev)
    if needed is None:
        return "cannot be told"
    likeliest, low, high = needed
    beyond = f"{high:,.0f}" if np.isfinite(high) else "∞"
    return f"{likeliest:,.0f} ({low:,.0f} to {beyond})"


def show_curve(study: LabelStudy) -> None:
    """Draw the error against the number of molecules labelled."""
    curves = {way: spread_by_count(study.curve[study.curve["way"] == way], by="n_molecules") for way in WAYS_OF_LABELS}
    figure = learning_curve_figure(curves, WAYS_OF_LABELS, theme=current_theme(), quantity=BAND_MAE, height=400)
    figure.update_xaxes(title_text="Molecules learnt from")
    show_figure(figure, "workbench-curve")
    st.caption("Means over the fifths; bars from the best to the worst of them.")
    with st.container(horizontal=True, gap="small"):
        table_downloads(study.curve, "workbench-curve")


def show_left_out(study: LabelStudy) -> None:
    """Draw the levels predicted against those of the labels."""
    table = study.left_out
    parity = measure_parity(table["label_ev"].to_numpy(), table["predicted_ev"].to_numpy())
    show_figure(parity_figure(parity, theme=current_theme(), noun="levels"), "workbench-parity")
    st.caption("Every level that the labels tell, of molecules left out.")
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "workbench-left-out")


def show_nothing_yet() -> None:
    """Say what the page will show."""
    st.info(
        "From labels of 20 to 500 molecules, a learner of your level of theory: the network's levels, each corrected by what the "
        "labels teach. It takes about a minute, says how good it is on molecules left out and which to label next, and is then "
        "among the learners of every page.",
        icon=":material/tune:",
    )
