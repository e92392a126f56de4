"""What cannot be shown, in a sentence instead of a traceback."""

from collections.abc import Callable
from functools import wraps

import streamlit as st

from core.errors import EigenscopeError
from core.models.registry import damaged_cards
from dashboard.widgets.text import escape_markdown


def show_error(error: EigenscopeError) -> None:
    """Show what is wrong."""
    st.error(escape_markdown(str(error), limit=400), icon=":material/error:")


def guarded(show: Callable[[], None]) -> Callable[[], None]:
    """Return a part of a page that shows a sentence where it would raise an EigenscopeError."""

    @wraps(show)
    def show_or_say() -> None:
        try:
            show()
        except EigenscopeError as error:
            show_error(error)

    return show_or_say


def show_damaged() -> None:
    """Name the learners that are left out because their cards cannot be read."""
    for key, reason in damaged_cards().items():
        st.error(
            escape_markdown(f"The learner {key} is left out: {reason}", limit=400),
            icon=":material/error:",
        )
