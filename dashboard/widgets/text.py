"""Text of users' files, as Markdown shows it literally."""

import re


def escape_markdown(text: str, *, limit: int = 200) -> str:
    """Return text from a user's file so that st.markdown shows it literally, on one line."""
    text = " ".join(text.split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$^])", r"\\\1", text)
