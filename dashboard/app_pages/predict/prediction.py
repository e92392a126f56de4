"""The right of Predict: spectrum with its controls, structure, levels, downloads."""

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.spectrum.broaden import Spectrum
from core.spectrum.cross_sections import intensities_in_words
from core.spectrum.photoelectrons import Photoelectrons
from core.spectrum.plausible import DOUBTFUL
from core.writers.spectra import energy_column, spectrum_to_jcamp
from core.writers.tables import table_to_csv
from dashboard import resources
from dashboard.address import write_address
from dashboard.app_pages.predict.isomers import show_isomers
from dashboard.app_pages.predict.levels import show_level_diagram, take_level_click
from dashboard.app_pages.predict.reference import ReferenceView, show_reference_input, show_scores, view_reference
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.state import PER_EV, session
from dashboard.widgets.conformers import choose_temperature
from dashboard.widgets.controls import spectrum_controls
from dashboard.widgets.curves import display_grid, height_drawn, make_curves
from dashboard.widgets.downloads import figure_download, figure_format_control
from dashboard.widgets.energy_axis import axis_of_learner
from dashboard.widgets.familiarity import show_familiarity
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.learner_choice import learner_of
from dashboard.widgets.learner_overlay import (
    Overlaid,
    learner_curves,
    overlay_learners,
    rows_to_draw,
    show_overlay_choice,
    show_overlay_notes,
)
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.photoelectrons import asked_photoelectrons, choose_photoelectrons
from dashboard.widgets.structure_viewer import show_structure
from dashboard.widgets.text import escape_markdown


@st.fragment
@guarded
def show_prediction() -> None:
    """Show the drawn molecules; controls rerun this part of the page only."""
    state = session()
    table = state.table
    drawn = [k for k in state.drawn if table is not None and k < len(table)]
    if table is None or not drawn:
        st.info("Tick a predicted molecule in the list to draw its spectrum.", icon=":material/info:")
        return
    write_address("predict")
    # beside each other where both have room (page_style.css)
    with st.container(horizontal=True, gap="medium", key="predict_panels"):
        with st.container(key="predict_spectrum"):
            show_spectrum(table, drawn)
        with st.container(key="predict_structure"):
            show_focus(table, drawn)
            show_level_diagram(table, height=290)
    st.page_link("app_pages/scan/page.py", label="Next: scan a library of candidates", icon=":material/arrow_forward:")


def show_spectrum(table: pd.DataFrame, drawn: list[int]) -> None:
    """Show the drawn molecules' spectra with what changes, compares and saves them."""
    state = session()
    focus = state.focus if state.focus in drawn else drawn[-1]
    overlaid = overlay_learners(table.loc[focus], n_drawn=len(drawn))
    is_compared = state.reference is not None or overlaid is not None
    look = None if is_compared else asked_photoelectrons()
    figure, overlay, curves = draw_spectrum(table, drawn, overlaid, look=look)
    drawn_as = "density of states" if look is None else f"photoelectrons, {intensities_in_words(look.intensities)},"
    section("Spectrum", f"{drawn_as} from the levels below it" if overlay is None else "with reference")
    show_figure(figure, "spectrum", on_select=lambda: take_level_click("spectrum"))
    show_doubts(table, drawn)
    show_overlay_notes(overlaid)
    if overlay is not None and overlaid is not None:
        show_scores(overlay, overlaid.table, list(overlaid.table.index))
    elif overlay is not None:
        show_scores(overlay, table, drawn)
    spectrum_controls(learner_of(table), of_electrons=look is not None)
    choose_photoelectrons(learner_of(table), is_compared=is_compared)
    show_overlay_choice()
    with st.container(horizontal=True, gap="small"):
        show_reference_input()
        show_downloads(table, drawn, figure, curves, is_overlaid=overlaid is not None, of_electrons=look is not None)
    from dashboard.widgets.dft_check.panel import show_dft_check  # loads PySCF, which the first curve need not wait for

    show_dft_check(table.loc[drawn])


def show_doubts(table: pd.DataFrame, drawn: list[int]) -> None:
    """Say in yellow which of the drawn predictions cannot be trusted, and why."""
    for number, k in enumerate(drawn, start=1):
        _, doubtful, what = str(table["note"][k]).partition(DOUBTFUL)
        if doubtful:
            name = escape_markdown(str(table["id"][k]), limit=40)
            st.warning(f"**{number} · {name}** is doubtful: {escape_markdown(what)}.", icon=":material/warning:")


