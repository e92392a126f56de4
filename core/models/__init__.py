"""Learners, one architecture a file, and the registry of trained models."""
