"""Levels and spectra: the language that every model speaks."""
