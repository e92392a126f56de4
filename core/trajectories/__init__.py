"""Spectra along a molecular dynamics: levels of every frame, their averages, and which motion moves them."""
