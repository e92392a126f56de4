"""What follows from the Hamiltonian: densities, states, level spacing, transmission, larger cells."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.hamiltonian.fit import HamiltonianFit
from core.hamiltonian.kpoints import path_points
from core.hamiltonian.measure import defect_atoms, density_mesh, model_density, reference_density
from core.hamiltonian.reference import GRID, BandReference
from core.hamiltonian.tight_binding import repeat_hamiltonian
from core.hamiltonian.transmission import Transmission, transmission_across
from core.machine.progress import Progress, ShouldCancel
from core.quantities import QUANTITIES
from dashboard.app_pages.hamiltonian.kept import Chosen, kept_fits, shells_of_elements
from dashboard.figures.hamiltonian import (
    bands_figure,
    density_figure,
    hoppings_figure,
    spacing_figure,
    transmission_figure,
)
from dashboard.jobs import Job
from dashboard.state import Session, remember, session
from dashboard.widgets.downloads import figure_download, table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import show_error
from dashboard.widgets.headings import subsection
from dashboard.widgets.job_bar import run_job, show_job
from dashboard.widgets.page_theme import current_theme

N_ENERGIES = 81
DEGENERATE_EV = 0.005
MAX_SUPERCELL_ORBITALS = 450


def show_densities(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show density of states and its local map, beside the reference's."""
    reference, theme = chosen.reference, current_theme()
    if not reference.has_weights or reference.basis != "pz":
        st.info(
            "The reference holds no weights of states on atoms, so there is no local density to compare.",
            icon=":material/info:",
        )
        return
    mesh = density_mesh((-2.0, 2.0))
    model, known = model_density(fit.hamiltonian, reference, mesh), reference_density(reference, mesh)
    curves: dict[str, tuple[np.ndarray, np.ndarray | None]] = {"all atoms": (model.sum(axis=0), known.sum(axis=0))}
    atoms = defect_atoms(reference.crystal)
    if len(atoms):
        curves["the defect's atoms"] = (model[atoms].sum(axis=0), known[atoms].sum(axis=0))
    figure = density_figure(mesh, curves, theme=theme)
    show_figure(figure, "hamiltonian-density")
    st.caption("Broadened by 0.1 eV over a grid of k-points that were never fitted; without spin.")
    energy = remember(
        st.slider,
        QUANTITIES["orbital_energy_ev"].titled("Local density at"),
        "hamiltonian_energy_ev",
        min_value=-2.0,
        max_value=2.0,
        step=0.05,
    )
    place = int(np.abs(mesh - energy).argmin())
    top = max(float(model[:, place].max()), float(known[:, place].max()))
    with st.grid(2, min_column_width=380, gap="medium") as row:
        for name, density in (("Model", model), ("Reference", known)):
            with row.cell():
                subsection(name)
                figure_at = hoppings_figure(
                    fit.hamiltonian,
                    shells_of_elements(fit),
                    theme=theme,
                    weights=density[:, place],
                    weight_title="states/eV",
                    height=400,
                )
                figure_at.data[-1].marker.cmax = top
                show_figure(figure_at, f"hamiltonian-local-{name.lower()}")
    table = pd.DataFrame({"energy_ev": mesh, "model": model.sum(axis=0), "reference": known.sum(axis=0)})
    with st.container(horizontal=True, gap="small"):
        figure_download(figure, "hamiltonian-density", key="hamiltonian_density_html")
        table_downloads(table, "hamiltonian-density")


