"""The controls of how candidates are compared with the target, and the target itself."""

import streamlit as st

from core.quantities import QUANTITIES
from core.screening.comparison import METRICS
from core.screening.notes import describe_options
from core.screening.options import WHOLE_WINDOW_EV
from core.screening.ranking import AVERAGE, BEST
from core.spectrum.broaden import GRID_EV, LINE_SHAPES
from core.spectrum.cross_sections import INTENSITIES, PHOTON_RANGE_EV
from core.spectrum.ionisation import OUTER_VALENCE
from core.spectrum.target import Target
from core.spectrum.treatment import AS_IT_IS, BASELINES, MAX_SMOOTHING_EV
from dashboard import resources
from dashboard.app_pages.rank.comparison import axis_of, chosen_treatment, current_options, propose_for, ranked_learner
from dashboard.app_pages.rank.hits import height_of_score
from dashboard.figures.spectra import ORBITAL, Curve, spectrum_figure
from dashboard.state import CHOICES, OTHER_PHOTONS, remember, session
from dashboard.widgets.figure import show_figure
from dashboard.widgets.page_theme import current_theme

METRICS_OF_CURVES = [key for key in METRICS if key != "levels"]  # a measured curve has no levels
STANDING_LABELS = {BEST: "Best fitting", AVERAGE: "Average"}


def show_preparation(target: Target | None) -> None:
    """Show the choices that the ranking depends on; each is remembered."""
    if target is not None and target.is_measured:
        show_measured_preparation(target)
    else:
        show_level_preparation()


def show_level_preparation() -> None:
    """Show the choices for a target of Kohn-Sham levels or of their density."""
    metric = remember(
        st.selectbox, "Metric", "metric", options=list(METRICS), format_func=lambda k: METRICS[k].quantity.header
    )
    st.caption(METRICS[metric].forgives)
    remember(
        st.slider,
        QUANTITIES["orbital_energy_ev"].titled("Window compared, orbital energy"),
        "rank_window_ev",
        min_value=-30.0,
        max_value=0.0,
        step=0.5,
    )
    remember(st.slider, QUANTITIES["sigma_ev"].header, "rank_sigma_ev", min_value=0.1, max_value=1.0, step=0.05)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shift = remember(
            st.toggle,
            "Fit a rigid shift",
            "rank_shift",
            help="Move each candidate by the one energy that suits the target best.",
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
        show_top("rank_conformers")


def show_top(conformers: str) -> None:
    """Show what stands for candidates of several conformers, by the name of its setting, and how many hits are wanted."""
    scan = session().scan
    if scan is not None and (scan["n_conformers"] > 1).any():
        remember(
            st.segmented_control,
            "Of several conformers",
            conformers,
            options=list(STANDING_LABELS),
            format_func=STANDING_LABELS.__getitem__,
            help="What stands for a candidate: the conformer that fits best (or their average where that fits better), or always "
            "their average. Of 38 references, each of one conformer, the best is first for 32, the average for 26.",
        )
    remember(st.number_input, "Hits", "rank_top", min_value=5, max_value=200, step=5, width=110)


def show_measured_preparation(target: Target) -> None:
    """Show how a measured target is compared, in a line, and under it what can be changed."""
    state, energies = session(), resources.energies_of(ranked_learner())
    state.proposed_for = state.proposed_for or energies  # "": of a session file, whose choices stand
    if state.proposed_for != energies:
        propose_for(target)
    options = current_options(target)
    treatment = chosen_treatment() if target.is_curve_as_measured else AS_IT_IS
    scale = "with predicted ionisation energies" if resources.tells_ionisation(ranked_learner()) else ""
    described = (scale, describe_options(target, options), str(treatment))
    st.markdown(f"As measured: {'; '.join(filter(None, described))}.")
    with st.expander("Change how it is compared", key="measured_more"):
        metric = remember(
            st.selectbox,
            "Metric",
            "measured_metric",
            options=METRICS_OF_CURVES if target.levels_ev is None else list(METRICS),
            format_func=lambda k: METRICS[k].quantity.header,
        )
        st.caption(METRICS[metric].forgives)
        remember(
            st.slider,
            QUANTITIES["ionisation_energy_ev"].titled("Window compared"),
            "measured_window_ev",
            min_value=0.0,
            max_value=30.0,
            step=0.1,
        )
        if target.is_curve_as_measured:
            show_treatment()
        if not resources.tells_ionisation(ranked_learner()):
            remember(
                st.toggle,
                "Bring levels onto the ionisation scale",
                "measured_estimated",
                help=f"{OUTER_VALENCE}: {OUTER_VALENCE.source}.",
            )
        show_folding()
        if st.button("As proposed", key="measured_reset", help="Take every choice back."):
            propose_for(target)
            st.rerun()
    show_top("measured_conformers")
    remember(
        st.toggle,
        "Stereoisomers folded",
        "measured_folded",
        help="One row a constitution, its best stereoisomer: stereoisomers are hardly told apart by their spectra.",
    )


def show_folding() -> None:
    """Show how far candidates are moved, how broad their lines are, and how much each level counts."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        remember(
            st.number_input,
            QUANTITIES["shift_ev"].titled("Moved by at most"),
            "measured_offset_ev",
            min_value=0.0,
            max_value=6.0,
            step=0.1,
            width=150,
            help="Each candidate as a whole, for the target's calibration and its own distance from the line.",
        )
        remember(st.selectbox, "Line shape", "measured_shape", options=list(LINE_SHAPES), width=150)
        remember(
            st.number_input,
            QUANTITIES["sigma_ev"].header,
            "measured_sigma_ev",
            min_value=0.1,
            max_value=1.0,
            step=0.05,
            width=150,
        )
    remember(
        st.selectbox,
        "Levels count by",
        "measured_intensities",
        options=list(CHOICES["measured_intensities"]),
        format_func=lambda kind: INTENSITIES.get(kind, "cross-sections at another photon energy"),
    )
    if session().settings["measured_intensities"] == OTHER_PHOTONS:
        low, high = PHOTON_RANGE_EV
        remember(
            st.number_input,
            QUANTITIES["photon_energy_ev"].header,
            "measured_photon_ev",
            min_value=low,
            max_value=high,
            step=1.0,
            width=200,
        )


def show_treatment() -> None:
    """Show what is done to a measured curve before it is compared; the curve itself is kept."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        remember(
            st.selectbox,
            "Baseline taken off",
            "measured_baseline",
            options=list(BASELINES),
            format_func=BASELINES.get,
            width=330,
        )
        remember(
            st.number_input,
            QUANTITIES["sigma_ev"].titled("Smoothed by"),
            "measured_smoothing_ev",
            min_value=0.0,
            max_value=MAX_SMOOTHING_EV,
            step=0.02,
            width=150,
        )


