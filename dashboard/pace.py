"""How long molecules take on this machine: measured in the runs of this process, stated before the first of them."""

import pandas as pd
import streamlit as st

from core.machine.cores import count_cores
from core.structure.entry import CANCELLED, OK
from core.structure.overview import Overview
from core.structure.place import GeometryMode
from dashboard.jobs import format_seconds

# atoms a second and core from SMILES to levels, of 394 molecules of 10 to 40 atoms on a 2.5 GHz server core
ENSEMBLE = "conformers"
STATED_ATOMS_PER_CORE_S = {"xtb": 50.0, ENSEMBLE: 25.0, "fast": 300.0}
GIVEN_PER_S = 500.0  # molecules a second whose geometry is given
FEWEST_ATOMS = 200  # of a run that tells a pace


@st.cache_resource(show_spinner=False)
def paces() -> dict[str, float]:
    """Return the atoms a second of the last run of each way into 3-D."""
    return {}


def way_into_space(geometry: GeometryMode, conformers: str) -> str:
    """Return what a pace is of: a key of STATED_ATOMS_PER_CORE_S, or "as-is"."""
    return ENSEMBLE if geometry == "xtb" and conformers != "one" else geometry


def note_run(table: pd.DataFrame, known: pd.DataFrame | None, seconds: float, *, way: str) -> None:
    """Remember the pace of a run: of the rows that it reached and an earlier one, `known`, had not."""
    fresh = table["status"] == OK
    if known is not None:
        fresh &= (known["status"] == CANCELLED).to_numpy()
    made = table[fresh & (table["geometry"] != "as given")].drop_duplicates("smiles")
    n_atoms = int(made["n_atoms"].sum())
    if n_atoms >= FEWEST_ATOMS and seconds > 0:
        paces()[way] = n_atoms / seconds


def expected_seconds(overview: Overview, way: str) -> tuple[float, bool]:
    """Return how long an input will take [s], and whether that is from a pace measured here."""
    given = overview.n_given / GIVEN_PER_S
    if way not in STATED_ATOMS_PER_CORE_S or not overview.n_atoms_to_place:
        return given, False
    measured = paces().get(way)
    pace = measured or STATED_ATOMS_PER_CORE_S[way] * count_cores()
    return given + overview.n_atoms_to_place / pace, measured is not None


def describe_expected(overview: Overview, way: str) -> str:
    """Return the expected time in a sentence, and what it rests on."""
    n_flat = overview.n_computed - overview.n_given
    if way == "as-is" and n_flat:
        return f"{n_flat:,} molecules have no 3-D coordinates and are refused with the geometry as given"
    seconds, is_measured = expected_seconds(overview, way)
    origin = "by the last run here" if is_measured else "an estimate until the first run here is done"
    basis = f" ({origin})" if n_flat else ""
    return f"expected time about {format_seconds(max(seconds, 1.0))} for {overview.n_computed:,} molecules{basis}"
