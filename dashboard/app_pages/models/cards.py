"""The cards: every field of a learner's card readable, its loss curve, the command that makes it again."""

from typing import Any

import pandas as pd
import streamlit as st

from core.models.card import SPECTRUM, ModelCard
from core.quantities import QUANTITIES
from core.screening.comparison import METRICS
from dashboard.app_pages.models import comparison_data
from dashboard.figures.losses import loss_figure
from dashboard.state import remember, session
from dashboard.widgets.card import show_accuracy, show_card
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import GEOMETRIES

FORM_WORDS = {SPECTRUM: "the 300-point spectrum directly"}


@st.fragment
@guarded
def show_cards() -> None:
    """Show one learner's card."""
    cards = comparison_data.cards()
    if not cards:
        st.info("No learner is installed: `eigenscope train` makes one.", icon=":material/info:")
        return
    settings = session().settings
    if settings["card_key"] not in cards:
        settings["card_key"] = next(iter(cards))
    key = remember(
        st.selectbox, "Learner", "card_key", options=list(cards), format_func=lambda k: cards[k].name, width=320
    )
    card = cards[key]
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_card(card)
            show_details(card)
            show_history(card)
        with row.cell():
            show_accuracy(card)
            show_homo_fit(card)
            show_calibration(card.calibration)
            show_ranking_check(card.ranking)
    st.download_button(
        "Card (JSON)",
        card.model_dump_json(indent=1),
        file_name=f"eigenscope-{card.key}-card.json",
        mime="application/json",
        key="download_card",
        on_click="ignore",
        icon=":material/download:",
    )


def show_details(card: ModelCard) -> None:
    """Show what `show_card` leaves out: form, seed, software, units."""
    software = ", ".join(f"{name} {version}" for name, version in card.software.items())
    units = ", ".join(f"{name} in {unit}" for name, unit in card.units.items())
    st.markdown(
        "**Further**\n"
        f"- Predicts: {FORM_WORDS.get(card.form, 'levels, from which the spectrum is made')}\n"
        f"- Kind: {escape_markdown(card.kind)}; seed {card.seed}\n"
        f"- Level of theory: {escape_markdown(card.level_of_theory)}\n"
        f"- Software: {escape_markdown(software, limit=400)}\n"
        f"- Units: {escape_markdown(units, limit=400)}"
    )


def show_homo_fit(card: ModelCard) -> None:
    """Show how well the same learner does when it is fitted to the HOMO alone, where that was done."""
    errors = {
        GEOMETRIES.get(kind, kind): figures["homo_mae_ev"]
        for kind, figures in card.extra_figures.get("homo_fit", {}).items()
        if "homo_mae_ev" in figures
    }
    if errors:
        words = ", ".join(f"{kind} {QUANTITIES['homo_mae_ev'].text(error)}" for kind, error in errors.items())
        st.caption(f"Fitted to the HOMO alone, its HOMO MAE is: {escape_markdown(words)}.")


def show_calibration(calibration: dict[str, Any]) -> None:
    """Show how the expected error compares with the measured one on test molecules."""
    if "expected_rmse_ev" not in calibration or "rmse_ev" not in calibration:
        return
    section("Expected error")
    rmse = QUANTITIES["rmse_ev"]
    st.caption(
        f"On {calibration.get('n', 0):,} test molecules {rmse.text(calibration['expected_rmse_ev'])} were expected and "
        f"{rmse.text(calibration['rmse_ev'])} measured; by fifths of the molecules, from the surest to the least sure:"
    )
    fifths = pd.DataFrame(calibration.get("fifths", []))
    if {"expected_rmse_ev", "rmse_ev"} <= set(fifths):
        view = fifths[["expected_rmse_ev", "rmse_ev"]].T.set_axis([rmse.titled("Expected"), rmse.titled("Measured")])
        view.columns = [f"Fifth {k + 1}" for k in range(len(fifths))]
        view.index.name = "Error"
        st.dataframe(view.map(rmse.number), placeholder=ABSENT, key="fifths")


def show_ranking_check(ranking: dict[str, Any]) -> None:
    """Show where reference spectra of test molecules find themselves in the home library, metric by metric."""
    by_metric = pd.DataFrame(ranking.get("by_metric", {})).T
    wanted = {"first": "First", "first_ten": "In the first ten", "median_rank": "Median rank"}
    if not set(wanted) <= set(by_metric):
        return
    section("Ranking the home library")
    st.caption(f"{ranking.get('n_in_library', 0)} reference spectra as targets, by metric:")
    view = by_metric[list(wanted)].rename(columns=wanted)
    view.index = pd.Index([METRICS[m].quantity.label if m in METRICS else m for m in view.index], name="Metric")
    st.dataframe(view, placeholder=ABSENT, key="ranking_check")


def show_history(card: ModelCard) -> None:
    """Show the loss curve; of a learner that was searched and not trained by epochs, the trials."""
    section("Training")
    if not card.history:
        st.caption("The card keeps no history.")
        return
    figure = loss_figure(card.history, theme=current_theme())
    if figure is not None:
        show_figure(figure, f"loss-{card.key}")
        return
    st.caption("No epochs: these hyperparameters were tried, on training molecules alone.")
    trials = pd.DataFrame(card.history)
    st.dataframe(
        trials.dropna(axis=1, how="all"),
        placeholder=ABSENT,
        key="trials",
        hide_index=True,
        height=min(38 + 35 * len(trials), 320),
    )
