"""Scan: a library as table, distributions and map."""
