"""How the session's settings have candidates compared with the target, and the ranking by them; what draws nothing of its own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from core.models.card import IONISATION_ENERGIES
from core.screening.chosen import rank_as_chosen
from core.screening.filters import apply_fitting
from core.screening.options import WHOLE_WINDOW_EV, RankOptions, propose_options
from core.spectrum.cross_sections import ALIKE, INTENSITIES, photon_energy_of
from core.spectrum.ionisation import OUTER_VALENCE
from core.spectrum.target import Target
from core.spectrum.treatment import AS_IT_IS, Treatment, treat_target
from dashboard import resources
from dashboard.figures.spectra import IONISATION
from dashboard.jobs import Job
from dashboard.state import OTHER_PHOTONS, Session, session
from dashboard.widgets.energy_axis import axis_of_learner
from dashboard.widgets.job_bar import run_job, show_job
from dashboard.widgets.learner_choice import current_model_key, learner_of
from dashboard.widgets.photoelectrons import chosen_kind

JOB = "intensities"
MEASURED_CONTROLS = (
    "measured_metric",
    "measured_window_ev",
    "measured_offset_ev",
    "measured_sigma_ev",
    "measured_intensities",
    "measured_estimated",
    "measured_baseline",
    "measured_smoothing_ev",
    "measured_conformers",
    "measured_shape",
)


def treated(target: Target) -> Target:
    """Return the target as it is compared: a measured curve with the baseline taken off and smoothed as the controls say."""
    return treat_target(target, chosen_treatment())


def chosen_treatment() -> Treatment:
    """Return what the controls say is done to a measured curve."""
    settings = session().settings
    return Treatment(settings["measured_baseline"], float(settings["measured_smoothing_ev"]))


def propose_for(target: Target) -> None:
    """Set the controls of a measured target to what is proposed for it."""
    state, energies = session(), resources.energies_of(ranked_learner())
    proposed = propose_options(target, of_ionisation=energies == IONISATION_ENERGIES)
    state.proposed_for = energies
    low, high = proposed.window_ev or WHOLE_WINDOW_EV
    kind = proposed.intensities if proposed.intensities in INTENSITIES else OTHER_PHOTONS
    if kind == OTHER_PHOTONS:
        state.settings["measured_photon_ev"] = photon_energy_of(proposed.intensities)
        state.forced.add("measured_photon_ev")
    values = (
        proposed.metric,
        (-high, -low),
        proposed.max_shift_ev,
        proposed.sigma_ev,
        kind,
        True,
        AS_IT_IS.baseline,
        AS_IT_IS.smoothing_ev,
        proposed.conformers,
        proposed.shape,
    )
    for name, value in zip(MEASURED_CONTROLS, values, strict=True):
        state.settings[name] = value
        state.forced.add(name)


def current_options(target: Target) -> RankOptions:
    """Return how the controls have the target compared."""
    settings = session().settings
    if not target.is_measured:
        shift = float(settings["rank_max_shift_ev"]) if settings["rank_shift"] else 0.0
        return RankOptions(
            settings["metric"],
            settings["rank_window_ev"],
            shift,
            float(settings["rank_sigma_ev"]),
            conformers=settings["rank_conformers"],
        )
    low, high = settings["measured_window_ev"]
    return RankOptions(
        settings["measured_metric"],
        (-high, -low),
        float(settings["measured_offset_ev"]),
        float(settings["measured_sigma_ev"]),
        line=OUTER_VALENCE
        if settings["measured_estimated"] and not resources.tells_ionisation(ranked_learner())
        else None,
        intensities=chosen_kind("measured_intensities", "measured_photon_ev"),
        conformers=settings["measured_conformers"],
        shape=settings["measured_shape"],
        is_folded=bool(settings["measured_folded"]),
    )


def ranked_learner() -> str:
    """Return the key of the learner whose predictions are ranked, or will be."""
    scan = session().scan
    return current_model_key() if scan is None else learner_of(scan)


def axis_of(target: Target) -> str:
    """Return the axis of the target's figures: ionisation energies where they were measured, else the app's."""
    if target.is_measured:
        return IONISATION
    return axis_of_learner(ranked_learner())


def are_intensities_there(scan: pd.DataFrame, target: Target) -> bool:
    """Return whether the ranking can start; if not, show the work that finds the levels' intensities."""
    state, kind = session(), current_options(target).intensities
    mark = f"{state.scan_key} | {kind} | {len(scan)}"
    if kind == ALIKE or mark == state.weighed:
        return True

    def collect(state: Session, result: bool) -> None:
        state.weighed = mark
        if result is not True:  # cancelled
            state.settings["measured_intensities"] = ALIKE
            st.session_state.pop("measured_intensities", None)

    if JOB not in state.jobs:
        job: Job = resources.start_intensities(scan, kind=kind)
        run_job(JOB, job, collect)
        if JOB not in state.jobs:
            return True
    show_job(JOB, collect)
    return False


def rank_scan(scan: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return the ranking that the controls ask for.

    Raises
    ------
    EigenscopeError
        If the target has nothing in the window, or the metric needs levels that it lacks.
    """
    settings, filters = session().settings, session().filters
    candidates = scan[apply_fitting(scan, filters).mask] if filters and settings["rank_filtered"] else scan
    return rank_rows(candidates, target)


def rank_rows(candidates: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return candidates ranked as the controls ask for; raises as `rank_scan`."""
    top = int(session().settings["rank_top"])
    return rank_as_chosen(candidates, target, current_options(target), top=top)


def rank_references(rows: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return computed references ranked as `rank_rows` does, every level alike: no weights on atoms are known of them.

    Those of predictions by another learner than the ranked one are left out.
    """
    compared = rows[rows["model"] == ranked_learner()]
    if compared.empty:
        return rows.iloc[:0].assign(score=np.nan)
    options = replace(current_options(target), intensities=ALIKE, is_folded=False)
    return rank_as_chosen(compared, target, options, top=None)
