"""Candidate libraries: build them from any structures, load them, say what they are."""
