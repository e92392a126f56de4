"""Text of users' files, as Markdown shows it literally."""

import re

# what the browser would make a link of, escaped or not; an invisible sign that breaks no line keeps it from that
WORD_JOINER = "\u2060"
LINK_STARTS = ((r"(www)(?=\.)", rf"\1{WORD_JOINER}"), (r"(?<=:)(?=//)", WORD_JOINER), (r"(?<=@)", WORD_JOINER))


def escape_markdown(text: str, *, limit: int = 200) -> str:
    """Return text from a user's file so that st.markdown shows it literally, on one line."""
    text = " ".join(text.split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    for start, broken in LINK_STARTS:
        text = re.sub(start, broken, text, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$^])", r"\\\1", text)
