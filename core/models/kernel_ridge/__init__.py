"""Kernel ridge regression on the Coulomb matrix or the many-body tensor."""
