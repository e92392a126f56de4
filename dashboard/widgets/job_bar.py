"""Work beside the page: its progress bar, its Cancel button, its end."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import EigenscopeError
from dashboard.jobs import Job
from dashboard.state import Session, session


def run_job(name: str, job: Job, collect: Callable[[Session, Any], None], *, patience_s: float = 1.5) -> None:
    """Wait a moment for a job; what takes longer goes on beside the page with a progress bar and a Cancel button."""
    state = session()
    state.jobs[name] = job
    with st.spinner(f"{job.label} …"):
        job.wait(patience_s)
    if job.is_finished:
        finish_job(name, collect)


def finish_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Take a finished job's result into the session; an error becomes the page's message."""
    state = session()
    job = state.jobs.pop(name)
    try:
        collect(state, job.result())
    except EigenscopeError as error:
        state.message = str(error)


def show_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Show a running job's progress until it ends, then rerun the page once."""
    if name not in session().jobs:
        return

    @st.fragment(run_every=0.4)
    def progress() -> None:
        job = session().jobs.get(name)
        if job is None:
            return
        if job.is_finished:
            finish_job(name, collect)
            st.rerun()
        st.progress(job.fraction(), text=job.text())
        st.button("Cancel", key=f"cancel_{name}", on_click=job.cancel, disabled=job.is_cancelled)

    progress()


def show_message() -> None:
    """Show what went wrong in the last action, once."""
    state = session()
    if state.message:
        st.error(state.message, icon=":material/error:")
        state.message = ""
