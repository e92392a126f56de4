"""Rank: a library's molecules ordered by how well they match a target."""

import streamlit as st

from dashboard.app_pages.rank.candidates import offer_ionisation, show_candidates_choice
from dashboard.app_pages.rank.comparison import treated
from dashboard.app_pages.rank.preparation import show_preparation, show_target
from dashboard.app_pages.rank.ranking import show_ranking
from dashboard.app_pages.rank.target_input import describe_target, show_target_input
from dashboard.state import session
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading, section
from dashboard.widgets.job_bar import show_job, show_message
from dashboard.widgets.learner_choice import choose_learner
from dashboard.widgets.library_source import LEARNER_WIDTH, show_rescan, show_scan_line
from dashboard.widgets.scan_run import collect_scan, scan_shipped, show_stopped

page_heading("Find the molecules whose predicted spectrum matches a target.")
state = session()
with st.grid(3, min_column_width=390, gap="medium") as page:
    with page.cell():
        show_target_input()
    shown, prepared = page.cell(), page.cell()
    with prepared:
        section("How it is compared")
        show_preparation(state.target)
    target = None if state.target is None else treated(state.target)
    with shown:
        if state.target is not None and target is not None:
            st.markdown(describe_target(state.target))
            show_target(state.target, target)
        else:
            st.caption("The target's curve is drawn here once there is one.")
if target is not None:
    offer_ionisation(target)
show_message()
show_job("scan", collect_scan)
show_stopped()
if state.scan is not None:
    section("Candidates")
    show_scan_line()
    show_candidates_choice(state.scan)
    show_rescan()
    if target is not None:
        show_ranking(state.scan, target)
elif "scan" not in state.jobs:
    choose_learner(width=LEARNER_WIDTH)
    st.info(
        "There are no candidates yet: scan the home library here, or your own on the Scan page.", icon=":material/info:"
    )
    if st.button("Scan the home library", type="primary", key="rank_scan_home", icon=":material/play_arrow:"):
        scan_shipped("home")
        st.rerun()
show_footer()
