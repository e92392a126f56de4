"""Figures: data in, Plotly figure out; nothing here knows of pages."""
