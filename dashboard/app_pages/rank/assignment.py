"""A hit's levels under the target's peaks, and what would tell the first hits apart."""

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES
from core.screening.assignment import levels_of_peaks, peak_energies, telling_energies
from core.screening.options import WHOLE_WINDOW_EV, RankOptions
from core.spectrum.broaden import GRID_EV
from core.spectrum.levels import Levels
from core.spectrum.target import Target
from core.table_conformers import one_conformer
from dashboard import resources
from dashboard.app_pages.rank.hits import candidate_overlay
from dashboard.figures.levels import level_name
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.explain import atom_labels

N_COMPARED_HITS = 5
LEAST_WEIGHT = 0.1  # of an atom in a peak's levels, to be named
MOST_NAMED = 3


def show_assignment(row: pd.Series, target: Target, options: RankOptions, levels_ev: np.ndarray) -> None:
    """Show which of a hit's levels, placed as compared (n_levels,) [eV], make which peak of the target."""
    low, high = options.window_ev or WHOLE_WINDOW_EV
    inside = (max(low, target.range_ev[0]) <= GRID_EV) & (min(high, target.range_ev[1]) >= GRID_EV)
    density = target.density_on(GRID_EV, sigma_ev=options.sigma_ev, shape=options.shape)
    peaks = peak_energies(GRID_EV[inside], density[inside])
    if not len(peaks):
        return
    own, sign = resources.row_levels(one_conformer(row)), -1 if target.is_measured else 1
    lines = []
    for peak_ev, places in zip(peaks, levels_of_peaks(peaks, levels_ev), strict=True):
        deepest = len(own.valence_ev) - len(levels_ev)  # the lowest that is compared
        names = [level_name(deepest + int(k), len(own.valence_ev)) for k in places[::-1]]
        lines.append(
            (sign * peak_ev, ", ".join(names), describe_atoms(own, deepest + places, np.asarray(row["numbers"])))
        )
    table = pd.DataFrame(lines, columns=["Peak", "Levels", "On"])
    quantity = QUANTITIES["ionisation_energy_ev" if target.is_measured else "orbital_energy_ev"]
    st.dataframe(
        table if sign > 0 else table.iloc[::-1],
        hide_index=True,
        placeholder=ABSENT,
        key="hit_assignment",
        column_config={"Peak": st.column_config.NumberColumn(quantity.titled("Peak"), format="%.1f", width=90)},
    )
    st.caption(
        "The target's peaks, the levels of this molecule that lie nearest to each, and the atoms that these are mostly on."
    )


def describe_atoms(levels: Levels, places: np.ndarray, numbers: np.ndarray) -> str:
    """Return the atoms that some levels are mostly on, "O2 61 %, C4 20 %"; "" where that is not known."""
    if levels.atom_weights is None or not len(places):
        return ""
    weights = levels.atom_weights[places].mean(axis=0)
    names = atom_labels(numbers)
    most = [k for k in np.argsort(weights)[::-1][:MOST_NAMED] if weights[k] >= LEAST_WEIGHT]
    return ", ".join(f"{names[k]} {weights[k]:.0%}".replace("%", " %") for k in most)


def telling_line(hits: pd.DataFrame, target: Target, options: RankOptions) -> str:
    """Return in a sentence at which energies the first hits differ most; "" where there is one hit, or no difference."""
    first = hits.head(N_COMPARED_HITS)
    if len(first) < 2:
        return ""
    low, high = options.window_ev or WHOLE_WINDOW_EV
    inside = (low <= GRID_EV) & (high >= GRID_EV)
    densities = np.stack([candidate_overlay(row, target, options)[1][inside] for _, row in first.iterrows()])
    found = telling_energies(GRID_EV[inside], densities)
    if not len(found):
        return ""
    sign, axis = (-1, "ionisation energy") if target.is_measured else (1, "orbital energy")
    *others, last = (f"{x:.1f}".replace("-", "\u2212") for x in sorted(sign * found))
    places = f"{', '.join(others)} and {last}" if others else last
    return (
        f"The first {len(first)} differ most at {places} eV {axis}: a better measurement there would tell them apart."
    )
