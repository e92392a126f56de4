"""Streamlit pages: input, one call into core, figures. No arithmetic beyond formatting."""
