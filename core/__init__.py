"""Eigenscope's science: molecules in, occupied levels and spectra out. No Streamlit, no plotting."""

__version__ = "0.1.0"
