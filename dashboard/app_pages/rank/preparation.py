"""How candidates are compared with the target: the choices, and the target itself."""

import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES
from core.screening.comparison import METRICS
from core.screening.filters import apply_filters
from core.screening.ranking import rank_candidates
from core.spectrum.broaden import GRID_EV
from core.spectrum.target import Target
from dashboard.app_pages.rank.hits import UNIT
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.state import remember, session
from dashboard.widgets.figure import show_figure
from dashboard.widgets.page_theme import current_theme


def show_preparation() -> None:
    """Show the choices that the ranking depends on; each is remembered."""
    state = session()
    metric = remember(
        st.selectbox, "Metric", "metric", options=list(METRICS), format_func=lambda k: METRICS[k].quantity.header
    )
    st.caption(METRICS[metric].forgives)
    remember(
        st.slider,
        QUANTITIES["energy_ev"].titled("Window compared"),
        "rank_window_ev",
        min_value=-30.0,
        max_value=0.0,
        step=0.5,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shift = remember(
            st.toggle,
            "Fit a rigid shift",
            "rank_shift",
            help="Move each candidate by the one energy that suits the target best. Use it for measured spectra: "
            "ionisation energies lie eV below Kohn-Sham levels.",
        )
        remember(
            st.number_input,
            QUANTITIES["shift_ev"].titled("Largest shift"),
            "rank_max_shift_ev",
            min_value=0.1,
            max_value=10.0,
            step=0.5,
            disabled=not shift,
            width=150,
        )
        remember(st.number_input, "Hits", "rank_top", min_value=5, max_value=200, step=5, width=110)
    if state.filters:
        remember(st.toggle, "Only what the filters of Scan leave", "rank_filtered")


def rank_scan(scan: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return the ranking that the controls ask for.

    Raises
    ------
    EigenscopeError
        If the target has nothing in the window, or the metric needs levels that it lacks.
    """
    settings, filters = session().settings, session().filters
    candidates = scan[apply_filters(scan, filters).mask] if filters and settings["rank_filtered"] else scan
    return rank_as_chosen(candidates, target)


def rank_as_chosen(candidates: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return candidates ranked by the metric, window and shift that the controls ask for; raises as `rank_scan`."""
    settings = session().settings
    return rank_candidates(
        candidates,
        target,
        metric=settings["metric"],
        window_ev=settings["rank_window_ev"],
        shift=settings["rank_shift"],
        max_shift_ev=settings["rank_max_shift_ev"],
        top=int(settings["rank_top"]),
    )


def show_target(target: Target) -> None:
    """Show the target as a curve, and in words how it is compared."""
    settings = session().settings
    density = target.density_on(GRID_EV, sigma_ev=0.5)
    inside = (target.range_ev[0] <= GRID_EV) & (target.range_ev[1] >= GRID_EV)
    reference = Curve(target.label, GRID_EV[inside], density[inside])
    unit = UNIT if target.is_absolute else "arbitrary units"
    low, high = settings["rank_window_ev"]
    figure = spectrum_figure(
        (), theme=current_theme(), unit=unit, reference=reference, window_ev=(-30.0, 0.0), height=300
    )
    figure.add_vrect(x0=low, x1=high, fillcolor=current_theme().accent, opacity=0.08, line_width=0, layer="below")
    show_figure(figure, "target")
    levels = "all valence levels" if target.n_levels is None else f"the {target.n_levels} highest levels"
    shift = f"a shift of up to {settings['rank_max_shift_ev']:g} eV is fitted" if settings["rank_shift"] else "no shift"
    st.caption(
        f"Compared: {levels} of each candidate, Gaussian σ 0.5 eV, {low:g} to {high:g} eV (shaded), {shift}. "
        + (
            f"Target in {UNIT}."
            if target.is_absolute
            else "Target in arbitrary units: both sides are scaled to unit area."
        )
    )