def show_target(raw: Target, target: Target) -> None:
    """Show the target as a curve, as it is and as it is compared (`treated`), and in words how."""
    options = current_options(target)
    density = target.density_on(GRID_EV, sigma_ev=options.sigma_ev, shape=options.shape)
    inside = (target.range_ev[0] <= GRID_EV) & (target.range_ev[1] >= GRID_EV)
    reference = Curve(target.label, GRID_EV[inside], density[inside])
    axis = axis_of(target)
    low, high = options.window_ev or WHOLE_WINDOW_EV
    shown = (max(low - 2, -30.0), min(high + 2, 0.0)) if target.is_measured else WHOLE_WINDOW_EV
    before: tuple[Curve, ...] = ()
    if target is not raw:
        curve = raw.density_on(GRID_EV, sigma_ev=options.sigma_ev, shape=options.shape)
        before = (Curve("as measured", GRID_EV[inside], curve[inside]),)
    figure = spectrum_figure(
        before,
        theme=current_theme(),
        height_of=height_of_score(target),
        reference=reference,
        window_ev=shown,
        height=300,
        axis=axis,
    )
    sign = 1 if axis == ORBITAL else -1
    figure.add_vrect(
        x0=sign * low, x1=sign * high, fillcolor=current_theme().accent, opacity=0.08, line_width=0, layer="below"
    )
    show_figure(figure, "target")
    if target.is_measured:
        return
    levels = "all valence levels" if target.n_levels is None else f"the {target.n_levels} highest levels"
    shift = f"a shift of up to {options.max_shift_ev:g} eV is fitted" if options.max_shift_ev else "no shift"
    st.caption(
        f"Compared: {levels} of each candidate, Gaussian σ {options.sigma_ev:g} eV, {low:g} to {high:g} eV (shaded), {shift}. "
        + (
            f"Target in {height_of_score(target).unit}."
            if target.is_absolute
            else "Target in arbitrary units: both sides are scaled to unit area."
        )
    )
