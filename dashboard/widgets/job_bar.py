"""Work beside the page: its progress bar, its Cancel button, its end."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import EigenscopeError
from dashboard.jobs import Job, Ticket
from dashboard.state import Session, session
from dashboard.tabs import tab_name
from dashboard.widgets.text import escape_markdown

PATIENCE_S = 1.5


def run_job(name: str, job: Job, collect: Callable[[Session, Any], None], *, patience_s: float = PATIENCE_S) -> None:
    """Wait a moment for a job; what takes longer goes on beside the page with a progress bar and a Cancel button."""
    wait_for(name, job.join(), collect, patience_s=patience_s)


def wait_for(
    name: str, ticket: Ticket | None, collect: Callable[[Session, Any], None], *, patience_s: float = PATIENCE_S
) -> None:
    """Wait as `run_job` for a job that other sessions may wait for, too; `collect` gets `Left` if this one leaves it."""
    if ticket is None:
        return
    ticket.tab = tab_name()
    session().jobs[name] = ticket
    with st.spinner(f"{ticket.label} …"):
        ticket.wait(patience_s)
    if ticket.is_finished:
        finish_job(name, collect)


def finish_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Take a finished job's result into the session; an error becomes the page's message."""
    state = session()
    ticket = state.jobs.pop(name)
    try:
        collect(state, ticket.result())
    except EigenscopeError as error:
        state.message = str(error)


def show_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Show a running job's progress until it ends, then rerun the page once."""
    if name not in session().jobs:
        return

    @st.fragment(run_every=0.4)
    def progress() -> None:
        ticket = session().jobs.get(name)
        if ticket is None:
            return
        if ticket.is_finished:
            finish_job(name, collect)
            st.rerun()
        st.progress(ticket.fraction(), text=ticket.text())
        st.button("Cancel", key=f"cancel_{name}", on_click=cancel_job, args=(name,), disabled=ticket.is_cancelled)

    progress()


def cancel_job(name: str) -> None:
    """Take this session's claim back."""
    ticket = session().jobs.get(name)
    if ticket is not None:
        ticket.cancel()


def show_message() -> None:
    """Show what went wrong in the last action, or well, once."""
    state = session()
    if state.notice:
        st.success(escape_markdown(state.notice, limit=400), icon=":material/check:")
        state.notice = ""
    if state.message:
        st.error(escape_markdown(state.message, limit=600), icon=":material/error:")
        state.message = ""
