"""The address bar: the session's key, the molecule, and a page's main choices; read when a page is opened, kept true after."""

import re
from typing import Any

import streamlit as st

from core.errors import InputError
from core.models.registry import model_keys
from core.structure.entry import OK
from dashboard.kept_sessions import OWN_KEY, open_session
from dashboard.session_schema import check_setting
from dashboard.state import CONTROL_ENDS, Session, session
from dashboard.widgets.text import escape_markdown

SESSION, SMILES = "session", "smiles"
SETTING_OF = {"learner": "model", "sigma": "sigma_ev", "axis": "axis", "library": "library"}
CHOICES_OF_PAGE = {
    "predict": (SMILES, "learner", "sigma", "axis"),
    "scan": ("library", "learner", "sigma", "axis"),
    "rank": ("learner", "axis"),
}
BRACKETED = re.compile(r"\[[^\[\]]*\]")


def open_address() -> None:
    """Give this tab the session that its address names, with what the address says beyond it."""
    if open_session(st.query_params.get(SESSION, "")):
        read_address(session(), st.query_params.to_dict())


def read_address(state: Session, given: dict[str, str]) -> None:
    """Take up what an address says that the session did not write there itself."""
    news = {name: text for name, text in given.items() if state.address.get(name) != text}
    refused = []
    for name, setting in SETTING_OF.items():
        if name in news:
            try:
                state.settings[setting] = read_choice(name, news[name])
            except InputError as error:
                refused.append(str(error))
    if refused:
        state.message = escape_markdown(f"Not taken from the address: {'; '.join(refused)}", limit=400)
    smiles = mend_blanks(news.get(SMILES, ""))
    if state.table is None or smiles not in set(state.table["smiles"]):
        state.linked = smiles


def read_choice(name: str, text: str) -> Any:  # noqa: ANN401 - any control's
    """Return a choice as the settings hold it.

    Raises
    ------
    InputError
        If it is none of those that there are.
    """
    setting = SETTING_OF[name]
    if setting == "model" and text not in model_keys():
        raise InputError(f"learner must be one of {', '.join(model_keys())}, got {text!r:.60}")
    if setting != "sigma_ev":
        return check_setting(setting, text)
    try:
        sigma_ev = check_setting(setting, float(text))
    except ValueError as error:
        raise InputError(f"sigma must be a number of eV, got {text!r:.60}") from error
    if sigma_ev != float(text):
        low, high = CONTROL_ENDS[setting]
        raise InputError(f"sigma must be {low:g} to {high:g} eV, got {text!r:.60}")
    return sigma_ev


def mend_blanks(text: str) -> str:
    """Return molecules of an address as they were meant: a "+" that was not percent-encoded arrives as a blank.

    SMILES have "+" within brackets only, where no blank can be; InChI have it anywhere.

    Examples
    --------
    >>> mend_blanks("C[N ](=O)[O-] nitromethane")
    'C[N+](=O)[O-] nitromethane'
    """
    if text.startswith("InChI="):
        return re.sub(r" (?=[,;/)]|$)|(?<=/[pq]) ", "+", text)
    return BRACKETED.sub(lambda found: found[0].replace(" ", "+"), text)


def write_address(page: str) -> None:
    """Make the address say what the page shows."""
    state = session()
    wanted = {name: text for name in CHOICES_OF_PAGE.get(page, ()) if (text := choice_text(state, name))}
    if OWN_KEY in st.session_state:
        wanted[SESSION] = st.session_state[OWN_KEY]
    state.address = wanted
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)  # percent-encoded there


def choice_text(state: Session, name: str) -> str:
    """Return a choice as the address has it; "" where there is nothing to say."""
    if name == SMILES:
        return shown_smiles(state)
    value = state.settings[SETTING_OF[name]]
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown_smiles(state: Session) -> str:
    """Return the SMILES of the molecule in focus; while none is, that of the link that is being predicted."""
    table, focus = state.table, state.focus
    if table is not None and focus in table.index and table["status"][focus] == OK:
        return str(table["smiles"][focus])
    return state.linked or (st.query_params.get(SMILES, "") if table is None else "")
