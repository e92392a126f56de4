"""A scan under way: started, joined, cancelled, gone on with."""

from functools import partial

import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.structure.entry import OK
from dashboard import resources
from dashboard.jobs import Left
from dashboard.scan_runs import is_partial, library_of, shipped_run
from dashboard.state import ScanRun, Session, StoppedScan, session
from dashboard.widgets.geometry_choice import chosen_conformers
from dashboard.widgets.job_bar import wait_for
from dashboard.widgets.learner_choice import current_model_key
from dashboard.widgets.upload import Upload


def collect_scan(state: Session, result: tuple[pd.DataFrame, float] | Left) -> None:
    """Take a finished scan into the session and the memory that all sessions share; a cancelled one stands beside.

    A scan that is there already stays until the new one is complete, or chosen.
    """
    run = state.scan_run
    if run is None:
        return
    if isinstance(result, Left):
        state.stopped = StoppedScan(run, None, 0.0, result.counts)
        return
    scan, seconds = result
    n_reached = resources.count_reached(scan)
    if n_reached == len(scan):
        resources.keep_scan(run.key, scan, seconds)
        set_scan(state, run.key, scan, seconds)
        state.scan_run = None  # it holds the molecules of an own file
        return
    state.stopped = StoppedScan(run, scan, seconds, (n_reached, len(scan)))
    if state.scan is None or is_partial(state.scan):
        show_stopped_scan()


def set_scan(state: Session, key: str, scan: pd.DataFrame, seconds: float) -> None:
    """Make a scan the one that Scan and Rank show; picks stay with the library that they are of."""
    before, now = library_of(state.scan_key), library_of(key)
    if now != before:
        state.picks[before] = state.selected
        state.selected, state.brush = state.picks.pop(now, []), None
    state.scan, state.scan_key, state.scan_seconds = scan, key, seconds
    if not is_partial(scan) and state.stopped is not None and state.stopped.run.key == key:
        state.stopped = None
    state.view_version += 1


def start(run: ScanRun) -> None:
    """Scan beside the page, unless it was done already: with others who do, and from where a cancelled run ended."""
    state = session()
    kept = resources.scans().get(run.key)
    if kept is not None:
        set_scan(state, run.key, *kept)
        return
    stopped = state.stopped if state.stopped is not None and state.stopped.run.key == run.key else None
    known, seconds = (stopped.table, stopped.seconds) if stopped is not None else (None, 0.0)
    state.scan_run = run
    try:
        ticket = resources.running_scans().join_or_start(run.key, lambda: run.start(known, seconds))
    except EigenscopeError as error:  # a model or library that cannot be read
        state.message = str(error)
        return
    wait_for("scan", ticket, collect_scan)


def scan_shipped(library: str) -> None:
    """Scan a library that comes with the program, by its key in SHIPPED, or take the scan from memory."""
    start(shipped_run(library, current_model_key()))


def scan_upload(upload: Upload) -> None:
    """Scan an uploaded file, or take the scan from memory."""
    state, model = session(), current_model_key()
    geometry, conformers = state.settings["geometry"], chosen_conformers()
    try:
        entries = upload.read().entries
    except EigenscopeError as error:
        state.message = str(error)
        return
    way = f"{geometry} {conformers.mode} {conformers.temperature_k:g} K"
    key = resources.scan_key(f"{upload.fingerprint} {way}", model)
    run = partial(resources.start_entry_scan, entries, model_key=model, geometry=geometry, conformers=conformers)
    start(ScanRun(key, run))


def show_stopped() -> None:
    """Say how far a cancelled scan came, and offer to go on, to look at it, or to drop it."""
    state = session()
    stopped = state.stopped
    if stopped is None or "scan" in state.jobs:
        return
    done, total = stopped.counts
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="stopped_scan"):
        words = "" if stopped.table is not None else "; it goes on for others, who wait for it"
        st.markdown(f"**{done:,} of {total:,}, cancelled**{words}", width="content")
        if st.button("Go on", key="scan_go_on", type="primary", icon=":material/play_arrow:"):
            start(stopped.run)
            st.rerun()
        if stopped.table is not None and not is_shown(state, stopped) and (stopped.table["status"] == OK).any():
            st.button(f"Show these {done:,}", key="scan_show_stopped", on_click=show_stopped_scan)
        if not is_shown(state, stopped):
            st.button("Drop", key="scan_drop_stopped", on_click=drop_stopped, icon=":material/close:")


def is_shown(state: Session, stopped: StoppedScan) -> bool:
    """Return whether the page shows what a cancelled scan has."""
    return state.scan is not None and state.scan_key == stopped.run.key and is_partial(state.scan)


def show_stopped_scan() -> None:
    """Make what a cancelled scan has the scan at hand."""
    state = session()
    stopped = state.stopped
    if stopped is not None and stopped.table is not None:
        set_scan(state, stopped.run.key, stopped.table, stopped.seconds)


def drop_stopped() -> None:
    """Forget a cancelled scan."""
    session().stopped = None
