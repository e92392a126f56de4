"""The quantities of a scanned library, as its table, distributions and map show them."""

import numpy as np
import pandas as pd

from core.quantities import Quantity, View, offered
from core.screening.filters import BAND_WIDTH, column_values, states_between
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


def shown_values(scan: pd.DataFrame, quantity: Quantity) -> np.ndarray:
    """Return a quantity of each molecule in the unit that is shown (n,) float64; nan where it is not known."""
    values: np.ndarray = quantity.shown(
        window_states(scan) if quantity.key == STATES else column_values(scan, quantity.key)
    )
    return values
