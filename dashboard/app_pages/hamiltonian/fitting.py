"""Fitting beside the page, and what came out in one line."""

import streamlit as st

from core.hamiltonian.fit import HamiltonianFit
from core.hamiltonian.ways import fit_reference
from core.machine.progress import Progress, ShouldCancel
from dashboard.app_pages.hamiltonian.kept import Chosen
from dashboard.jobs import Job
from dashboard.state import Session
from dashboard.widgets.job_bar import run_job, show_job

MAX_KEPT_FITS = 40  # fits a session holds


def show_fitting(chosen: Chosen, *, is_pressed: bool) -> None:
    """Start a fit where it was asked for, and show how far it is; it goes on beside the page."""
    if is_pressed:
        start_fit(chosen)
    show_job("hamiltonian", collect_fit)


def start_fit(chosen: Chosen) -> None:
    """Start fitting what is chosen."""

    def work(progress: Progress, should_cancel: ShouldCancel) -> tuple[str, HamiltonianFit]:
        fit = fit_reference(
            chosen.reference,
            chosen.options,
            by_network=chosen.by_network,
            progress=progress,
            should_cancel=should_cancel,
        )
        return chosen.mark, fit

    noun = "random Hamiltonians" if chosen.by_network else "stages"
    run_job("hamiltonian", Job(work, label="Fitting", noun=noun), collect_fit)


def collect_fit(state: Session, result: object) -> None:
    """Take a finished fit into the session; the oldest goes where there are too many."""
    if not isinstance(result, tuple):
        return
    mark, fit = result
    state.hamiltonians.pop(mark, None)
    state.hamiltonians[mark] = fit
    while len(state.hamiltonians) > MAX_KEPT_FITS:
        state.hamiltonians.pop(next(iter(state.hamiltonians)))


def show_result_line(fit: HamiltonianFit, origin: str) -> None:
    """Show error, agreement of local densities and number of parameters."""
    agreement = fit.agreement
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "Band error, k-points never fitted",
            f"{agreement.held_out_mev:.2f} meV",
            width="content",
            help=f"Root mean square over {agreement.n_held_out} energies in the window; {agreement.fitted_mev:.3g} meV on the "
            "k-points fitted.",
        )
        correlation = (
            agreement.density_correlation if agreement.defect_correlation is None else agreement.defect_correlation
        )
        if correlation is not None:
            where = "on the defect's atoms" if agreement.defect_correlation is not None else "on the atoms"
            st.metric(
                f"Local densities {where}",
                f"{correlation:.3f}",
                width="content",
                help="Pearson correlation with the reference's local densities of states, within 2 eV of the Fermi level.",
            )
        st.metric(
            "Free parameters",
            f"{len(fit.parameters)}",
            width="content",
            help="On-site energies and hoppings that the symmetry leaves free.",
        )
    took = f", {fit.seconds:.0f} s" if fit.seconds else ""
    st.caption(
        f"{origin[0].upper()}{origin[1:]}{took}; local densities of states weigh {fit.options.density_weight:g} eV per state/eV."
    )
