"""The quantities of a scanned library, as its table, distributions and map show them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from core.library.descriptors import DESCRIPTORS, FLOATS
from core.quantities import INTEGER, QUANTITIES, Quantity, View, offered, quantity_of
from core.screening.filters import BAND_WIDTH, column_values, states_between
from core.screening.own_columns import cells_of, decimals_of, number_columns
from dashboard.state import session

STATES = "states"
WORKED_OUT = (STATES, BAND_WIDTH)  # no columns of a scan


def window_states(scan: pd.DataFrame) -> np.ndarray:
    """Return each molecule's number of states in the chosen window (n,)."""
    low, high = session().settings["density_window_ev"]
    return states_between(scan, low, high)


def offered_here(scan: pd.DataFrame, view: View) -> list[Quantity]:
    """Return the quantities that a view offers and that this scan has."""
    return [quantity for quantity in offered(view) if quantity.key in WORKED_OUT or quantity.key in scan]


def plottable(scan: pd.DataFrame, view: View) -> dict[str, Quantity]:
    """Return by key what a figure may show: a view's quantities that have values, then own columns of numbers, descriptors.

    Some learners predict no LUMO.
    """
    known = [q for q in offered_here(scan, view) if q.key not in scan or scan[q.key].notna().any()]
    return {q.key: q for q in [*known, *own_quantities(scan), *descriptor_quantities(scan)]}


def own_quantities(scan: pd.DataFrame) -> list[Quantity]:
    """Return the user's own columns of numbers, with as many decimals as they are written with."""
    return [replace(quantity_of(c), digits=f".{decimals_of(cells_of(scan[c]))}f") for c in number_columns(scan)]


def descriptor_quantities(scan: pd.DataFrame) -> list[Quantity]:
    """Return RDKit's descriptors that are numbers."""
    return [
        replace(
            quantity_of(c), label=c.replace("_", " "), help=DESCRIPTORS[c], digits=".2f" if c in FLOATS else INTEGER
        )
        for c in DESCRIPTORS
        if c not in QUANTITIES and c in scan and pd.api.types.is_numeric_dtype(scan[c])
    ]


def shown_values(scan: pd.DataFrame, quantity: Quantity) -> np.ndarray:
    """Return a quantity of each molecule in the unit that is shown (n,) float64; nan where it is not known."""
    values: np.ndarray = quantity.shown(
        window_states(scan) if quantity.key == STATES else column_values(scan, quantity.key)
    )
    return values
