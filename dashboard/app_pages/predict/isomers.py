"""Stereochemistry that an input leaves open: said, taken apart on request, and how much it moves the levels."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.quantities import OWN_PREFIX, QUANTITIES
from core.screening.spectra import stack_levels
from core.structure.entry import OK, Entry
from core.structure.geometry import MADE_HERE
from core.structure.isomers import ISOMER_OF, expand_isomers
from core.structure.molecule import parse_smiles
from dashboard.app_pages.predict.molecule_input import begin_prediction

COLUMN = f"{OWN_PREFIX}{ISOMER_OF}"
APART, HOMO = QUANTITIES["rmse_ev"], QUANTITIES["homo_ev"]


@st.cache_data(show_spinner=False, max_entries=500)
def open_isomers(smiles: str, name: str) -> list[Entry]:
    """Return the stereoisomers that a SMILES leaves open; none where it leaves none, or too many."""
    try:
        isomers = expand_isomers([Entry(1, name, parse_smiles(smiles))])
    except EigenscopeError:
        return []
    return isomers if len(isomers) > 1 else []


def show_isomers(table: pd.DataFrame, row: pd.Series) -> None:
    """Offer to predict the stereoisomers that a molecule leaves open, or say how far those in the list lie apart."""
    if COLUMN in table and isinstance(row[COLUMN], str) and row[COLUMN]:
        show_apart(table[(table[COLUMN] == row[COLUMN]) & (table["status"] == OK)])
        return
    isomers = open_isomers(str(row["smiles"]), str(row["id"])) if row["geometry"] in MADE_HERE else []
    if not isomers:
        return
    st.markdown(
        f":small[:orange[:material/flip: Stereochemistry is left open: {len(isomers)} stereoisomers, one is shown.]]"
    )
    if st.button("Predict all of them", key="predict_isomers", icon=":material/call_split:"):
        begin_prediction(isomers, add=True)
        st.rerun()


def show_apart(isomers: pd.DataFrame) -> None:
    """Say how far the levels of one molecule's stereoisomers lie apart."""
    levels = stack_levels(isomers, int(isomers["levels_ev"].map(len).min()))[:, -16:]
    if len(levels) < 2:
        return
    apart = APART.text(float(np.sqrt(np.mean(np.square(levels - levels.mean(axis=0))))))
    homo = HOMO.text(float(np.ptp(levels[:, -1])))
    st.markdown(
        f":small[:material/flip: Its {len(levels)} stereoisomers: their {levels.shape[1]} highest levels lie {apart} from their "
        f"mean, their HOMO within {homo}.]"
    )
