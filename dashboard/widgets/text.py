"""Text of users' files, as Markdown shows it literally."""

import re

# Streamlit makes links of what looks like an address even where its marks are escaped; a word joiner, which has no width, in
# its midst prevents that. The @ of a SMILES is no such place: no name with a full stop follows it.
ADDRESSES = r"(?<=https:)(?=//)|(?<=http:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=[-\w]+\.[-\w])"
WORD_JOINER = "\u2060"


def escape_markdown(text: str, *, limit: int = 200) -> str:
    """Return text from a user's file so that st.markdown shows it literally, on one line and without links."""
    text = " ".join(text.split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    text = re.sub(ADDRESSES, WORD_JOINER, text, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$^])", r"\\\1", text)
