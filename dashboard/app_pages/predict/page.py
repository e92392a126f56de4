"""Predict: molecules in, levels and spectra out."""

import streamlit as st

from dashboard.app_pages.predict.molecule_input import (
    AGAIN,
    collect_again,
    collect_prediction,
    load_first_molecule,
    show_input,
)
from dashboard.app_pages.predict.molecule_list import show_list
from dashboard.app_pages.predict.prediction import show_prediction
from dashboard.widgets.footer import show_footer
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_job, show_message

page_heading("Draw, type or upload molecules: their occupied levels and photoemission-type spectrum in milliseconds.")
load_first_molecule()
with st.grid(3, min_column_width=390, gap="medium") as page:
    with page.cell():
        show_input()
        show_message()
        show_job("predict", collect_prediction)
        show_job(AGAIN, collect_again)
        show_list()
    with page.cell(column_span=2):
        show_prediction()
show_footer()
