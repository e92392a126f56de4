"""A ranking: the hits, and one of them in full."""

import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.screening.comparison import METRICS
from core.screening.notes import UNKNOWN_KIND, UNLIKE, bound_notes
from core.screening.probability import FIRST_TEN
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from dashboard.app_pages.rank.assignment import telling_line
from dashboard.app_pages.rank.comparison import are_intensities_there, current_options, rank_references, rank_scan
from dashboard.app_pages.rank.hit import show_hit
from dashboard.app_pages.rank.hits import show_hits
from dashboard.widgets.dft_check.comparison import Scoring
from dashboard.widgets.dft_check.panel import show_hit_check
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.guard import show_error
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import predicts_band_alone
from dashboard.widgets.text import escape_markdown


def show_ranking(scan: pd.DataFrame, target: Target) -> None:
    """Rank and show."""
    if not are_intensities_there(scan, target):
        return
    try:
        hits = rank_scan(scan, target)
    except EigenscopeError as error:
        show_error(error)
        return
    if hits.empty:
        st.info("No candidate can be ranked in this window.", icon=":material/info:")
        return
    if target.n_levels is None and predicts_band_alone(scan):
        st.caption(
            f":orange[Not like with like:] the target holds all valence levels, this learner predicts the {N_BAND} highest "
            "only. Narrow the window to where they lie, or choose a learner of all levels."
        )
    n_ranked, n_unranked = hits.attrs["n_ranked"], hits.attrs["n_unranked"]
    left_out = f", {n_unranked:,} without a prediction or with too few levels left out" if n_unranked else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        kind = "constitutions" if "n_stereoisomers" in hits else "candidates"
        section("Hits", f"best {len(hits)} of {n_ranked:,} {kind}{left_out}")
        table_downloads(hits, "ranking", sdf_label="SDF with scores")
    options = current_options(target)
    if FIRST_TEN in hits.attrs:
        st.caption(
            f"If one of the candidates is right, its constitution is among the first ten with {hits.attrs[FIRST_TEN]:.0%}: by "
            "spectra made as if measured of known molecules, compared as is proposed."
        )
    if telling := telling_line(hits, target, options):
        st.caption(telling)
    for note in bound_notes(hits, options.max_shift_ev):
        st.caption(escape_markdown(note, limit=400))
    show_grounds(hits.attrs["notes"])
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_hits(hits, target, options)
        with row.cell():
            show_hit(hits, target)
    scoring = Scoring(lambda rows: rank_references(rows, target), METRICS[options.metric].quantity)
    show_hit_check(hits, scoring)


def show_grounds(notes: list[str]) -> None:
    """Say what a ranking rests on; what makes it worthless is said first."""
    for note in notes:
        if note.startswith((UNLIKE, UNKNOWN_KIND)):
            st.warning(escape_markdown(note, limit=400), icon=":material/warning:")
    if notes:
        with st.expander("What this ranking rests on", key="rank_notes"):
            st.markdown("\n".join(f"- {escape_markdown(note, limit=400)}" for note in notes))
