"""The theme that the browser shows."""

import streamlit as st

from dashboard.figures.theme import DARK, LIGHT, Theme


def current_theme() -> Theme:
    """Return the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT
