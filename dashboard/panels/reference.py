"""A reference spectrum over the predicted ones: upload, residual, error."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.readers.spectra import SPECTRUM_EXTENSIONS
from core.screening.overlay import overlay_target
from core.screening.ranking import rank_candidates
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from dashboard import resources
from dashboard.charts import Curve
from dashboard.components import BAND, PER_EV, display_grid, make_curve, unit_label
from dashboard.state import remember, session
from dashboard.theme import escape_markdown, format_ev

MIN_RANKED_SIGMA_EV = 0.1
SPECTRUM_TYPES = list(SPECTRUM_EXTENSIONS)
SPECTRUM_HELP = (
    "Two columns (energy in eV, intensity) as CSV, TSV or xy; JCAMP-DX; or a list of levels in eV, one a line. "
    "Orbital energies are negative; binding energies are recognised and turned over."
)


@dataclass(frozen=True, eq=False)
class ReferenceView:
    """The curves of a spectrum figure with a reference, and the table of errors."""

    curves: list[Curve]
    reference: Curve
    residuals: list[Curve]
    unit: str
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
                st.error(str(error))
            else:
                st.rerun()
        remember(
            st.toggle,
            "Fit a rigid shift",
            "reference_shift",
            help="Move each prediction by the one energy (up to 3 eV) that suits the reference best. Measured "
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
        )
    except EigenscopeError as error:
        return None, str(error)
    return ranked.set_index("place"), ""


def view_reference(table: pd.DataFrame, drawn: list[int]) -> ReferenceView:
    """Return what the figure shows when a reference is there."""
    state = session()
    settings = state.settings
    scores, message = score_reference(table, drawn)
    curves = []
    for order, k in enumerate(drawn):
        shift = float(scores["shift_ev"].get(k, 0.0)) if scores is not None else 0.0
        levels = np.asarray(table["levels_ev"][k], float) + np.nan_to_num(shift)
        label = f"{table['id'][k]}" + (f", shifted {shift:+.2f} eV" if settings["reference_shift"] else "")
        curves.append(make_curve(label, levels, error_ev=float(table["expected_rmse_ev"][k]), order=order))
    focus = drawn.index(state.focus) if state.focus in drawn else 0
    reference, residuals = lay_over(curves, compared_reference(), focus=focus)
    return ReferenceView(curves, reference, residuals, unit_label(), scores, message)


def lay_over(curves: Sequence[Curve], target: Target, *, focus: int = 0) -> tuple[Curve, list[Curve]]:
    """Return a target as the reference of a figure of `make_curve`'s curves, and each curve's residual.

    `focus` is the curve whose area a target in other units is scaled to.
    """
    settings = session().settings
    overlay = overlay_target(
        target,
        np.array([c.density for c in curves]),
        grid_ev=display_grid(settings["window_ev"]),
        sigma_ev=settings["sigma_ev"],
        shape=settings["shape"],
        rescale=settings["normalise"] != PER_EV,
        focus=focus,
    )
    reference = Curve(target.label, overlay.energies_ev, overlay.target)
    residuals = [
        replace(c, energies_ev=overlay.energies_ev, density=r) for c, r in zip(curves, overlay.residuals, strict=True)
    ]
    return reference, residuals


def show_scores(view: ReferenceView, table: pd.DataFrame, drawn: list[int]) -> None:
    """Say how far each drawn molecule is from the reference."""
    if view.scores is None:
        st.caption(f":orange[No error:] {escape_markdown(view.message)}")
        return
    state = session()
    band = state.settings["n_levels"] == BAND
    for order, k in enumerate(drawn):
        row = view.scores.loc[k]
        if not np.isfinite(row["score"]):
            reason = row.get("unranked_reason") or "not comparable"
            st.caption(
                f"**{order + 1} · {escape_markdown(str(table['id'][k]), limit=40)}**: {escape_markdown(str(reason))}"
            )
            continue
        error = f" ± {row['score_error']:.1%}" if np.isfinite(row["score_error"]) else ""
        shift = f", shifted by {format_ev(row['shift_ev'])}" if state.settings["reference_shift"] else ""
        st.caption(
            f"**{order + 1} · {escape_markdown(str(table['id'][k]), limit=40)}**: RSE {row['score']:.1%}{error}{shift} "
            f"(window shown, Gaussian σ, {f'{N_BAND} levels' if band else 'all valence levels'})"
        )
