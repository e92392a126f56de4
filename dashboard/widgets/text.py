"""Text of users' files and numbers, as Markdown shows them literally."""

import re


def escape_markdown(text: str, *, limit: int = 200) -> str:
    """Return text from a user's file so that st.markdown shows it literally, on one line."""
    text = " ".join(text.split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$^])", r"\\\1", text)


def format_ev(value: float, *, digits: int = 2) -> str:
    """Return an energy with its unit and a true minus sign."""
    return f"{value:.{digits}f} eV".replace("-", "\u2212")
