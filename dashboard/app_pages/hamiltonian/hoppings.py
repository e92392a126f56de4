"""Error against neighbours, hoppings by neighbour, the matrix as a picture."""

import numpy as np
import pandas as pd
import streamlit as st

from core.hamiltonian.exports import element_table
from core.hamiltonian.fit import HamiltonianFit
from core.quantities import QUANTITIES
from dashboard.app_pages.hamiltonian.kept import MATERIALS, Chosen, kept_fits, sizes_of_materials
from dashboard.figures.hamiltonian import cutoff_figure, elements_figure
from dashboard.state import remember
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.downloads import figure_download, table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.page_theme import current_theme


def show_cutoffs(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show the error of the ready fits against the number of neighbours: this reference, or all."""
    keys = [key for keys in sizes_of_materials().values() for key in keys]
    everything = remember(st.toggle, "All materials", "hamiltonian_all_materials")
    shown = keys if everything else [key for key in keys if key == chosen.key]
    curves = {
        name_of(key): [(n, f.agreement.held_out_mev) for n, f in sorted(kept_fits(key).fits.items())]
        for key in shown
        if kept_fits(key).fits
    }
    if not curves:
        st.info(
            "Ready fits with other numbers of neighbours are there for the references that come with the program.",
            icon=":material/info:",
        )
        return
    figure = cutoff_figure(
        curves, theme=current_theme(), chosen=fit.options.n_shells, height=420 if everything else 340
    )
    show_figure(figure, "hamiltonian-cutoffs")
    st.caption("Root mean square over the energies in the window, at k-points that were never fitted.")
    rows = [
        {"reference": name, "neighbours": n, "held_out_mev": error}
        for name, points in curves.items()
        for n, error in points
    ]
    with st.container(horizontal=True, gap="small"):
        figure_download(figure, "hamiltonian-cutoffs", key="hamiltonian_cutoffs_html")
        table_downloads(pd.DataFrame(rows), "hamiltonian-cutoffs")


def name_of(key: str) -> str:
    """Return a reference's name for people: "Flower, 5 × 5"."""
    material, _, size = key.rpartition("_")
    if not material:
        return MATERIALS.get(key, key)
    return MATERIALS[material] if size == "1x1" else f"{MATERIALS[material]}, {size.replace('x', ' × ')}"


def show_hoppings(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show the hoppings by neighbour, and how far they are determined."""
    parametrisation = fit.parametrisation
    members = np.asarray((parametrisation.spread != 0).sum(axis=0)).ravel()
    rows = pd.DataFrame(
        {"shell": parametrisation.shells, "distance": parametrisation.distances, "value": fit.parameters, "n": members}
    )
    if fit.spread is not None:
        rows["spread"] = fit.spread
    table = pd.DataFrame(
        {
            "neighbours": rows.groupby("shell")["value"].size().index,
            "n_parameters": rows.groupby("shell")["value"].size().to_numpy(),
            "distance_from": rows.groupby("shell")["distance"].min().to_numpy(),
            "distance_to": rows.groupby("shell")["distance"].max().to_numpy(),
            "mean_ev": rows.groupby("shell")[["value", "n"]]
            .apply(lambda g: np.average(g["value"], weights=g["n"]))
            .to_numpy(),
            "lowest_ev": rows.groupby("shell")["value"].min().to_numpy(),
            "highest_ev": rows.groupby("shell")["value"].max().to_numpy(),
        }
    )
    if fit.spread is not None:
        table["spread_ev"] = rows.groupby("shell")["spread"].mean().to_numpy()
    st.dataframe(
        table,
        placeholder=ABSENT,
        key="hopping_table",
        hide_index=True,
        height="content",
        column_config={
            "neighbours": st.column_config.NumberColumn("Neighbours", help="0: on-site energies"),
            "n_parameters": st.column_config.NumberColumn(
                "Different", help="Hoppings that the symmetry leaves different"
            ),
            "distance_from": st.column_config.NumberColumn("From / Å", format="%.2f"),
            "distance_to": st.column_config.NumberColumn("To / Å", format="%.2f"),
            "mean_ev": st.column_config.NumberColumn(QUANTITIES["orbital_energy_ev"].titled("Mean"), format="%.3f"),
            "lowest_ev": st.column_config.NumberColumn(QUANTITIES["orbital_energy_ev"].titled("Lowest"), format="%.3f"),
            "highest_ev": st.column_config.NumberColumn(
                QUANTITIES["orbital_energy_ev"].titled("Highest"), format="%.3f"
            ),
            "spread_ev": st.column_config.NumberColumn(
                QUANTITIES["orbital_energy_ev"].titled("Spread"),
                format="%.3f",
                help="Between good fits from several starts",
            ),
        },
    )
    show_determination(fit)
    with st.container(horizontal=True, gap="small"):
        table_downloads(
            element_table(fit.hamiltonian), "hamiltonian-elements", label=f"{len(fit.hamiltonian.values):,} elements"
        )


def show_determination(fit: HamiltonianFit) -> None:
    """Say how far the data determine the hoppings."""
    if fit.spread is None:
        st.caption(
            "One start: whether the data determine the hoppings is told by a fit from several (How it is fitted)."
        )
        return
    nearest = fit.spread[fit.parametrisation.shells == 1].mean()
    text = f"Nearest hoppings of equally good fits differ by {nearest:.3f} eV, all parameters by {fit.spread.mean():.3f} eV."
    if nearest > 0.05:
        st.warning(
            f"{text} Bands and densities do not determine this Hamiltonian: trust what follows from it, not single "
            "hoppings."
        )
    else:
        st.caption(text)


def show_matrix_picture(chosen: Chosen, fit: HamiltonianFit) -> None:
    """Show H at Gamma."""
    figure = elements_figure(fit.hamiltonian, theme=current_theme())
    show_figure(figure, "hamiltonian-matrix")
    figure_download(figure, "hamiltonian-matrix", key="hamiltonian_matrix_html")
