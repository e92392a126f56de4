"""Scan: a whole library predicted, filtered and looked at from all sides."""

import streamlit as st

from dashboard.app_pages.scan.table import show_library_table, show_selection
from dashboard.app_pages.scan.views import show_histograms, show_map
from dashboard.state import session
from dashboard.widgets.filter_bar import show_filter_bar
from dashboard.widgets.footer import show_footer
from dashboard.widgets.guard import guarded
from dashboard.widgets.job_bar import show_job, show_message
from dashboard.widgets.library_source import show_scan_line, show_source
from dashboard.widgets.scan_run import collect_scan, show_stopped


@st.fragment
@guarded
def show_scan() -> None:
    """Show the scan at hand; filters and selections rerun this part of the page only."""
    scan = session().scan
    if scan is None:
        return
    show_scan_line()
    result = show_filter_bar(scan)
    view = scan[result.mask & (scan["status"] == "ok")]
    if view.empty:
        st.info("No molecule is left: take a filter out.", icon=":material/info:")
        return
    show_histograms(view)
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_map(scan, view)
        with row.cell():
            show_library_table(view)
    show_selection(scan)
    st.page_link(
        "app_pages/rank/page.py", label="Next: rank these candidates against a target", icon=":material/arrow_forward:"
    )


st.markdown("##### Predict a whole library, then filter and select by spectrum and structure.")
show_source()
show_message()
show_job("scan", collect_scan)
show_stopped()
show_scan()
show_footer()
