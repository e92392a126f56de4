"""A reference spectrum over the predicted ones: upload, residual, error."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.models.uncertainty.made_geometry import total_errors_ev
from core.quantities import QUANTITIES, Quantity, format_ev
from core.screening.ranking import AVERAGE, rank_candidates
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from core.table_conformers import weighed_levels
from dashboard import resources
from dashboard.figures.spectra import Curve
from dashboard.state import BAND, remember, session
from dashboard.widgets.curves import height_drawn, make_curve
from dashboard.widgets.guard import show_error
from dashboard.widgets.overlay import lay_over
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.upload_spectrum import SPECTRUM_HELP, SPECTRUM_TYPES

MIN_RANKED_SIGMA_EV = 0.1


@dataclass(frozen=True, eq=False)
class ReferenceView:
    """The curves of a spectrum figure with a reference, and the table of errors."""

    curves: list[Curve]
    reference: Curve
    residuals: list[Curve]
    height_of: Quantity
    scores: pd.DataFrame | None
    message: str


def show_reference_input() -> None:
    """Show the uploader of a reference and how it is used."""
    state = session()
    with st.popover("Reference spectrum", icon=":material/compare_arrows:"):
        st.caption(SPECTRUM_HELP)
        upload = st.file_uploader(
            "Reference", type=SPECTRUM_TYPES, key="reference_upload", label_visibility="collapsed"
        )
        if upload is not None and st.button("Overlay", key="reference_use", type="primary"):
            try:
                state.reference = resources.read_target(upload.getvalue(), upload.name)
            except EigenscopeError as error:
                show_error(error)
            else:
                st.rerun()
        remember(
            st.toggle,
            "Fit a rigid shift",
            "reference_shift",
            help="Move each prediction by the one energy (up to 6 eV) that suits the reference best. Measured "
            "ionisation energies lie eV below Kohn-Sham levels.",
        )
        if state.reference is not None:
            st.caption(f"Now: {escape_markdown(state.reference.label)}, {escape_markdown(state.reference.origin)}")
            if st.button("Remove", key="reference_remove"):
                state.reference = None
                st.rerun()


def compared_reference() -> Target:
    """Return the reference, a curve compared with as many levels as are drawn."""
    state = session()
    reference: Target = state.reference
    if reference.levels_ev is not None:
        return reference
    return replace(reference, n_levels=N_BAND if state.settings["n_levels"] == BAND else None)


def score_reference(table: pd.DataFrame, drawn: list[int]) -> tuple[pd.DataFrame | None, str]:
    """Return RSE and shift of each drawn molecule (index label -> row), or why there are none."""
    state = session()
    settings = state.settings
    try:
        ranked = rank_candidates(
            table.loc[drawn].assign(place=drawn),
            compared_reference(),
            metric="rse",
            window_ev=settings["window_ev"],
            shift=settings["reference_shift"],
            top=None,
            sigma_ev=max(settings["sigma_ev"], MIN_RANKED_SIGMA_EV),
            conformers=AVERAGE,  # as drawn
        )
    except EigenscopeError as error:
        return None, str(error)
    return ranked.set_index("place"), ""


def view_reference(table: pd.DataFrame, drawn: list[int]) -> ReferenceView:
    """Return what the figure shows when a reference is there."""
    state = session()
    settings = state.settings
    scores, message = score_reference(table, drawn)
    curves, errors = [], total_errors_ev(table.loc[drawn])
    for order, k in enumerate(drawn):
        shift = float(scores["shift_ev"].get(k, 0.0)) if scores is not None else 0.0
        levels = np.asarray(table["levels_ev"][k], float) + np.nan_to_num(shift)
        label = f"{table['id'][k]}" + (
            f", shifted {QUANTITIES['shift_ev'].text(shift, digits='+.2f')}" if settings["reference_shift"] else ""
        )
        several = weighed_levels(table.loc[k], shift_ev=float(np.nan_to_num(shift)))
        curves.append(make_curve(label, levels, errors_ev=errors[order], order=order, conformers=several))
    focus = drawn.index(state.focus) if state.focus in drawn else 0
    reference, residuals = lay_over(curves, compared_reference(), focus=focus)
    return ReferenceView(curves, reference, residuals, height_drawn(), scores, message)


def show_scores(view: ReferenceView, table: pd.DataFrame, drawn: list[int]) -> None:
    """Say how far each drawn molecule is from the reference."""
    if view.scores is None:
        st.caption(f":orange[No error:] {escape_markdown(view.message)}")
        return
    state, rse = session(), QUANTITIES["rse"]
    band = state.settings["n_levels"] == BAND
    for order, k in enumerate(drawn):
        row = view.scores.loc[k]
        if not np.isfinite(row["score"]):
            reason = row.get("unranked_reason") or "not comparable"
            st.caption(
                f"**{order + 1} · {escape_markdown(str(table['id'][k]), limit=40)}**: {escape_markdown(str(reason))}"
            )
            continue
        error = f" ± {rse.text(row['score_error'], digits='.1f')}" if np.isfinite(row["score_error"]) else ""
        shift = f", shifted by {format_ev(row['shift_ev'])}" if state.settings["reference_shift"] else ""
        st.caption(
            f"**{order + 1} · {escape_markdown(str(table['id'][k]), limit=40)}**: "
            f"RSE {rse.text(row['score'], digits='.1f')}{error}{shift} "
            f"(window shown, Gaussian σ, {f'{N_BAND} levels' if band else 'all valence levels'})"
        )
