"""Learners side by side: what `eigenscope compare` measured, and what the pages show of it."""

from core.assets import COMPARISON
from core.evaluation.answers import Answers, answers_of, load_references
from core.evaluation.cases import Case, compare_pair, find_cases
from core.evaluation.files import (
    CURVES,
    LEADERBOARD,
    PREDICTIONS,
    Standing,
    load_leaderboard,
    load_learning_curves,
    load_predictions,
)
from core.evaluation.learning_curves import Crossing, find_crossing, learning_exponent, summarise_curve

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
