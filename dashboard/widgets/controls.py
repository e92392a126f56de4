"""Controls that change pictures and not predictions."""

import streamlit as st

from core.quantities import QUANTITIES
from core.spectrum.broaden import LINE_SHAPES
from dashboard.state import remember, session
from dashboard.widgets.energy_axis import choose_axis
from dashboard.widgets.wording import LEVEL_LABELS, SCALE_LABELS


def spectrum_controls(key: str, *, of_electrons: bool = False) -> None:
    """Show the controls that change the picture of a learner's levels and not the prediction; each is remembered.

    A photoelectron spectrum, `of_electrons`, has a width and a line shape of its own.
    """
    with st.grid(4, min_column_width=165, gap="small"):
        remember(
            st.slider,
            QUANTITIES["sigma_ev"].header,
            "photoelectron_sigma_ev" if of_electrons else "sigma_ev",
            step=0.05,
            help="Of the highest level's band, before the analyser."
            if of_electrons
            else "Standard deviation of the Gaussian each level is drawn as. 0.5 eV is the headline spectrum.",
        )
        remember(
            st.slider,
            QUANTITIES["energy_ev"].titled("Window"),
            "window_ev",
            step=0.5,
            help="Orbital energies shown. With a reference, also the window in which the error is taken.",
        )
        remember(
            st.selectbox,
            "Line shape",
            "photoelectron_shape" if of_electrons else "shape",
            options=list(LINE_SHAPES),
            help="The Lorentzian has the Gaussian's full width at half maximum; pseudo-Voigt is their mean. The "
            "asymmetric line has a tail to deeper energies, as photoelectron bands have.",
        )
        remember(st.selectbox, "Scale", "normalise", options=list(SCALE_LABELS), format_func=SCALE_LABELS.get)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choose_axis(key)
        remember(
            st.segmented_control,
            "Levels",
            "n_levels",
            options=list(LEVEL_LABELS),
            format_func=LEVEL_LABELS.get,
            help="The 16 highest occupied levels (the headline spectrum), or every occupied level but the 1s cores.",
        )
        remember(
            st.toggle,
            "Error band",
            "show_error",
            help="What the expected error of the levels does to the curve: one standard error, at 20% opacity.",
        )
        table = session().table
        if table is not None and (table["n_conformers"] > 1).any():
            remember(
                st.toggle,
                "Conformers' band",
                "show_spread",
                help="How far the conformers' spectra lie from their average: one standard deviation, between dotted lines.",
            )
