"""*Check with DFT*: the reference of predicted molecules, computed beside the page and laid beside the prediction."""

import pandas as pd
import streamlit as st

from core.reference.queue import RUNNING, Calculation
from core.reference.result import MAX_FUNCTIONS
from core.theory import REFERENCE_THEORY
from dashboard import resources
from dashboard.jobs import format_seconds
from dashboard.state import remember, session
from dashboard.widgets.dft_check.checks import MAX_AT_ONCE, cancel_check, check_list, clear_checks, start_checks
from dashboard.widgets.dft_check.comparison import Scoring, show_comparison
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import learner_of
from dashboard.widgets.text import escape_markdown

PREDICT, RANK = "predict", "rank"
POLL_S = 0.5
HITS = {1: "This hit", 3: "Best 3", MAX_AT_ONCE: f"Best {MAX_AT_ONCE}"}
DFT_CHECK_HELP = (
    f"Computes each molecule's {REFERENCE_THEORY} levels at the geometry of its prediction, in processes of their own: two "
    f"seconds for twenty atoms, more than a minute for the largest ({MAX_FUNCTIONS} basis functions, about 42 heavy atoms with "
    f"their hydrogens). Up to {MAX_AT_ONCE} molecules a click; a geometry computed before has its reference at once."
)


@st.fragment
def show_dft_check(drawn: pd.DataFrame) -> None:
    """Check the drawn molecules of Predict, and show what came of it."""
    show_heading()
    show_check_buttons(PREDICT, drawn)
    show_checks(PREDICT, {k: order for order, k in enumerate(drawn["id"])})


@st.fragment
def show_hit_check(hits: pd.DataFrame, scoring: Scoring) -> None:
    """Check the open hit of Rank, or the best few, and show what came of it.

    Parameters
    ----------
    hits : a ranking
    scoring : Scoring
        Ranks other rows against the same target.
    """
    show_heading()
    number = remember(
        st.segmented_control,
        "Hits checked",
        "hits_checked",
        options=list(HITS),
        format_func=HITS.get,
        label_visibility="collapsed",
    )
    place = min(session().hit, len(hits) - 1)
    show_check_buttons(RANK, hits.iloc[[place]] if number == 1 else hits.head(number))
    show_checks(RANK, {}, scoring=scoring)


def show_heading() -> None:
    """Say what the reference is."""
    section("Reference", f"{REFERENCE_THEORY} levels, computed here")


def show_check_buttons(page: str, rows: pd.DataFrame) -> None:
    """Show what starts and forgets checks."""
    theory = resources.theory_of(learner_of(rows))
    if theory not in ("", str(REFERENCE_THEORY)):
        st.caption(
            f"The check computes {REFERENCE_THEORY} levels, and these are {escape_markdown(theory)}: choose a learner of the "
            "former to compare like with like."
        )
        return
    listed = check_list(page)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Check with DFT",
            key=f"dft_check_{page}",
            icon=":material/science:",
            help=DFT_CHECK_HELP,
            on_click=start_checks,
            args=(page, rows),
            disabled=rows.empty,
        )
        if listed.checks:
            st.button("Clear", key=f"dft_clear_{page}", on_click=clear_checks, args=(page,), icon=":material/close:")
        names = ", ".join(str(name) for name in rows["id"].head(MAX_AT_ONCE))
        st.caption(escape_markdown(names, limit=90))


def show_checks(page: str, orders: dict[str, int], *, scoring: Scoring | None = None) -> None:
    """Show progress, refusals and comparisons of a page's checks; `orders` are the colours of drawn names."""
    listed = check_list(page)
    if listed.count_open():
        show_progress(page, listed.count_open())
    for check in listed.checks:
        if check.why_not:
            st.caption(
                f":orange[**{escape_markdown(check.name, limit=40)}**] no reference: {escape_markdown(check.why_not)}"
            )
    if listed.done():
        show_comparison(page, listed, orders, scoring)


@st.fragment(run_every=POLL_S)
def show_progress(page: str, n_open: int) -> None:
    """Show how far the open checks are; when one is done, the whole page is drawn anew."""
    listed = check_list(page)
    if listed.count_open() != n_open:
        st.rerun()
    for k, check in enumerate(listed.checks):
        if check.is_open and check.calculation is not None:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                text = f"**{escape_markdown(check.name, limit=40)}**: {describe_progress(check.calculation)}"
                st.progress(done_fraction(check.calculation), text=text)
                st.button("Cancel", key=f"dft_cancel_{page}_{k}", on_click=cancel_check, args=(check,))


def describe_progress(calculation: Calculation) -> str:
    """Return how far a calculation is, in words."""
    expected = format_seconds(max(calculation.expected_s, 1))
    if calculation.state != RUNNING:
        return f"waiting for a free core; takes about {expected}"
    elapsed = f"{format_seconds(calculation.elapsed_s)}, about {expected} expected"
    if not calculation.cycle:
        return f"preparing, {elapsed}"
    return f"cycle {calculation.cycle} (of {calculation.max_cycles} at most), {elapsed}"


def done_fraction(calculation: Calculation) -> float:
    """Return the share of the expected time that has gone by, short of all of it."""
    return min(calculation.elapsed_s / max(calculation.expected_s, 0.1), 0.95)
