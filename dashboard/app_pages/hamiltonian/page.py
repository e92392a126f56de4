"""Hamiltonian: tight-binding models of graphene's defects and other crystals, from reference bands."""

import streamlit as st

from dashboard.app_pages.hamiltonian.choice import choose_reference
from dashboard.app_pages.hamiltonian.export import show_export
from dashboard.app_pages.hamiltonian.fitting import show_fitting, show_result_line
from dashboard.app_pages.hamiltonian.hoppings import show_cutoffs, show_hoppings, show_matrix_picture
from dashboard.app_pages.hamiltonian.kept import Chosen, fit_at_hand
from dashboard.app_pages.hamiltonian.overview import show_structure_and_bands
from dashboard.app_pages.hamiltonian.properties import show_densities, show_states, show_supercells, show_transmission
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import page_heading
from dashboard.widgets.job_bar import show_message
from dashboard.widgets.text import escape_markdown

HAMILTONIAN_TABS = {
    "Error against neighbours": show_cutoffs,
    "Hoppings": show_hoppings,
    "Matrix": show_matrix_picture,
    "Densities": show_densities,
    "States": show_states,
    "Transmission": show_transmission,
    "Larger cells": show_supercells,
    "Export": show_export,
}


@guarded
def show_hamiltonian() -> None:
    """Show the choices, the fit and what follows from it."""
    chosen, is_pressed = choose_reference()
    if chosen is None:
        return
    show_fitting(chosen, is_pressed=is_pressed)
    fit, origin = fit_at_hand(chosen)
    if fit is None:
        st.info("Not fitted yet: press Fit.", icon=":material/info:")
        return
    show_result_line(fit, origin)
    show_structure_and_bands(chosen, fit)
    for tab, show in zip(
        st.tabs(list(HAMILTONIAN_TABS), key="hamiltonian_tab", on_change="rerun"),
        HAMILTONIAN_TABS.values(),
        strict=True,
    ):
        if tab.open:
            with tab:
                show(chosen, fit)
    show_facts(chosen)


def show_facts(chosen: Chosen) -> None:
    """Show what the reference is."""
    facts = chosen.reference.facts
    parts = [
        f"{chosen.reference.crystal.n_atoms} atoms",
        str(facts.get("theory", "")),
        f"geometry: {facts.get('geometry', 'as given')}",
    ]
    if facts.get("note"):
        parts.append(str(facts["note"]))
    st.divider()
    st.caption("Reference: " + escape_markdown(" · ".join(part for part in parts if part), limit=600))


page_heading("From bands to a tight-binding Hamiltonian, and to what follows from it.")
show_message()
show_hamiltonian()
