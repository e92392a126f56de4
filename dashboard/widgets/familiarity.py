"""Whether the molecule in focus is of the kinds that the learner was trained on, and which of those are nearest."""

import pandas as pd
import streamlit as st

from core.familiarity import FamiliarityReport
from core.models.protocol import Verdict
from core.quantities import QUANTITIES
from dashboard import resources
from dashboard.figures.drawings import structure_uri
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

NEAREST_SIZE = (118, 84)
MOST_NUMBERED = 6  # unfamiliar atoms


def show_familiarity(row: pd.Series) -> None:
    """Say where a predicted molecule stands to the training molecules; nothing for learners that cannot tell."""
    report = resources.row_familiarity(row)
    if report is None:
        return
    text = familiarity_text(report, float(row["expected_rmse_ev"]))
    if report.verdict == Verdict.INSIDE:
        st.markdown(f":small[:green[:material/check_circle:] {text}]")
    elif report.verdict == Verdict.NEAR:
        st.info(text, icon=":material/info:")
    else:
        st.warning(text, icon=":material/warning:")
    with st.popover("Nearest training molecules", icon=":material/hub:"):
        st.caption("Trained molecules with the atoms most like the strangest atom of this one:")
        with st.container(horizontal=True, gap="small"):
            for smiles in report.nearest:
                show_neighbour(smiles)


def show_neighbour(smiles: str) -> None:
    """Show one training molecule: its drawing, its SMILES beneath."""
    with st.container(width=NEAREST_SIZE[0] + 20):
        drawing = structure_uri(smiles, theme=current_theme(), size=NEAREST_SIZE)
        if drawing is not None:
            st.image(drawing, width=NEAREST_SIZE[0], alt=f"Structure of {smiles}")
        st.caption(escape_markdown(smiles, limit=60))


def familiarity_text(report: FamiliarityReport, expected_rmse_ev: float) -> str:
    """Return the verdict as a sentence, with the atoms' numbers as the drawing has them."""
    sentence = escape_markdown(report.sentence, limit=200)
    atoms = ", ".join(str(k + 1) for k in report.atoms[:MOST_NUMBERED])
    where = f" (atom{'s' * (len(report.atoms) > 1)} {atoms})" if atoms else ""
    expected = (
        f"; expected error {QUANTITIES['expected_rmse_ev'].text(expected_rmse_ev)}, check with DFT where it matters"
    )
    return f"{sentence[0].upper()}{sentence[1:]}{where}{'' if report.verdict == Verdict.INSIDE else expected}."
