"""The hits of a ranking as rows: structure, overlay, score with its error."""

import numpy as np
import pandas as pd
import streamlit as st

from core.quantities import QUANTITIES, Quantity
from core.screening.comparison import METRICS
from core.screening.intensities import intensities_of
from core.screening.options import RankOptions
from core.screening.overlay import Overlay, overlay_target
from core.screening.spectra import broaden_all
from core.spectrum.broaden import GRID_EV, broaden
from core.spectrum.target import Target
from core.table_conformers import conformer_levels, fitting_conformer, weighed_levels
from dashboard.figures.drawings import structure_uri
from dashboard.figures.sparkline import sparkline_uri
from dashboard.state import session
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.page_theme import current_theme

ROW_PX = 72


def height_of_score(target: Target) -> Quantity:
    """Return what the height of the target and candidates is, as they are drawn."""
    is_density = target.is_absolute and not target.is_measured
    return QUANTITIES["density" if is_density else "intensity"]


def candidate_overlay(row: pd.Series, target: Target, options: RankOptions) -> tuple[np.ndarray, np.ndarray, Overlay]:
    """Return a hit's levels as compared (placed and shifted) [eV], its density on GRID_EV, and the target over it.

    Of several conformers they are those of the one that fits best; where their average does, the density is the average of
    their densities.
    """
    place_in_row = fitting_conformer(row)
    own = np.asarray(
        row["levels_ev"] if place_in_row is None else conformer_levels(row)[place_in_row].valence_ev, float
    )
    several, shares = (None if place_in_row is not None else weighed_levels(row)) or (own[None], np.ones(1))
    intensities = intensities_of(row.to_frame().T, kind=options.intensities)
    first = 0 if target.n_levels is None else max(0, len(own) - target.n_levels)

    def place(levels_ev: np.ndarray) -> np.ndarray:
        placed = levels_ev if options.line is None else options.line.placed_ev(levels_ev)
        return placed[..., first:] + float(np.nan_to_num(row["shift_ev"]))

    if intensities is None or intensities[0] is None:
        densities = broaden(place(several), sigma_ev=options.sigma_ev, shape=options.shape)
    else:
        heights = np.tile(intensities[0][first:] / intensities[0].mean(), (len(several), 1))
        densities = broaden_all(
            place(several), grid_ev=GRID_EV, sigma_ev=options.sigma_ev, shape=options.shape, intensities=heights
        ).astype(float)
    levels, density = place(own), shares @ densities
    return (
        levels,
        density,
        overlay_target(target, density[None], grid_ev=GRID_EV, sigma_ev=options.sigma_ev, shape=options.shape),
    )


def show_hits(hits: pd.DataFrame, target: Target, options: RankOptions) -> None:
    """Show the hits as rows with structure and overlay; a click opens one."""
    state, score = session(), METRICS[options.metric].quantity
    view = hits_view(hits, target, options)
    shift_help = "Added to the candidate's ionisation energies" if target.is_measured else ""
    key = "hits"
    st.dataframe(
        view,
        key=key,
        hide_index=True,
        placeholder=ABSENT,
        row_height=ROW_PX,
        height=min(40 + ROW_PX * len(view), 640),
        selection_mode="single-row-required",
        on_select=lambda: open_hit(key),
        selection_default={"selection": {"rows": [min(state.hit, len(view) - 1)]}},
        column_config={
            "#": st.column_config.NumberColumn("#", width=40),
            "Structure": st.column_config.ImageColumn("Structure", width=110),
            "Score": quantity_config(score.key, "Score", help_text=f"{score.label}. {score.help}".strip(), width=75),
            "±": st.column_config.NumberColumn(
                "±",
                format=score.printf,
                width=55,
                help="What the expected errors of the candidate's levels and of a geometry made here do to the score",
            ),
            "Likely": st.column_config.NumberColumn(
                "Likely",
                format="%.1f %%",
                width=70,
                help="How likely its constitution is the right one, if one of the candidates is: by spectra made as if measured",
            ),
            "Isomers": st.column_config.NumberColumn(
                "Isomers", width=70, help="Stereoisomers of this constitution among the candidates; the best is shown"
            ),
            "ID": st.column_config.TextColumn("ID", width=130),
            "Formula": st.column_config.TextColumn("Formula", width=75),
            "Overlay": st.column_config.ImageColumn("Overlay", width=130, help="Candidate solid, target dashed"),
            "HOMO": quantity_config("homo_ev", help_text="Before any shift", width=80),
            "Gap": quantity_config("gap_ev", width=80),
            "Shift": quantity_config("shift_ev", help_text=shift_help, width=70),
            "At bound": st.column_config.CheckboxColumn(
                "At bound", width=80, help="Moved as far as is allowed: it may fit better farther off"
            ),
        },
    )


def hits_view(hits: pd.DataFrame, target: Target, options: RankOptions) -> pd.DataFrame:
    """Return the hits as their table shows them, what tells them apart first."""
    score, theme = METRICS[options.metric].quantity, current_theme()
    curves = []
    for _, row in hits.iterrows():
        _, density, overlay = candidate_overlay(row, target, options)
        pair = on_common_grid(density, overlay)
        if target.is_measured:
            pair = pair[0][::-1], pair[1][::-1]  # as the figures: ionisation energies to the right
        curves.append(sparkline_uri(*pair, theme=theme))
    view = pd.DataFrame(
        {
            "#": hits["rank"].astype(int),
            "Structure": [structure_uri(s, theme=theme) for s in hits["smiles"]],
            "Score": score.shown(hits["score"]),
            "±": score.shown(hits["score_error"]),
            "ID": hits["id"],
            "Formula": hits["formula"],
            "Shift": 0.0 - hits["shift_ev"] if target.is_measured else hits["shift_ev"],
            "Overlay": curves,
            "At bound": hits["shift_at_bound"],
            "HOMO": hits["homo_ev"],
            "Gap": hits["gap_ev"],
            "SMILES": hits["smiles"],
            "InChIKey": hits["inchikey"],
        }
    )
    if "n_stereoisomers" in hits:
        view.insert(5, "Isomers", hits["n_stereoisomers"])
    if "probability" in hits:
        view.insert(2, "Likely", 100 * hits["probability"])
    return view if options.max_shift_ev else view.drop(columns=["Shift", "At bound"])


def on_common_grid(density: np.ndarray, overlay: Overlay) -> tuple[np.ndarray, np.ndarray]:
    """Return target and candidate where both are known, cut to where something is."""
    inside = np.isin(GRID_EV, overlay.energies_ev)
    candidate, target = density[inside], overlay.target
    alive = np.flatnonzero((candidate > 0.01 * candidate.max()) | (target > 0.01 * target.max()))
    part = slice(alive[0], alive[-1] + 1) if len(alive) else slice(None)
    return target[part], candidate[part]


def open_hit(key: str) -> None:
    """Open the clicked row."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        session().hit = int(rows[0])
