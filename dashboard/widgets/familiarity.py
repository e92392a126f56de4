"""Whether the molecule in focus is of the kinds that the learner was trained on, and which of those are nearest."""

import pandas as pd
import streamlit as st

from core.familiarity import FamiliarityReport
from core.models.uncertainty.familiarity import Verdict
from dashboard import resources
from dashboard.figures.drawings import structure_uri
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

NEAREST_SIZE = (118, 84)


def show_familiarity(row: pd.Series) -> None:
    """Say where a predicted molecule stands to the training molecules; nothing for learners that cannot tell."""
    report = resources.row_familiarity(row)
    if report is None:
        return
    if report.verdict == Verdict.INSIDE:
        st.markdown(f":small[:green[:material/check_circle:] {familiarity_text(report)}]")
    else:
        icon = ":material/info:" if report.verdict == Verdict.NEAR else ":material/warning:"
        (st.info if report.verdict == Verdict.NEAR else st.warning)(familiarity_text(report), icon=icon)
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


def familiarity_text(report: FamiliarityReport) -> str:
    """Return the verdict as a sentence, with the atoms' numbers as the drawing has them."""
    sentence = escape_markdown(report.sentence, limit=200)
    atoms = ", ".join(str(k + 1) for k in report.atoms[:6])
    where = f" (atom{'s' * (len(report.atoms) > 1)} {atoms})" if atoms else ""
    trust = "" if report.verdict == Verdict.INSIDE else "; the expected error counts it in, check with DFT where it matters"
    return f"{sentence[0].upper()}{sentence[1:]}{where}{trust}."
