"""Sessions that outlive a reload: kept in this process under an unguessable key, which the address carries.

A key opens its session in the browser that it was made in, and nowhere else: a shared address gives away its molecule and
choices alone. Of two tabs with one key, the second begins with a copy, and goes on under a key of its own.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields, replace
from threading import Lock
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import KEY, Session, session
from dashboard.tabs import is_tab_open, tab_name

OWN_KEY = "eigenscope_key"
MAX_SESSIONS = 200
MAX_KEPT_ROWS = 100_000  # of all tables of all sessions, one that several share counted once: about 300 MB
MAX_AGE_S = 12 * 3600.0  # [s] since it was last seen
KEY_BYTES = 24
COOKIE = "_streamlit_xsrf"  # that Streamlit gives each browser


@dataclass(eq=False)
class KeptSession:
    """A session and who has it.

    Attributes
    ----------
    browser : str
        The secret of the browser that it belongs to; "" where there are no cookies.
    tab : str
        Streamlit's name of the tab that had it last.
    seen_s : float
        When that was [s].
    """

    state: Session
    browser: str
    tab: str
    seen_s: float


class KeptSessions:
    """The sessions of all tabs, those seen last longest, within bounds of number, rows and age."""

    def __init__(
        self, *, max_sessions: int = MAX_SESSIONS, max_rows: int = MAX_KEPT_ROWS, max_age_s: float = MAX_AGE_S
    ) -> None:
        self.max_sessions, self.max_rows, self.max_age_s = max_sessions, max_rows, max_age_s
        self._kept: OrderedDict[str, KeptSession] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: str, state: Session, *, browser: str, tab: str, now_s: float) -> None:
        """Keep a session under a key, in place of what was there."""
        with self._lock:
            self._put(key, KeptSession(state, browser, tab, now_s))

    def _put(self, key: str, kept: KeptSession) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        self._drop(kept.seen_s)

    def take(
        self, key: str, *, browser: str, tab: str, now_s: float, is_open: Callable[[str], bool]
    ) -> tuple[str, Session] | None:
        """Return the session of a key for a tab, its work under way included, and the key that it has from now on.

        Parameters
        ----------
        is_open : callable (tab) -> bool
            Whether another tab is open still: then this one gets a copy.

        Returns
        -------
        (key, Session), or None where the key is unknown, too old, or another browser's.
        """
        with self._lock:
            self._drop(now_s)
            found = self._kept.get(key)
            if found is None or not secrets.compare_digest(found.browser, browser):
                return None
            if found.tab == tab or not is_open(found.tab):
                found.tab, found.seen_s = tab, now_s
                self._kept.move_to_end(key)
                own, state = key, found.state
            else:
                own, state = new_key(), copy_session(found.state)
                self._put(own, KeptSession(state, browser, tab, now_s))
        for ticket in list(state.jobs.values()):
            ticket.tab = tab
        return own, state

    def _drop(self, now_s: float) -> None:
        """Let the oldest go until all bounds are kept; the one seen last stays."""
        while len(self._kept) > 1:
            oldest = next(iter(self._kept.values()))
            is_old = now_s - oldest.seen_s > self.max_age_s
            if not is_old and len(self._kept) <= self.max_sessions and self._count_rows() <= self.max_rows:
                return
            self._kept.popitem(last=False)

    def _count_rows(self) -> int:
        """Return the rows of all tables, and the frames of all trajectories."""
        states = [kept.state for kept in self._kept.values()]
        tables = [t for state in states for t in tables_of(state)]
        followed = [state.trajectory.trajectory for state in states if state.trajectory is not None]
        rows = {id(table): len(table) for table in tables} | {id(t): t.n_frames for t in followed}
        return sum(rows.values())


def tables_of(state: Session) -> list[pd.DataFrame]:
    """Return the tables that a session holds."""
    stopped = state.stopped.table if state.stopped is not None else None
    return [table for table in (state.table, state.scan, stopped) if table is not None]


def copy_session(state: Session) -> Session:
    """Return a session that can go its own way, with claims of its own to the work under way.

    Tables are shared: nobody writes them. Checks with DFT stay with the first; their references are remembered.
    """
    joined = {name: ticket.job.join() for name, ticket in state.jobs.items()}
    jobs = {name: ticket for name, ticket in joined.items() if ticket is not None}
    own: dict[str, Any] = {f.name: copy(getattr(state, f.name)) for f in fields(state) if is_container(state, f.name)}
    return replace(state, **own | {"checks": {}, "jobs": jobs})


def is_container(state: Session, name: str) -> bool:
    """Return whether a part of a session is a list or a dictionary, which pages change in place."""
    return isinstance(getattr(state, name), list | dict)


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(KEY_BYTES)


@st.cache_resource(show_spinner=False)
def kept_sessions() -> KeptSessions:
    """Return the sessions of this process."""
    return KeptSessions()


def browser_secret() -> str:
    """Return what this browser alone knows: the token in its cookie, which is masked anew each time; "" without one.

    The form is Tornado's, version 2: "2|mask|masked token|time", in hexadecimal.
    """
    parts = str(st.context.cookies.get(COOKIE, "")).strip("\"'").split("|")
    try:
        mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
        return bytes(x ^ mask[k % len(mask)] for k, x in enumerate(masked)).hex()
    except (IndexError, ValueError, ZeroDivisionError):
        return ""


def open_session(asked: str) -> bool:
    """Give this tab a session, unless it has one: the kept one of the key asked for, else a new one.

    Returns
    -------
    Whether it was opened just now.
    """
    held, tab, now_s = st.session_state, tab_name(), time.monotonic()
    if KEY in held and OWN_KEY not in held:  # handed over ready
        return False
    is_new = KEY not in held
    key = asked if is_new else held[OWN_KEY]
    who: dict[str, Any] = {"browser": browser_secret(), "tab": tab, "now_s": now_s}
    found = kept_sessions().take(key, **who, is_open=is_tab_open)
    if found is None:
        key = new_key() if is_new else key
        found = key, session()
        kept_sessions().keep(*found, **who)
    held[OWN_KEY], held[KEY] = found
    return is_new


def replace_session(state: Session) -> None:
    """Put another session in the place of this tab's, under its key."""
    st.session_state[KEY] = state
    if OWN_KEY in st.session_state:
        who: dict[str, Any] = {"browser": browser_secret(), "tab": tab_name(), "now_s": time.monotonic()}
        kept_sessions().keep(st.session_state[OWN_KEY], state, **who)
