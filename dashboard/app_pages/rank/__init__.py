"""Rank: a target, how it is compared, the hits."""
