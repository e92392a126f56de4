"""Multilayer perceptron on the sorted Coulomb matrix."""
