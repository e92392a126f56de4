"""What `eigenscope compare` measured, loaded once for all sessions and anew when a file changes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from core.errors import ModelError
from core.evaluation import files as comparison_files
from core.evaluation.answers import Answers, References, answers_of, load_references
from core.evaluation.elsewhere import ELSEWHERE, load_elsewhere
from core.evaluation.files import Standing
from core.models.card import ModelCard
from core.spectrum.metrics import Figures
from dashboard import resources
from dashboard.widgets.text import escape_markdown

Stamp = tuple[str, int]  # a file, and when it was last written


def stamp_of(name: str) -> Stamp:
    """Return what tells one version of a comparison's file from another."""
    path = comparison_files.comparison_file(name)
    return str(path), path.stat().st_mtime_ns if path.exists() else 0


@st.cache_resource(show_spinner="Reading the test predictions …", max_entries=2)
def _read(stamp: Stamp, _load: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    return _load(Path(stamp[0]).parent)


def kept_leaderboard() -> list[Standing]:
    """Return the leaderboard; raises as `core.evaluation.load_leaderboard`."""
    return comparison_files.load_leaderboard()


def kept_elsewhere() -> list[Figures]:
    """Return the errors beyond QM9; raises as `core.evaluation.load_elsewhere`."""
    return _read_rows(stamp_of(ELSEWHERE))


@st.cache_resource(show_spinner=False, max_entries=2)
def _read_rows(stamp: Stamp) -> list[Figures]:
    return load_elsewhere(Path(stamp[0]).parent)


def kept_learning_curves() -> pd.DataFrame:
    """Return the learning curves; raises as `core.evaluation.load_learning_curves`."""
    return _read(stamp_of(comparison_files.CURVES), comparison_files.load_learning_curves)


@st.cache_resource(show_spinner="Reading the reference …")
def references() -> References:
    """Return the held-out molecules with their reference bands."""
    return load_references()


@st.cache_resource(show_spinner=False, max_entries=64)
def _answers(stamp: Stamp, key: str, geometry: str | None) -> Answers:
    predictions = _read(stamp, comparison_files.load_predictions)
    return answers_of(predictions, references(), key, geometry)


def answers(key: str, geometry: str | None) -> Answers:
    """Return one learner's answers beside the reference; raises as `load_predictions` and `answers_of`."""
    return _answers(stamp_of(comparison_files.PREDICTIONS), key, geometry)


def pretrained_note(keys: Sequence[str]) -> str:
    """Return which of these learners learnt from other labels first, as a sentence; "" for none."""
    names = [card.name for key, card in cards().items() if key in keys and is_pretrained(card)]
    if not names:
        return ""
    return (
        f"{escape_markdown(', '.join(names))}: learnt the cheap GFN2-xTB levels of other molecules first, none of them a test "
        "molecule; the numbers of training molecules do not count these."
    )


def is_pretrained(card: ModelCard) -> bool:
    """Return whether a learner's training began with another kind of label."""
    return any(record.get("stage") == "pretrain" for record in card.history)


def cards() -> dict[str, ModelCard]:
    """Return the cards of the shipped learners that can be read, by key, the default first."""
    found = {}
    for key in resources.offered_learners():
        try:
            found[key] = resources.get_card(key)
        except ModelError:
            continue
    return found
