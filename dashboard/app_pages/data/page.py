"""Data: the sets of molecules, and what representations make of one."""

import streamlit as st

from dashboard.app_pages.data.representations import show_representations
from dashboard.app_pages.data.sets import show_sets
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_message

DATA_TABS = {"Sets": show_sets, "One molecule's representations": show_representations}

page_heading("What the learners are trained and tested on, and what they see of a molecule.")
show_message()
for tab, show in zip(st.tabs(list(DATA_TABS), key="data_tab", on_change="rerun"), DATA_TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
show_footer()