def show_states(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show the charge density of one state on the atoms, and how levels are spaced."""
    reference, theme = chosen.reference, current_theme()
    half = fit.hamiltonian.n_orbitals // 2
    last = min(half, 20)
    level = remember(
        st.slider,
        "State at Γ, counted from the highest occupied",
        "hamiltonian_state",
        min_value=1 - last,
        max_value=last,
        step=1,
        help="0: the highest occupied, 1: the lowest empty one",
    )
    energies, weights = fit.hamiltonian.states(np.zeros((1, 3)))
    band = int(np.clip(half - 1 + level, 0, fit.hamiltonian.n_orbitals - 1))
    alike = np.abs(energies[0] - energies[0, band]) < DEGENERATE_EV
    shown = weights[0, alike].mean(axis=0)
    known = known_state(reference, band)
    with st.grid(2, min_column_width=380, gap="medium") as row:
        with row.cell():
            several = f", mean of {alike.sum()} degenerate states" if alike.sum() > 1 else ""
            subsection("Model", f"{energies[0, band]:.3f} eV{several}")
            figure = hoppings_figure(
                fit.hamiltonian,
                shells_of_elements(fit),
                theme=theme,
                weights=shown,
                weight_title="weight",
                height=400,
            )
            show_figure(figure, "hamiltonian-state")
        with row.cell():
            if known is None:
                subsection("Level spacing")
            else:
                subsection("Reference", f"{known[0]:.3f} eV")
                figure = hoppings_figure(
                    fit.hamiltonian,
                    shells_of_elements(fit),
                    theme=theme,
                    weights=known[1],
                    weight_title="weight",
                    height=400,
                )
                show_figure(figure, "hamiltonian-state-reference")
    if len(reference.points(GRID)):
        subsection("Level spacing", "neighbouring levels within the window, over the grid of k-points")
        show_figure(spacing_figure(spacings_of(fit, reference), theme=theme), "hamiltonian-spacings")


def known_state(reference: BandReference, band: int) -> tuple[float, np.ndarray] | None:
    """Return the reference's energy [eV] and weights, (n_atoms,), of a band at Gamma; None where they are not known.

    Of degenerate states, of which any mixture is as good, the mean.
    """
    at_gamma = [k for k in reference.points(GRID) if not reference.kpts[k].any()]
    place = band - reference.first_weighed
    if not at_gamma or not 0 <= place < reference.weights.shape[1]:
        return None
    energies = reference.energies[at_gamma[0]]
    alike = np.abs(energies - energies[band - reference.first_band]) < DEGENERATE_EV
    places = np.flatnonzero(alike) + reference.first_band - reference.first_weighed
    places = places[(places >= 0) & (places < reference.weights.shape[1])]
    weights = reference.weights[at_gamma[0], places].astype(float).mean(axis=0)
    return float(energies[band - reference.first_band]), weights


def spacings_of(fit: HamiltonianFit, reference: BandReference) -> dict[str, np.ndarray]:
    """Return the spacings of neighbouring levels in the window, model and reference, [eV]."""
    grid, (low, high) = reference.points(GRID), reference.window_ev
    found = {}
    for name, energies in (
        ("model", fit.hamiltonian.bands(reference.kpts[grid])),
        ("reference", reference.energies[grid]),
    ):
        inside = [row[(row > low) & (row < high)] for row in energies]
        spacings = np.concatenate([np.diff(row) for row in inside if len(row) > 1] or [np.zeros(0)])
        if len(spacings) > 1:
            found[name] = spacings
    return found


def show_transmission(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Compute, on request, the transmission across the defect, beside the pristine sheet's."""
    state, n_shells = session(), fit.options.n_shells
    lead = kept_fits("pristine_1x1").fits.get(n_shells)
    if chosen.reference.basis != "pz" or lead is None or chosen.reference.crystal.n_atoms < 10:
        st.info("Transmission is for defects in graphene: choose one of them.", icon=":material/info:")
        return
    pristine = lead.hamiltonian
    mark = f"{chosen.mark} {fit.seconds} {fit.losses[-1:]}"

    def work(progress: Progress, should_cancel: ShouldCancel) -> tuple[str, Transmission]:
        energies = np.linspace(-2.0, 2.0, N_ENERGIES)
        return mark, transmission_across(
            fit.hamiltonian, pristine, energies, progress=progress, should_cancel=should_cancel
        )

    held = state.transmissions.get(mark)
    if held is None:
        if st.button("Compute transmission", key="compute_transmission", icon=":material/play_arrow:"):
            run_job("transmission", Job(work, label="Transmission", noun="k-points"), collect_transmission)
            if mark in state.transmissions:
                st.rerun()
        show_job("transmission", collect_transmission)
        return
    figure = transmission_figure(held, theme=current_theme())
    show_figure(figure, "hamiltonian-transmission")
    st.caption(
        f"Through one cell with the defect between pristine half sheets, along the second lattice vector; mean over "
        f"{held.n_kpts} k-points sideways, without spin. On-site energies far from the defect are those of the pristine sheet."
    )
    table = pd.DataFrame({"energy_ev": held.energies_ev, "transmission": held.across, "pristine": held.pristine})
    with st.container(horizontal=True, gap="small"):
        figure_download(figure, "hamiltonian-transmission", key="hamiltonian_transmission_html")
        table_downloads(table, "hamiltonian-transmission")


def collect_transmission(state: Session, result: object) -> None:
    """Take a finished transmission into the session."""
    if isinstance(result, tuple):
        state.transmissions[result[0]] = result[1]


def show_supercells(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show the bands of a larger cell of the same sheet."""
    crystal = fit.hamiltonian.crystal
    counts = [
        n for n in (1, 2, 3) if fit.hamiltonian.n_orbitals * n ** int(crystal.periodic.sum()) <= MAX_SUPERCELL_ORBITALS
    ]
    times = remember(
        st.segmented_control, "Repeat", "hamiltonian_repeat", options=counts, format_func=lambda n: f"{n} × {n}"
    )
    counted = tuple(times if repeats else 1 for repeats in crystal.periodic)
    try:
        larger = repeat_hamiltonian(fit.hamiltonian, counted)  # type: ignore[arg-type]
    except EigenscopeError as error:
        show_error(error)
        return
    path, window = path_points(larger.crystal, 16), chosen.reference.window_ev
    figure = bands_figure(
        path,
        larger.bands(path.kpts),
        reference_lengths=np.zeros(0),
        reference_ev=np.zeros((0, 1)),
        window_ev=window,
        theme=current_theme(),
    )
    show_figure(figure, "hamiltonian-supercell")
    st.caption(f"{larger.n_orbitals} bands of the repeated cell: those of the cell, folded.")
