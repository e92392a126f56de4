"""A model's card for people: accuracy, calibration, provenance. Every number is read from the card."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.models.card import ModelCard
from core.quantities import QUANTITIES
from dashboard.figures.learner_errors import level_bar_figure
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.figure import show_figure
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import GEOMETRIES

CARD_FIGURES = ("n", "rmse_ev", "rse", "homo_mae_ev", "lumo_mae_ev")


def show_accuracy(card: ModelCard) -> None:
    """Show the figures on test molecules by kind of geometry, from SMILES alone, and level by level."""
    section("Accuracy on test molecules")
    rows = {GEOMETRIES.get(kind, kind): figures for kind, figures in card.test.items() if "rse" in figures}
    if "rmse_ev" in card.from_smiles:
        rows["From SMILES alone"] = card.from_smiles
    if not rows:
        st.caption("The card has no test figures.")
        return
    table = pd.DataFrame(
        [
            {"Geometry": kind}
            | {QUANTITIES[key].header: QUANTITIES[key].shown(float(figures.get(key, np.nan))) for key in CARD_FIGURES}
            for kind, figures in rows.items()
        ]
    ).dropna(axis=1, how="all")  # what the learner does not predict
    formats = {QUANTITIES[key].header: quantity_config(key, QUANTITIES[key].label) for key in CARD_FIGURES}
    st.dataframe(table, hide_index=True, column_config=formats, placeholder=ABSENT, key="accuracy")
    st.caption(
        "RMSE over the 16 levels, where levels are predicted; RSE = √(Σ ΔE (t−p)²) / Σ ΔE t per molecule, then the mean. "
        f"Reference: {escape_markdown(card.level_of_theory)}."
    )
    if "rmse_ev" in card.from_smiles:
        st.caption(
            f"From SMILES alone the error is {QUANTITIES['rmse_ev'].text(card.from_smiles['rmse_ev'], digits='.2f')}, "
            "mostly because the conformer made "
            "here is another than the reference's."
        )
    first = next(iter(f for f in rows.values() if "per_level_rmse_ev" in f), None)
    if first is not None:
        show_figure(level_bar_figure(first["per_level_rmse_ev"], theme=current_theme()), "per-level")
    if card.ranking:
        st.caption(ranking_line(card.ranking))


def ranking_line(ranking: dict[str, Any]) -> str:
    """Return the card's ranking check in one sentence; "" where it lacks a figure."""
    wanted = ("n", "n_in_library", "n_candidates", "first", "first_ten", "median_rank")
    if any(key not in ranking for key in wanted):
        return ""
    n, n_in, n_candidates, first, ten, median = (ranking[key] for key in wanted)
    return (
        f"Ranking check: reference spectra of {n} C7H10O2 test molecules as targets ({n_in} of them are in the home library), "
        f"{n_candidates:,} candidates. The right molecule is first for {first}, among the first ten for {ten}; "
        f"median rank {median:g}."
    )


def show_card(card: ModelCard) -> None:
    """Show where the model comes from and what it does not cover."""
    section("Model")
    st.markdown(
        f"**{escape_markdown(card.name)}** ({escape_markdown(card.key)}): "
        f"{escape_markdown(card.architecture, limit=600)}."
    )
    counts = ", ".join(f"{n:,} {GEOMETRIES.get(kind, kind)}" for kind, n in card.n_training.items())
    st.markdown(
        f"- Parameters: {card.n_parameters:,}; trained {escape_markdown(card.trained_on)} in "
        f"{card.training_minutes:,.0f} min on {escape_markdown(card.hardware)}\n"
        f"- Trained on geometries: {escape_markdown(counts)}; {card.n_validation:,} for validation\n"
        f"- Data: {escape_markdown(card.data, limit=600)}\n"
        f"- Split: {escape_markdown(card.split, limit=400)}\n"
        f"- Covers: {escape_markdown(card.domain, limit=400)}\n"
        f"- Retrain: `{card.command}`"
    )
    st.markdown("**Limits**\n" + "\n".join(f"- {escape_markdown(limit, limit=400)}" for limit in card.limits))
