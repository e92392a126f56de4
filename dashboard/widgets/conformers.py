"""The conformers of one molecule: which is shown, their energies, weights and levels, and the temperature of their average."""

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES
from core.structure.conformers import SEARCH
from core.structure.ensemble import COLDEST_K, HOTTEST_K, Ensemble
from core.table_conformers import conformer_levels, ensemble_of_row, fitting_conformer, reweigh
from dashboard.state import remember, session
from dashboard.widgets.columns import ABSENT, quantity_config

ABOVE_LOWEST, WEIGHT = QUANTITIES["conformer_energy"], QUANTITIES["conformer_weight"]
LEFT_OUT = (
    f"Sought by ETKDGv3 and MMFF94, relaxed with GFN2-xTB; kept are at most {SEARCH.most_kept} within "
    f"{ABOVE_LOWEST.text(SEARCH.window_ev)} of the lowest (a thorough search keeps more). Weights are Boltzmann's of the "
    "energies in vacuum; what vibrations, entropy and a solvent do to them is left out. A conformer with a mirror image counts "
    "twice."
)


def choose_conformer(row: pd.Series, *, key: str) -> tuple[pd.Series, int | None]:
    """Offer a predicted row's conformers; return the row at the chosen one's positions, and its place (None: it has one).

    Parameters
    ----------
    row : prediction table row, status ok
        Of a ranking, the conformer that fits best is chosen first.
    key : prefix of the widgets' keys
    """
    ensemble = ensemble_of_row(row)
    if ensemble is None:
        return row, None
    weights = ensemble.weights(float(row["temperature_k"]))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = st.selectbox(
            f"Conformer, of {len(ensemble)}",
            range(len(ensemble)),
            index=fitting_conformer(row) or 0,
            key=f"{key}_conformer_{row['smiles']}",
            format_func=lambda k: (
                f"{k + 1} · {WEIGHT.text(float(weights[k]))} · {ABOVE_LOWEST.text(float(ensemble.energies_ev[k]))}"
            ),
        )
        with st.popover("Conformers", icon=":material/flip_camera_android:"):
            show_conformer_table(row, ensemble, weights)
    return row_at(row, ensemble, place), place


def row_at(row: pd.Series, ensemble: Ensemble, place: int) -> pd.Series:
    """Return a row with the positions of one of its conformers."""
    changed = row.copy()
    changed["positions"] = ensemble.geometries[place].positions.astype(np.float32).ravel()
    return changed


def show_conformer_table(row: pd.Series, ensemble: Ensemble, weights: np.ndarray) -> None:
    """Show energy, weight and frontier levels of each conformer, and what the average leaves out."""
    levels = conformer_levels(row)
    view = pd.DataFrame(
        {
            "#": range(1, len(ensemble) + 1),
            ABOVE_LOWEST.key: ABOVE_LOWEST.shown(ensemble.energies_ev),
            WEIGHT.key: WEIGHT.shown(weights),
            "Counts": ensemble.degeneracies,
            "homo_ev": [x.homo_ev for x in levels],
            "gap_ev": [x.gap_ev for x in levels],
        }
    )
    config = {
        "#": st.column_config.NumberColumn(width=40),
        "Counts": st.column_config.NumberColumn(width=70, help="2: its mirror image is another conformer"),
        **{name: quantity_config(name, width=90) for name in (ABOVE_LOWEST.key, WEIGHT.key, "homo_ev", "gap_ev")},
    }
    st.dataframe(view, hide_index=True, placeholder=ABSENT, column_config=config)
    spread = QUANTITIES["conformer_spread_ev"]
    st.caption(
        f"At {QUANTITIES['temperature_k'].text(float(row['temperature_k']))}; {spread.in_words}: "
        f"{spread.text(float(row['conformer_spread_ev']))}. {LEFT_OUT}"
    )


def choose_temperature() -> None:
    """Show the temperature of the averages; a change weighs the molecules of Predict anew."""
    state = session()
    if state.table is None or not (state.table["n_conformers"] > 1).any():
        return
    temperature = remember(
        st.slider,
        QUANTITIES["temperature_k"].header,
        "temperature_k",
        min_value=COLDEST_K,
        max_value=HOTTEST_K,
        step=0.05,
        format="%.0f",
        help="At which conformers are averaged; nothing is computed again.",
    )
    told = state.table["temperature_k"].dropna()
    if (told != temperature).any():
        state.table = reweigh(state.table, temperature)
        st.rerun()
