"""Levels of theory."""

LEVEL_OF_THEORY = "PBE/6-31+G(d)"
