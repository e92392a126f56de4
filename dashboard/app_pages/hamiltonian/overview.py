"""The first look: structure with its hoppings, bands beside the reference."""

import numpy as np
import streamlit as st

from core.hamiltonian.fit import HamiltonianFit
from core.hamiltonian.kpoints import KPath, path_lengths, path_points
from core.hamiltonian.reference import PATH, BandReference
from dashboard.app_pages.hamiltonian.kept import Chosen, shells_of_elements
from dashboard.figures.hamiltonian import bands_figure, hoppings_figure
from dashboard.widgets.figure import show_figure
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme

N_LEG = 30


def path_of(reference: BandReference) -> tuple[KPath, np.ndarray, np.ndarray]:
    """Return the path that bands are drawn along, and where on it the reference is known and its energies.

    A user's own k-points are the path themselves.
    """
    if reference.facts.get("material") == "own":
        lengths = path_lengths(reference.crystal, reference.kpts)
        ends = ((0.0, "first"), (float(lengths[-1]), "last"))
        return KPath(reference.kpts, lengths, ends), lengths, reference.energies
    known = reference.points(PATH)
    lengths = path_lengths(reference.crystal, reference.kpts[known])
    return path_points(reference.crystal, N_LEG), lengths, reference.energies[known]


def show_structure_and_bands(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show both figures side by side."""
    reference, theme = chosen.reference, current_theme()
    window = chosen.options.window_ev or reference.window_ev
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            section(
                "Structure and hoppings", "wider lines: larger hoppings" if reference.basis == "pz" else "from above"
            )
            show_figure(hoppings_figure(fit.hamiltonian, shells_of_elements(fit), theme=theme), "hamiltonian-structure")
        with row.cell():
            section("Bands", "pi bands" if reference.basis == "pz" else "")
            path, lengths, energies = path_of(reference)
            figure = bands_figure(
                path,
                fit.hamiltonian.bands(path.kpts),
                reference_lengths=lengths,
                reference_ev=energies,
                window_ev=window,
                theme=theme,
            )
            show_figure(figure, "hamiltonian-bands")
