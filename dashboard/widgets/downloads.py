"""Tables and figures as files."""

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.writers.structures import table_to_sdf
from core.writers.tables import table_to_csv, table_to_parquet
from dashboard.state import remember


def figure_download(figure: go.Figure, name: str, *, key: str) -> None:
    """Offer a figure as a self-contained HTML page."""
    st.download_button(
        "Figure (HTML)",
        lambda: figure.to_html(include_plotlyjs=True).encode(),
        file_name=f"eigenscope-{name}.html",
        mime="text/html",
        key=key,
        on_click="ignore",
        help="Opens in any browser, without a network. PNG or SVG: the camera at the figure's top right.",
    )


def figure_format_control() -> None:
    """Choose what the camera button of every figure saves."""
    remember(
        st.segmented_control, "Camera button saves", "figure_format", options=["png", "svg"], format_func=str.upper
    )


def table_downloads(table: pd.DataFrame, name: str, *, sdf_label: str = "SDF", label: str = "") -> None:
    """Offer a table as CSV and Parquet, and as SDF where it holds structures; `label` says what of, "75 rows"."""
    if not len(table):
        return
    formats = (
        ("CSV", "csv", "text/csv", table_to_csv),
        ("Parquet", "parquet", "application/octet-stream", table_to_parquet),
        (sdf_label, "sdf", "chemical/x-mdl-sdfile", table_to_sdf),
    )
    for kind, extension, mime, write in formats if "smiles" in table else formats[:2]:
        st.download_button(
            f"{kind}, {label}" if label else kind,
            partial(write, table),
            file_name=f"eigenscope-{name}.{extension}",
            mime=mime,
            key=f"download_{name}_{extension}",
            on_click="ignore",
            icon=":material/download:",
        )
