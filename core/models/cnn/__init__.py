"""Convolutional network on the sorted Coulomb matrix."""