def draw_spectrum(
    table: pd.DataFrame, drawn: list[int], overlaid: Overlaid | None, *, look: Photoelectrons | None
) -> tuple[go.Figure, ReferenceView | None, list[Curve]]:
    """Return the figure, the comparison with the reference (or None) and the curves: of molecules, or of learners.

    With `look`, which no comparison has, they are photoelectron spectra.
    """
    state = session()
    settings = state.settings
    rows, places = rows_to_draw(table, drawn, overlaid)
    curves = make_curves(rows, places, look=look)
    overlay: ReferenceView | None = view_reference(rows, places) if state.reference is not None else None
    if overlaid is not None:
        focus = drawn.index(state.focus) if state.focus in drawn else len(drawn) - 1
        curves = learner_curves(overlaid, overlay.curves if overlay else curves, order=focus)
        overlay = replace(overlay, curves=curves) if overlay else None
    marked = None
    if state.focus in drawn and state.level is not None:
        row = table.loc[state.focus]
        energies = [*row["levels_ev"], row["lumo_ev"]]
        marked = float(energies[state.level]) if state.level < len(energies) else None
    figure = spectrum_figure(
        overlay.curves if overlay else curves,
        theme=current_theme(),
        height_of=overlay.height_of if overlay else height_drawn(of_electrons=look is not None),
        axis=axis_of_learner(learner_of(table)),
        window_ev=settings["window_ev"],
        marked_ev=marked,
        reference=overlay.reference if overlay else None,
        residuals=overlay.residuals if overlay else (),
        height=380 + 14 * len(curves),
    )
    return figure, overlay, curves


def show_focus(table: pd.DataFrame, drawn: list[int]) -> None:
    """Show the structure of one of the drawn molecules."""
    state = session()
    if state.focus not in drawn:
        state.focus, state.level = drawn[-1], None
    section("Structure")
    if len(drawn) > 1:
        st.session_state["focus"] = state.focus

        def take() -> None:
            state.focus, state.level = st.session_state["focus"], None

        st.selectbox(
            "Molecule",
            drawn,
            key="focus",
            on_change=take,
            label_visibility="collapsed",
            format_func=lambda k: f"{drawn.index(k) + 1} · {table['id'][k]}",
        )
    show_structure(table.loc[state.focus], key="predict")
    choose_temperature()
    show_isomers(table, table.loc[state.focus])
    show_familiarity(table.loc[state.focus])


def show_downloads(
    table: pd.DataFrame,
    drawn: list[int],
    figure: go.Figure,
    curves: list[Curve],
    *,
    is_overlaid: bool = False,
    of_electrons: bool = False,
) -> None:
    """Offer the spectra as numbers and the figure; the curves are those of learners where `is_overlaid`."""
    with st.popover("Download", icon=":material/download:"):
        st.download_button(
            "Spectra (CSV)",
            lambda: spectra_csv(curves, learner_of(table)),
            file_name="eigenscope-spectra.csv",
            mime="text/csv",
            key="download_spectra_csv",
            on_click="ignore",
        )
        state = session()
        focus = state.focus if state.focus in drawn else drawn[0]
        curve = curves[0 if is_overlaid else drawn.index(focus)]
        spectrum = Spectrum(curve.energies_ev, curve.density, title_of(table, focus))
        st.download_button(
            "Spectrum of the molecule in focus (JCAMP-DX)",
            lambda: spectrum_to_jcamp(
                spectrum, of_electrons=of_electrons, in_states=state.settings["normalise"] == PER_EV
            ),
            file_name="eigenscope-spectrum.jdx",
            mime="chemical/x-jcamp-dx",
            key="download_jcamp",
            on_click="ignore",
        )
        figure_download(figure, "spectrum", key="download_spectrum_html")
        figure_format_control()


def title_of(table: pd.DataFrame, label: int) -> str:
    """Return a molecule's name for a file whose energies are called orbital energies, whatever they are."""
    name = str(table["id"][label])
    return f"{name} (minus ionisation energies)" if resources.tells_ionisation(learner_of(table)) else name


def spectra_csv(curves: list[Curve], learner: str) -> bytes:
    """Return the drawn curves of a learner as a table: energy [eV], then one column a molecule, error bands beside them."""
    grid, of_ionisation = display_grid(session().settings["window_ev"]), resources.tells_ionisation(learner)
    columns = energy_column(grid, of_ionisation=of_ionisation)
    for curve in curves:
        name = curve.label if curve.own_colour else f"{curve.order + 1} {curve.label}"
        columns[name] = curve.density
        if curve.error is not None:
            columns[f"{name} (standard error)"] = curve.error
    return table_to_csv(pd.DataFrame(columns))
