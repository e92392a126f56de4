"""Predict: molecules in, levels and spectra out."""
