"""Predicted molecules whose references are being computed, or were: what a session holds of them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.evaluation.against_reference import occupied_levels
from core.reference.queue import DONE, Calculation, ReferenceQueue, calculation_key
from core.reference.result import Reference
from core.spectrum.levels import Levels
from core.structure.entry import CANCELLED, FAILED
from core.structure.geometry import Geometry
from core.table import COLUMNS
from core.table_conformers import fitting_conformer, one_conformer
from dashboard.figures.theme import MAX_DRAWN
from dashboard.state import session

MAX_AT_ONCE = MAX_DRAWN  # molecules a click
MAX_LISTED = 24  # checks that a page lists; the oldest go first


@dataclass(eq=False)
class Check:
    """One predicted molecule and its reference.

    Attributes
    ----------
    row : Series
        Its row of the prediction table, as it was when the check began.
    key : str
        Of its geometry.
    calculation : Calculation or None
        None where it was refused.
    reason : str
        Why it was refused, or that it was cancelled here; another session may still wait for it.
    """

    row: pd.Series
    key: str
    calculation: Calculation | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The molecule's id."""
        return str(self.row["id"])

    @property
    def is_open(self) -> bool:
        """Whether its reference is awaited."""
        return not self.reason and self.calculation is not None and not self.calculation.is_finished

    @property
    def is_done(self) -> bool:
        """Whether there is a reference to compare with."""
        return not self.reason and self.calculation is not None and self.calculation.state == DONE

    @property
    def why_not(self) -> str:
        """Why there is no reference; "" where there is one, or may be one yet."""
        if self.reason or self.calculation is None:
            return self.reason
        return {FAILED: self.calculation.reason, CANCELLED: "cancelled"}.get(self.calculation.state, "")

    def compares_like(self, other: "Check") -> bool:
        """Whether it compares the same geometry's prediction by the same model."""
        return self.key == other.key and self.row.get("model") == other.row.get("model")

    def predicted(self) -> Levels:
        """Return the predicted levels."""
        spread, errors = float(self.row.get("expected_rmse_ev", np.nan)), self.row.get("level_errors_ev")
        known = np.asarray(errors, float) if hasattr(errors, "__len__") else None
        levels, lumo = np.asarray(self.row["levels_ev"], float), float(self.row["lumo_ev"])
        return Levels(
            levels, lumo, spread, level_errors_ev=known, lumo_error_ev=float(self.row.get("lumo_error_ev", np.nan))
        )

    def reference(self) -> Reference:
        """Return the reference.

        Raises
        ------
        EigenscopeError
            If there is none (yet).
        """
        if self.calculation is None or self.calculation.reference is None:
            raise EigenscopeError(f"{self.name} has no reference: {self.why_not or 'it is being computed'}")
        return self.calculation.reference

    def reference_levels(self) -> Levels:
        """Return the reference's valence levels and LUMO; raises as `reference`."""
        return occupied_levels(self.reference())


@dataclass
class CheckList:
    """The checks of one page, in the order in which they began, and which one is shown in full."""

    checks: list[Check] = field(default_factory=list)
    focus: Check | None = None

    def count_open(self) -> int:
        """Return how many are waited for."""
        return sum(check.is_open for check in self.checks)

    def done(self) -> list[Check]:
        """Return those with a reference."""
        return [check for check in self.checks if check.is_done]


@st.cache_resource(show_spinner=False)
def reference_queue() -> ReferenceQueue:
    """Return the queue that all sessions share."""
    return ReferenceQueue()


def check_list(page: str) -> CheckList:
    """Return this session's checks on a page."""
    checks: CheckList = session().checks.setdefault(page, CheckList())
    return checks


def start_checks(page: str, rows: pd.DataFrame) -> None:
    """Ask for the references of predicted rows, the first MAX_AT_ONCE of them; the first of these is shown."""
    listed = check_list(page)
    started = [
        list_once(listed, start_check(row[[c for c in (*COLUMNS, "conformer") if c in row]]))
        for _, row in rows.head(MAX_AT_ONCE).iterrows()
    ]
    for old in listed.checks[:-MAX_LISTED]:
        cancel_check(old)
    listed.checks = listed.checks[-MAX_LISTED:]
    listed.focus = started[0] if started else None


def list_once(listed: CheckList, check: Check) -> Check:
    """Put a check on the list, in place of one that came to nothing; return the one that is there if it still may."""
    same = [c for c in listed.checks if c.compares_like(check)]
    alive = [c for c in same if c.is_open or c.is_done]
    if alive:
        cancel_check(check)  # one session wants one calculation once
        return alive[0]
    listed.checks = [c for c in listed.checks if c not in same] + [check]
    return check


def start_check(row: pd.Series) -> Check:
    """Return a check under way, or refused with the reason; of several conformers the fitting one, or the first."""
    if row.get("n_conformers", 1) > 1:
        place = fitting_conformer(row) or 0
        row = one_conformer(row)
        row["geometry"] = f"{row['geometry']}, conformer {place + 1}"
    geometry = Geometry(np.asarray(row["numbers"]), np.asarray(row["positions"], dtype=float))
    check = Check(row, calculation_key(geometry))
    try:
        check.calculation = reference_queue().submit(geometry)
    except EigenscopeError as error:
        check.reason = str(error)
    return check


def cancel_check(check: Check) -> None:
    """Want a reference no more."""
    if check.is_open and check.calculation is not None:
        reference_queue().cancel(check.calculation)
        check.reason = "cancelled"


def clear_checks(page: str) -> None:
    """Forget a page's checks; the queue remembers their references."""
    for check in check_list(page).checks:
        cancel_check(check)
    session().checks[page] = CheckList()
