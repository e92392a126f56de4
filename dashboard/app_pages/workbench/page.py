"""Workbench: a learner of the user's own level of theory."""

import streamlit as st

from dashboard.app_pages.workbench.labels import LEARNING, collect_learner, show_labels
from dashboard.app_pages.workbench.own_models import show_own_models
from dashboard.app_pages.workbench.study import show_nothing_yet, show_study
from dashboard.app_pages.workbench.suggestions import show_suggestions
from dashboard.state import session
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_job, show_message

page_heading("Teach your own level of theory with a few dozen labels, and see how far they go.")
with st.grid(3, min_column_width=390, gap="medium") as page:
    with page.cell():
        show_labels()
        show_message()
        show_job(LEARNING, collect_learner)
        show_own_models()
    with page.cell(column_span=2):
        made = session().own_learner
        if made is None:
            show_nothing_yet()
        else:
            show_study(made)
            show_suggestions(made)
show_footer()
