"""Models: every learner side by side on the same test molecules."""

import streamlit as st

from dashboard.components import show_message
from dashboard.panels.footer import show_footer
from dashboard.panels.leaderboard import show_leaderboard
from dashboard.panels.learner_pair import show_pair
from dashboard.panels.learning_curves import show_learning_curves
from dashboard.panels.model_card import show_cards

TABS = {
    "Leaderboard": show_leaderboard,
    "Two learners": show_pair,
    "Learning curves": show_learning_curves,
    "Cards": show_cards,
}

st.markdown("##### Learners side by side: asked about the same molecules, none of which any was trained on.")
show_message()
for tab, show in zip(st.tabs(list(TABS), key="models_tab", on_change="rerun"), TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
show_footer()
