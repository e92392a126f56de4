"""A figure on a page."""

from collections.abc import Callable
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.theme import plot_config
from dashboard.state import session

SelectionMode = Literal["points", "box", "lasso"]


def show_figure(
    figure: go.Figure,
    key: str,
    *,
    on_select: Callable[[], None] | None = None,
    selection_mode: SelectionMode | tuple[SelectionMode, ...] = "points",
    file_name: str = "",
) -> None:
    """Show a figure with the camera button; `file_name` is what the camera saves it as, the key where left out."""
    config = plot_config(file_name or key, session().settings["figure_format"])
    if on_select is None:
        st.plotly_chart(figure, theme=None, key=key, config=config)
    else:
        st.plotly_chart(figure, theme=None, key=key, config=config, on_select=on_select, selection_mode=selection_mode)
