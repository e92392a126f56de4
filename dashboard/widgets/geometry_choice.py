"""How molecules without coordinates get them, and how many conformers of each."""

import streamlit as st

from core.structure.place import AUTO_SECONDS, ConformerOptions
from dashboard.state import remember, session
from dashboard.widgets.wording import CONFORMER_LABELS, GEOMETRY_LABELS


def choose_geometry(label: str) -> None:
    """Show the choices of geometry and, where it is by GFN2-xTB, of conformers."""
    remember(
        st.segmented_control,
        label,
        "geometry",
        options=list(GEOMETRY_LABELS),
        format_func=GEOMETRY_LABELS.get,
        help="For input without 3-D coordinates: ETKDGv3 and MMFF94, then GFN2-xTB (tenths of a second a conformer) "
        "unless Fast is chosen. 3-D input is always used as it is; with As given, 2-D input is refused.",
    )
    if session().settings["geometry"] == "xtb":
        remember(
            st.segmented_control,
            "Conformers",
            "conformers",
            options=list(CONFORMER_LABELS),
            format_func=CONFORMER_LABELS.get,
            help="Levels and spectra are averaged over a molecule's conformers, by their energies. Where quick: of molecules "
            f"for which finding them takes at most {AUTO_SECONDS:g} seconds; All: of every molecule; Thorough: with ten times "
            "as many attempts and turned bonds; One: a single geometry.",
        )


def chosen_conformers() -> ConformerOptions:
    """Return which conformers are asked for, and the temperature at which they are averaged."""
    settings = session().settings
    return ConformerOptions(settings["conformers"], settings["temperature_k"])
