"""A ranking: how it is prepared, the hits, and one hit in full."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.screening.comparison import METRICS
from core.screening.filters import apply_filters
from core.screening.overlay import Overlay, overlay_target
from core.screening.ranking import rank_candidates
from core.spectrum.broaden import GRID_EV, Spectrum, broaden, resample
from core.spectrum.error_band import density_error
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from core.writers.spectra import spectrum_to_jcamp
from dashboard import resources
from dashboard.charts import Curve, spectrum_figure
from dashboard.components import band_note, energy_config, figure_download, show_figure, table_downloads
from dashboard.explain import explain_residual
from dashboard.learner_charts import learner_style
from dashboard.molecule_charts import structure_uri
from dashboard.panels.dft_check import show_hit_check
from dashboard.panels.learner_overlay import Overlaid, overlay_learners, show_overlay_choice, show_overlay_notes
from dashboard.panels.structure import show_structure
from dashboard.sparkline import sparkline_uri
from dashboard.state import remember, session
from dashboard.theme import current_theme, format_ev

UNIT = "states/eV"


def show_preparation() -> None:
    """Show the choices that the ranking depends on; each is remembered."""
    state = session()
    metric = remember(st.selectbox, "Metric", "metric", options=list(METRICS), format_func=lambda k: METRICS[k].label)
    st.caption(METRICS[metric].forgives)
    remember(st.slider, "Window compared / eV", "rank_window_ev", min_value=-30.0, max_value=0.0, step=0.5)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shift = remember(
            st.toggle,
            "Fit a rigid shift",
            "rank_shift",
            help="Move each candidate by the one energy that suits the target best. Use it for measured spectra: "
            "ionisation energies lie eV below Kohn-Sham levels.",
        )
        remember(
            st.number_input,
            "Largest shift / eV",
            "rank_max_shift_ev",
            min_value=0.1,
            max_value=10.0,
            step=0.5,
            disabled=not shift,
            width=150,
        )
        remember(st.number_input, "Hits", "rank_top", min_value=5, max_value=200, step=5, width=110)
    if state.filters:
        remember(st.toggle, "Only what the filters of Scan leave", "rank_filtered")


def rank_scan(scan: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return the ranking that the controls ask for.

    Raises
    ------
    EigenscopeError
        If the target has nothing in the window, or the metric needs levels that it lacks.
    """
    settings, filters = session().settings, session().filters
    candidates = scan[apply_filters(scan, filters).mask] if filters and settings["rank_filtered"] else scan
    return rank_as_chosen(candidates, target)


