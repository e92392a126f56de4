"""Ionisation energies: how far they are from computed ones, by the number of labels, and from measured ones."""

import pandas as pd
import streamlit as st

from core.assets import COMPARISON
from core.errors import EigenscopeError
from core.evaluation.files import load_figures
from core.evaluation.ionisation_check import IONISATION_FILE, OUTER_VALENCE_EV
from core.quantities import QUANTITIES
from core.spectrum.metrics import Figures
from core.theory import QUASIPARTICLE_THEORY
from dashboard.figures.learning_curves import learning_curve_figure, spread_by_count
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

WAY_NAMES = {
    "delta": "Corrected, level by level",
    "line": "Best straight line",
    "direct": "Not told the network's energies",
}
MAE = QUANTITIES["mae_ev"]


@st.fragment
@guarded
def show_ionisation() -> None:
    """Show the learning curves of the correction and its yardsticks, and measured first ionisation energies."""
    try:
        found = load_figures(COMPARISON / IONISATION_FILE, command="eigenscope compare ionisation")
    except EigenscopeError as error:
        st.info(f"Nothing measured yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    curves = pd.DataFrame(found["curves"])
    section(
        "Against computed ionisation energies",
        f"{found['n_test']} test molecules, levels above {-OUTER_VALENCE_EV:g} eV",
    )
    figure = learning_curve_figure(
        {way: spread_by_count(curves[curves["way"] == way], by="n_labels") for way in WAY_NAMES},
        WAY_NAMES,
        theme=current_theme(),
        quantity=MAE,
        height=400,
    )
    show_figure(figure, "ionisation-curves")
    st.caption("Points: mean over draws of the labels; bars: from the lowest to the highest. All labels are one draw.")
    with st.container(horizontal=True, gap="small"):
        table_downloads(curves, "ionisation-curves")
    show_measured(found["measured"])


def show_measured(known: Figures) -> None:
    """Show first ionisation energies beside measured ones, molecule by molecule."""
    table = pd.DataFrame(known["molecules"])
    section("Against measured ones", "first vertical ionisation energies, organic molecules of ase.data.g2")
    view = pd.DataFrame(
        {
            "Molecule": table["name"],
            "Measured": table["measured_ev"],
            "Predicted": table["predicted_ev"],
            "±": table["expected_ev"],
            "± in all": [QUASIPARTICLE_THEORY.against_nature_ev(error) for error in table["expected_ev"]],
        }
    )
    errors = {name: quantity_config("expected_rmse_ev", name, width=80) for name in ("±", "± in all")}
    config = {name: quantity_config("ionisation_energy_ev", name, width=110) for name in ("Measured", "Predicted")}
    st.dataframe(
        view,
        hide_index=True,
        placeholder=ABSENT,
        column_config=config | errors,
        key="ionisation_measured",
    )
    st.caption(
        f"MAE {MAE.text(known['mae_ev'], digits='.2f')}; the best line through PBE's HOMOs of the same molecules: "
        f"{MAE.text(known['line_mae_ev'], digits='.2f')}. The ± is against the level of theory; "
        f"*in all* holds that theory's own error too: {known['measured_within_90']:.0%} lie within its 90 % interval, "
        f"{known['levels_within_90']:.0%} within that of the ± alone."
    )
