"""Learners side by side: what `eigenscope compare` measured, and what the pages show of it."""

from core.comparison.answers import Answers, answers_of, load_references
from core.comparison.cases import Case, compare_pair, find_cases
from core.comparison.curves import Crossing, find_crossing, learning_exponent, summarise_curve
from core.comparison.files import (
    COMPARISON,
    CURVES,
    LEADERBOARD,
    PREDICTIONS,
    Standing,
    load_leaderboard,
    load_learning_curves,
    load_predictions,
)

__all__ = [
    "COMPARISON",
    "CURVES",
    "LEADERBOARD",
    "PREDICTIONS",
    "Answers",
    "Case",
    "Crossing",
    "Standing",
    "answers_of",
    "compare_pair",
    "find_cases",
    "find_crossing",
    "learning_exponent",
    "load_leaderboard",
    "load_learning_curves",
    "load_predictions",
    "load_references",
    "summarise_curve",
]
