"""Data: the sets of molecules, and what representations make of one."""

import streamlit as st

from dashboard.components import show_message
from dashboard.panels.data_sets import show_sets
from dashboard.panels.footer import show_footer
from dashboard.panels.representations import show_representations

TABS = {"Sets": show_sets, "One molecule's representations": show_representations}

st.markdown("##### What the learners are trained and tested on, and what they see of a molecule.")
show_message()
for tab, show in zip(st.tabs(list(TABS), key="data_tab", on_change="rerun"), TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
show_footer()