def rank_as_chosen(candidates: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return candidates ranked by the metric, window and shift that the controls ask for; raises as `rank_scan`."""
    settings = session().settings
    return rank_candidates(
        candidates,
        target,
        metric=settings["metric"],
        window_ev=settings["rank_window_ev"],
        shift=settings["rank_shift"],
        max_shift_ev=settings["rank_max_shift_ev"],
        top=int(settings["rank_top"]),
    )


def show_target(target: Target) -> None:
    """Show the target as a curve, and in words how it is compared."""
    settings = session().settings
    density = target.density_on(GRID_EV, sigma_ev=0.5)
    inside = (target.range_ev[0] <= GRID_EV) & (target.range_ev[1] >= GRID_EV)
    reference = Curve(target.label, GRID_EV[inside], density[inside])
    unit = UNIT if target.is_absolute else "arbitrary units"
    low, high = settings["rank_window_ev"]
    figure = spectrum_figure(
        (), theme=current_theme(), unit=unit, reference=reference, window_ev=(-30.0, 0.0), height=300
    )
    figure.add_vrect(x0=low, x1=high, fillcolor=current_theme().accent, opacity=0.08, line_width=0, layer="below")
    show_figure(figure, "target")
    levels = "all valence levels" if target.n_levels is None else f"the {target.n_levels} highest levels"
    shift = f"a shift of up to {settings['rank_max_shift_ev']:g} eV is fitted" if settings["rank_shift"] else "no shift"
    st.caption(
        f"Compared: {levels} of each candidate, Gaussian σ 0.5 eV, {low:g} to {high:g} eV (shaded), {shift}. "
        + (
            "Target in states/eV."
            if target.is_absolute
            else "Target in arbitrary units: both sides are scaled to unit area."
        )
    )


def candidate_overlay(row: pd.Series, target: Target) -> tuple[np.ndarray, np.ndarray, Overlay]:
    """Return a hit's levels as compared (shifted) [eV], its density on GRID_EV, and the target over it."""
    n_levels = target.n_levels
    levels = np.asarray(row["levels_ev"], float) + float(np.nan_to_num(row["shift_ev"]))
    levels = levels[-n_levels:] if n_levels is not None else levels
    density = broaden(levels)
    return levels, density, overlay_target(target, density[None], grid_ev=GRID_EV, sigma_ev=0.5)


def show_hits(hits: pd.DataFrame, target: Target) -> None:
    """Show the hits as rows with structure and overlay; a click opens one."""
    state, theme = session(), current_theme()
    metric = METRICS[state.settings["metric"]]
    percent = metric.key == "rse"
    factor, label = (100.0, "RSE / %") if percent else (1.0, metric.label)
    curves = []
    for _, row in hits.iterrows():
        _, density, overlay = candidate_overlay(row, target)
        curves.append(sparkline_uri(*on_common_grid(density, overlay), theme=theme))
    view = pd.DataFrame(
        {
            "#": hits["rank"].astype(int),
            "Structure": [structure_uri(s, theme=theme) for s in hits["smiles"]],
            "Overlay": curves,
            "Score": hits["score"] * factor,
            "±": hits["score_error"] * factor,
            "ID": hits["id"],
            "HOMO": hits["homo_ev"],
            "Gap": hits["gap_ev"],
            "Shift": hits["shift_ev"],
            "SMILES": hits["smiles"],
            "Formula": hits["formula"],
            "InChIKey": hits["inchikey"],
        }
    )
    if not state.settings["rank_shift"]:
        view = view.drop(columns="Shift")
    key = "hits"
    st.dataframe(
        view,
        key=key,
        hide_index=True,
        row_height=88,
        height=min(40 + 88 * len(view), 640),
        selection_mode="single-row-required",
        on_select=lambda: open_hit(key),
        selection_default={"selection": {"rows": [min(state.hit, len(view) - 1)]}},
        column_config={
            "#": st.column_config.NumberColumn("#", width=40),
            "Structure": st.column_config.ImageColumn("Structure", width=170),
            "Overlay": st.column_config.ImageColumn("Overlay", width=200, help="Candidate solid, target dashed"),
            "Score": st.column_config.NumberColumn(label, format="%.2f", width=80),
            "±": st.column_config.NumberColumn(
                "±", format="%.2f", width=60, help="What the expected error of the candidate's levels does to the score"
            ),
            "HOMO": energy_config("HOMO", "Before any shift"),
            "Gap": energy_config("Gap", "LUMO minus HOMO"),
            "Shift": energy_config("Shift", "Added to the candidate's energies"),
        },
    )


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


def show_hit(hits: pd.DataFrame, target: Target) -> None:
    """Show one hit in full: overlay, residual, why, structure."""
    state = session()
    row = hits.iloc[min(state.hit, len(hits) - 1)]
    levels, density, overlay = candidate_overlay(row, target)
    spread = float(row["expected_rmse_ev"])
    error = density_error(levels, spread) if np.isfinite(spread) else None
    curve = Curve(str(row["id"]), GRID_EV, density, error, levels)
    show_overlay_choice()
    overlaid = overlay_learners(row)
    curves = [curve] if overlaid is None else hit_curves(overlaid, curve, target, shift_ev=float(row["shift_ev"]))
    reference = Curve(target.label, overlay.energies_ev, overlay.target)
    residual = Curve("residual", overlay.energies_ev, overlay.residuals[0])
    window = state.settings["rank_window_ev"]
    figure = spectrum_figure(
        curves,
        theme=current_theme(),
        unit=UNIT,
        window_ev=window,
        reference=reference,
        residuals=[residual],
        height=340,
    )
    show_figure(figure, "hit")
    show_overlay_notes(overlaid)
    inside = (overlay.energies_ev >= window[0]) & (overlay.energies_ev <= window[1])
    st.markdown(why(row, target, overlay.energies_ev[inside], overlay.residuals[0][inside]))
    show_structure(row, key="hit")
    with st.container(horizontal=True, gap="small"):
        figure_download(figure, "hit", key="download_hit_html")
        st.download_button(
            "Spectrum (JCAMP-DX)",
            lambda: spectrum_to_jcamp(Spectrum(GRID_EV, density, str(row["id"]))),
            key="download_hit_jcamp",
            file_name="eigenscope-hit.jdx",
            mime="chemical/x-jcamp-dx",
            on_click="ignore",
        )


def hit_curves(overlaid: Overlaid, own: Curve, target: Target, *, shift_ev: float) -> list[Curve]:
    """Return a hit as ranked, in its learner's colour, and as other learners have it: moved by the same shift."""
    main, *others = overlaid.table.index
    style = learner_style(main)
    label = f"{own.label}, {overlaid.table['id'][main]}"
    curves = [replace(own, label=label, own_colour=style.colour, dash=style.dash)]
    densities = {key: candidate_overlay(overlaid.table.loc[key], target)[1] for key in others}
    grid = GRID_EV + np.nan_to_num(shift_ev)
    for key, density in overlaid.spectra.items():
        densities[key] = resample(Spectrum(grid, density), GRID_EV).density
    for key, density in densities.items():
        style = learner_style(key)
        name = resources.learner_name(key)
        curves.append(Curve(name, GRID_EV, density, own_colour=style.colour, dash=style.dash))
    return curves


def why(row: pd.Series, target: Target, energies_ev: np.ndarray, residual: np.ndarray) -> str:
    """Return in words where a hit and the target agree and differ."""
    parts = [f"**Why rank {int(row['rank'])}.**"]
    if len(residual):
        parts.append(explain_residual(energies_ev, residual, unit=UNIT))
    if target.levels_ev is not None:
        difference = float(row["homo_ev"]) + float(np.nan_to_num(row["shift_ev"])) - float(target.levels_ev[-1])
        side = "above" if difference > 0 else "below"
        parts.append(
            f"Its HOMO lies {format_ev(abs(difference))} {side} the target's."
            if abs(difference) >= 0.005
            else "Its HOMO is where the target's is."
        )
    if session().settings["rank_shift"]:
        parts.append(f"Shifted by {format_ev(float(row['shift_ev']))} to fit.")
    if np.isfinite(row["score_error"]):
        parts.append("Candidates whose scores differ by less than the ± are not told apart by the model.")
    return " ".join(parts)


def show_ranking(scan: pd.DataFrame, target: Target) -> None:
    """Rank and show."""
    try:
        hits = rank_scan(scan, target)
    except EigenscopeError as error:
        st.error(str(error), icon=":material/error:")
        return
    if hits.empty:
        st.info("No candidate can be ranked in this window.", icon=":material/info:")
        return
    if target.n_levels is None and band_note(scan):
        st.caption(
            f":orange[Not like with like:] the target holds all valence levels, this learner predicts the {N_BAND} highest "
            "only. Narrow the window to where they lie, or choose a learner of all levels."
        )
    n_ranked, n_unranked = hits.attrs["n_ranked"], hits.attrs["n_unranked"]
    left_out = (
        f", {n_unranked:,} without a prediction or with fewer than {N_BAND} levels left out" if n_unranked else ""
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Hits** · best {len(hits)} of {n_ranked:,} candidates{left_out}")
        table_downloads(hits, "ranking", sdf_label="SDF with scores")
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_hits(hits, target)
        with row.cell():
            show_hit(hits, target)
    show_hit_check(hits, lambda rows: rank_as_chosen(rows, target))
