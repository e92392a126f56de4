"""Models: every learner side by side on the same test molecules."""

import streamlit as st

from dashboard.app_pages.models.beyond import show_beyond
from dashboard.app_pages.models.cards import show_cards
from dashboard.app_pages.models.from_smiles import show_from_smiles
from dashboard.app_pages.models.ionisation import show_ionisation
from dashboard.app_pages.models.leaderboard import show_leaderboard
from dashboard.app_pages.models.learner_pair import show_pair
from dashboard.app_pages.models.learning_curves import show_learning_curves
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_message

MODELS_TABS = {
    "Leaderboard": show_leaderboard,
    "Two learners": show_pair,
    "Beyond QM9": show_beyond,
    "From SMILES": show_from_smiles,
    "Learning curves": show_learning_curves,
    "Ionisation energies": show_ionisation,
    "Cards": show_cards,
}

page_heading("Learners side by side on the same molecules, none of which any was trained on.")
show_message()
for tab, show in zip(
    st.tabs(list(MODELS_TABS), key="models_tab", on_change="rerun"), MODELS_TABS.values(), strict=True
):
    if tab.open:
        with tab:
            show()
show_footer()
