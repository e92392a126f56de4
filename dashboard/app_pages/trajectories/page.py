"""Trajectories: spectra along a molecular dynamics."""

import streamlit as st

from dashboard.app_pages.trajectories.source import (
    FOLLOWING,
    collect_trajectory,
    load_first_trajectory,
    show_trajectory_source,
    show_trajectory_summary,
)
from dashboard.app_pages.trajectories.views import show_trajectory
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_job, show_message

page_heading("Follow a molecule's levels and spectrum along a molecular dynamics, run here or uploaded.")
load_first_trajectory()
with st.grid(3, min_column_width=390, gap="medium") as page:
    with page.cell():
        show_trajectory_source()
        show_message()
        show_job(FOLLOWING, collect_trajectory)
        show_trajectory_summary()
    with page.cell(column_span=2):
        show_trajectory()
show_footer()
