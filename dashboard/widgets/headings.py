"""Headings of pages: one of the first rank a page, the second for its parts, the third for parts of parts."""

import streamlit as st

from dashboard.widgets.text import escape_markdown


def page_heading(text: str) -> None:
    """Show what a page is for, once, at its top."""
    st.markdown(f"# {text}")


def section(title: str, note: str = "") -> None:
    """Show the heading of a part of a page; `note`, in smaller letters behind it, is shown literally."""
    st.markdown(f"## {with_note(title, note)}")


def subsection(title: str, note: str = "") -> None:
    """Show the heading of a part of a part."""
    st.markdown(f"### {with_note(title, note)}")


def with_note(title: str, note: str) -> str:
    """Return both as Markdown shows them on one line."""
    return f"{escape_markdown(title)} :small[· {escape_markdown(note)}]" if note else escape_markdown(title)
