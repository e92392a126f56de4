"""Screening: scan a library, rank it against a target, map it, filter it."""
