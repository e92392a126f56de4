"""A figure on a page."""

from collections.abc import Callable
from typing import Any, Literal

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
    alt: str = "",
) -> None:
    """Show a figure with the camera button.

    Parameters
    ----------
    file_name : str
        What the camera saves it as; the key where left out.
    alt : str
        What a screen reader says of it; where left out, what its axes say. No numbers: with another text Streamlit draws the
        figure anew and its zoom is lost.
    """
    config = plot_config(file_name or key, session().settings["figure_format"])
    options: dict[str, Any] = {"theme": None, "key": key, "config": config, "alt": alt or describe_axes(figure)}
    if on_select is None:
        st.plotly_chart(figure, **options)
    else:
        st.plotly_chart(figure, **options, on_select=on_select, selection_mode=selection_mode)


def describe_axes(figure: go.Figure) -> str:
    """Return "RMSE / eV against Training molecules", from the titles of a figure's axes."""
    x, y = (next(iter(titles(figure, letter)), "") for letter in "xy")
    return f"Figure: {y} against {x}" if x and y else f"Figure: {x or y}"


def titles(figure: go.Figure, letter: str) -> list[str]:
    """Return the titles of the axes of one direction, those that have one."""
    axes = figure.select_xaxes() if letter == "x" else figure.select_yaxes()
    return [axis.title.text for axis in axes if axis.title.text]
