"""Which browser's tab a run of a page, or work beside it, belongs to, and whether that tab is open."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def tab_name() -> str:
    """Return Streamlit's name of this tab, a new one after each reload; "" outside a page."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def is_tab_open(tab: str) -> bool:
    """Return whether a browser is connected as this tab; where no server runs, nobody can have left. From any thread."""
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(tab))
