"""One hit in full: overlay, residual, why, structure."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from core.models.uncertainty.made_geometry import total_errors_ev
from core.quantities import format_ev
from core.screening.options import WHOLE_WINDOW_EV
from core.spectrum.broaden import GRID_EV, Spectrum, resample
from core.spectrum.error_band import density_error
from core.spectrum.target import Target
from core.table_conformers import fitting_conformer
from core.writers.spectra import spectrum_to_jcamp
from dashboard import resources
from dashboard.app_pages.rank.assignment import show_assignment
from dashboard.app_pages.rank.comparison import axis_of, current_options
from dashboard.app_pages.rank.hits import candidate_overlay, height_of_score
from dashboard.figures.learner_style import learner_style
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.state import session
from dashboard.widgets.downloads import figure_download
from dashboard.widgets.explain import explain_residual
from dashboard.widgets.figure import show_figure
from dashboard.widgets.learner_overlay import Overlaid, overlay_learners, show_overlay_choice, show_overlay_notes
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.structure_viewer import show_structure


def show_hit(hits: pd.DataFrame, target: Target) -> None:
    """Show one hit in full: overlay, residual, why, structure."""
    state = session()
    row = hits.iloc[min(state.hit, len(hits) - 1)]
    options, axis = current_options(target), axis_of(target)
    levels, density, overlay = candidate_overlay(row, target, options)
    spread = total_errors_ev(row.to_frame().T)[0][-len(levels) :]
    known = np.isfinite(spread).all() and not target.is_measured  # of estimated ionisation energies no band is drawn
    error = density_error(levels, spread, sigma_ev=options.sigma_ev) if known else None
    curve = Curve(str(row["id"]), GRID_EV, density, error, levels_ev=levels)
    show_overlay_choice()
    overlaid = overlay_learners(row)
    curves = [curve] if overlaid is None else hit_curves(overlaid, curve, target, row=row)
    reference = Curve(target.label, overlay.energies_ev, overlay.target)
    residual = Curve("residual", overlay.energies_ev, overlay.residuals[0])
    window = options.window_ev or WHOLE_WINDOW_EV
    figure = spectrum_figure(
        curves,
        theme=current_theme(),
        height_of=height_of_score(target),
        axis=axis,
        window_ev=window,
        reference=reference,
        residuals=[residual],
        height=340,
    )
    show_figure(figure, "hit")
    show_overlay_notes(overlaid)
    inside = (overlay.energies_ev >= window[0]) & (overlay.energies_ev <= window[1])
    st.markdown(why(row, target, overlay.energies_ev[inside], overlay.residuals[0][inside], homo_ev=float(levels[-1])))
    show_assignment(row, target, options, levels)
    show_structure(row, key="hit")
    with st.container(horizontal=True, gap="small"):
        figure_download(figure, "hit", key="download_hit_html")
        if not target.is_measured:  # a file of estimated ionisation energies would be read back as Kohn-Sham levels
            st.download_button(
                "Spectrum (JCAMP-DX)",
                lambda: spectrum_to_jcamp(Spectrum(GRID_EV, density, name_as_ranked(row))),
                key="download_hit_jcamp",
                file_name="eigenscope-hit.jdx",
                mime="chemical/x-jcamp-dx",
                on_click="ignore",
            )


def name_as_ranked(row: pd.Series) -> str:
    """Return a hit's id and what makes its spectrum as ranked another than its own: its conformer, how far it was moved."""
    shift_ev, conformer = float(np.nan_to_num(row["shift_ev"])), fitting_conformer(row)
    parts = [str(row["id"]), f"conformer {conformer + 1}" if conformer is not None else ""]
    parts.append(f"moved by {format_ev(shift_ev)}" if shift_ev else "")
    return ", ".join(filter(None, parts))


def hit_curves(overlaid: Overlaid, own: Curve, target: Target, *, row: pd.Series) -> list[Curve]:
    """Return a hit as ranked, in its learner's colour, and as other learners have it: moved by the same shift."""
    main, *others = overlaid.table.index
    style = learner_style(main)
    label = f"{own.label}, {overlaid.table['id'][main]}"
    curves = [replace(own, label=label, own_colour=style.colour, dash=style.dash)]
    options, shift_ev = current_options(target), float(np.nan_to_num(row["shift_ev"]))
    moved = overlaid.table.assign(shift_ev=shift_ev)
    densities = {key: candidate_overlay(moved.loc[key], target, options)[1] for key in others}
    grid = (GRID_EV if options.line is None else options.line.placed_ev(GRID_EV)) + shift_ev
    for key, density in overlaid.spectra.items():
        densities[key] = resample(Spectrum(grid, density), GRID_EV).density
    for key, density in densities.items():
        style = learner_style(key)
        name = resources.learner_name(key)
        curves.append(Curve(name, GRID_EV, density, own_colour=style.colour, dash=style.dash))
    return curves


def why(row: pd.Series, target: Target, energies_ev: np.ndarray, residual: np.ndarray, *, homo_ev: float) -> str:
    """Return in words where a hit, its HOMO placed as compared, and the target agree and differ."""
    parts = [f"**Why rank {int(row['rank'])}.**"]
    if len(residual):
        parts.append(
            explain_residual(
                -energies_ev if target.is_measured else energies_ev, residual, unit=height_of_score(target).unit
            )
        )
    if target.levels_ev is not None:
        difference = (-1 if target.is_measured else 1) * (homo_ev - float(target.levels_ev[-1]))
        side = "above" if difference > 0 else "below"
        what = "first ionisation energy" if target.is_measured else "HOMO"
        parts.append(
            f"Its {what} lies {format_ev(abs(difference))} {side} the target's."
            if abs(difference) >= 0.005
            else f"Its {what} is where the target's is."
        )
    if current_options(target).max_shift_ev:
        bound = ", as far as is allowed" if row["shift_at_bound"] else ""
        sign = -1 if target.is_measured else 1
        parts.append(f"Shifted by {format_ev(sign * float(row['shift_ev']))} to fit{bound}.")
    place_in_row = fitting_conformer(row)
    if place_in_row is not None:
        parts.append(f"Of its {int(row['n_conformers'])} conformers, number {place_in_row + 1} fits best.")
    if np.isfinite(row["score_error"]):
        parts.append("Candidates whose scores differ by less than the ± are not told apart.")
    return " ".join(parts)
