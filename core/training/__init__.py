"""Splits, fitting, evaluation, model cards."""
