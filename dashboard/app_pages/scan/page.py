"""Scan: a whole library predicted, filtered and looked at from all sides."""

import streamlit as st

from core.structure.entry import OK
from dashboard.app_pages.scan.map import show_points
from dashboard.app_pages.scan.table import show_library_table, show_selection
from dashboard.app_pages.scan.views import show_histograms
from dashboard.state import session
from dashboard.widgets.filter_bar import show_filter_bar
from dashboard.widgets.footer import show_footer
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_job, show_message
from dashboard.widgets.library_source import show_scan_line, show_source
from dashboard.widgets.not_predicted import show_not_predicted
from dashboard.widgets.scan_run import collect_scan, show_stopped


@st.fragment
@guarded
def show_scan() -> None:
    """Show the scan at hand; filters and selections rerun this part of the page only."""
    scan = session().scan
    if scan is None:
        return
    show_scan_line()
    show_not_predicted(scan)
    result = show_filter_bar(scan)
    view = scan[result.mask & (scan["status"] == OK)]
    if view.empty:
        has_any = bool((scan["status"] == OK).any())
        left = "No molecule is left: take a filter out." if has_any else "No row has a prediction: see above why."
        st.info(left, icon=":material/info:")
        return
    show_histograms(view)
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_points(scan, view)
        with row.cell():
            show_library_table(scan, view)
    show_selection(scan)
    show_next(n_left=len(view), n_all=int((scan["status"] == OK).sum()))


def show_next(*, n_left: int, n_all: int) -> None:
    """Lead on to Rank with what the filters leave; all candidates are one click away."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        these = f"{n_left:,} of {n_all:,}" if n_left < n_all else f"all {n_all:,}"
        for key, label, is_filtered in (
            ("rank_these", f"Next: rank these candidates against a target, {these}", True),
            ("rank_all", f"Rank all {n_all:,}", False),
        ):
            if (is_filtered or n_left < n_all) and st.button(
                label, key=key, icon=":material/arrow_forward:", type="tertiary"
            ):
                session().settings["rank_filtered"] = is_filtered
                st.switch_page("app_pages/rank/page.py")


page_heading("Predict a whole library, then filter and select by spectrum and structure.")
show_source()
show_message()
show_job("scan", collect_scan)
show_stopped()
show_scan()
show_footer()
