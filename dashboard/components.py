"""Pieces that several pages share: controls, downloads, the line at the bottom."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.errors import EigenscopeError
from core.models.registry import model_keys
from core.spectrum.broaden import LINE_SHAPES, broaden
from core.spectrum.error_band import density_error
from core.spectrum.levels import N_BAND
from core.structure.entry import OK
from core.writers.structures import table_to_sdf
from core.writers.tables import table_to_csv, table_to_parquet
from dashboard import resources
from dashboard.charts import BINDING, ORBITAL, Curve
from dashboard.jobs import Job
from dashboard.state import Session, remember, session
from dashboard.theme import plot_config

BAND, VALENCE = "Band of 16", "All valence"
PER_EV, PEAK_ONE, AREA_ONE = "states/eV", "peak = 1", "area = 1"
STATUS_LABELS = {"ok": "predicted", "refused": "refused", "failed": "failed"}
GRID_STEP_EV = 0.05
GEOMETRY_LABELS = {
    "xtb": "GFN2-xTB",
    "fast": "Fast (MMFF94)",
    "as-is": "As given",
}


def current_model_key() -> str:
    """Return the model in use."""
    keys = model_keys()
    chosen = session().settings["model"]
    return chosen if chosen in keys else keys[0]


def choose_learner(*, width: int | Literal["stretch"] = "stretch") -> str:
    """Ask for the learner that predicts levels here and on every other page; there is nothing to ask with one alone."""
    keys = model_keys()
    if len(keys) < 2:
        return current_model_key()
    return remember(
        st.selectbox,
        "Learner",
        "model",
        options=keys,
        format_func=resources.learner_name,
        width=width,
        help="Who predicts the levels, on this page and on the others. The Models page compares them.",
    )


def learner_of(table: pd.DataFrame) -> str:
    """Return the key of the learner that answered a prediction table; "" where no row says."""
    keys = table["model"].unique() if "model" in table else []
    return str(keys[0]) if len(keys) else ""


def band_note(table: pd.DataFrame) -> str:
    """Return a sentence if the learner that answered a table predicts the band alone, else ""."""
    answered = table[table["status"] == OK]
    if answered.empty or answered["lumo_ev"].notna().any():
        return ""
    name = resources.learner_name(learner_of(answered))
    return f"{name} predicts the {N_BAND} highest occupied levels only: no LUMO, no gap, nothing deeper."


def spectrum_controls() -> None:
    """Show the controls that change the picture and not the prediction; each is remembered."""
    with st.grid(4, min_column_width=165, gap="small"):
        remember(
            st.slider,
            "Broadening σ / eV",
            "sigma_ev",
            min_value=0.05,
            max_value=1.5,
            step=0.05,
            help="Standard deviation of the Gaussian each level is drawn as. 0.5 eV is the headline spectrum.",
        )
        remember(
            st.slider,
            "Window / eV",
            "window_ev",
            min_value=-40.0,
            max_value=5.0,
            step=0.5,
            help="Orbital energies shown. With a reference, also the window in which the error is taken.",
        )
        remember(
            st.selectbox,
            "Line shape",
            "shape",
            options=list(LINE_SHAPES),
            help="The Lorentzian has the Gaussian's full width at half maximum; pseudo-Voigt is their mean.",
        )
        remember(st.selectbox, "Scale", "normalise", options=[PER_EV, PEAK_ONE, AREA_ONE])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        remember(
            st.segmented_control,
            "Energy axis",
            "axis",
            options=[ORBITAL, BINDING],
            format_func={ORBITAL: "Orbital", BINDING: "Binding"}.__getitem__,
            help="Binding energy here is minus the orbital energy: no relaxation correction is added.",
        )
        remember(
            st.segmented_control,
            "Levels",
            "n_levels",
            options=[BAND, VALENCE],
            help="The 16 highest occupied levels (the headline spectrum), or every occupied level but the 1s cores.",
        )
        remember(
            st.toggle,
            "Error band",
            "show_error",
            help="What the expected error of the levels does to the curve: one standard error, at 20% opacity.",
        )


def chosen_levels(levels_ev: np.ndarray) -> np.ndarray:
    """Return the levels that the controls ask for."""
    return levels_ev[-N_BAND:] if session().settings["n_levels"] == BAND else levels_ev


def display_grid(window_ev: tuple[float, float]) -> np.ndarray:
    """Return the energies [eV] that a window is drawn on."""
    return np.arange(window_ev[0], window_ev[1] + GRID_STEP_EV / 2, GRID_STEP_EV)


def make_curve(label: str, levels_ev: np.ndarray, *, error_ev: float, order: int) -> Curve:
    """Return a molecule's spectrum as the controls ask for it."""
    settings = session().settings
    levels = chosen_levels(np.asarray(levels_ev, dtype=float))
    grid = display_grid(settings["window_ev"])
    lines = {"grid_ev": grid, "sigma_ev": settings["sigma_ev"], "shape": settings["shape"]}
    density = broaden(levels, **lines)
    error = density_error(levels, error_ev, **lines) if settings["show_error"] and np.isfinite(error_ev) else None
    scale = scale_of(density, settings["normalise"])
    return Curve(label, grid, density * scale, None if error is None else error * scale, levels, order)


def make_curves(table: pd.DataFrame, drawn: Sequence[Any]) -> list[Curve]:
    """Return the spectra of some rows of a prediction table, by their labels in its index."""
    names, levels, errors = table["id"], table["levels_ev"], table["expected_rmse_ev"]
    return [make_curve(str(names[k]), levels[k], error_ev=float(errors[k]), order=n) for n, k in enumerate(drawn)]


def scale_of(density: np.ndarray, normalise: str) -> float:
    """Return the factor that brings a density to the scale asked for."""
    height = {PER_EV: 1.0, PEAK_ONE: density.max(), AREA_ONE: density.sum() * GRID_STEP_EV}[normalise]
    return 1.0 / height if height > 0 else 1.0


def unit_label() -> str:
    """Return the unit of the density axis."""
    return {PER_EV: "states/eV", PEAK_ONE: "peak = 1", AREA_ONE: "1/eV, area = 1"}[session().settings["normalise"]]


def show_figure(
    figure: go.Figure,
    key: str,
    *,
    on_select: Callable[[], None] | None = None,
    selection_mode: Any = "points",
    file_name: str = "",
) -> None:
    """Show a figure with the camera button; `file_name` is what the camera saves it as, the key where left out."""
    config = plot_config(file_name or key, session().settings["figure_format"])
    if on_select is None:
        st.plotly_chart(figure, theme=None, key=key, config=config)
    else:
        st.plotly_chart(figure, theme=None, key=key, config=config, on_select=on_select, selection_mode=selection_mode)


def figure_download(figure: go.Figure, name: str, *, key: str) -> None:
    """Offer a figure as a self-contained HTML page."""
    st.download_button(
        "Figure (HTML)",
        lambda: figure.to_html(include_plotlyjs=True).encode(),
        file_name=f"eigenscope-{name}.html",
        mime="text/html",
        key=key,
        on_click="ignore",
        help="Opens in any browser, without a network. PNG or SVG: the camera at the figure's top right.",
    )


def figure_format_control() -> None:
    """Choose what the camera button of every figure saves."""
    remember(
        st.segmented_control, "Camera button saves", "figure_format", options=["png", "svg"], format_func=str.upper
    )


def status_column(table: pd.DataFrame) -> pd.Series:
    """Return each row's status as a one-item list, which the table shows as a chip."""
    return table["status"].map(lambda s: [STATUS_LABELS.get(s, s)])


def status_config() -> Any:
    """Return the column settings of the status chips."""
    return st.column_config.MultiselectColumn(
        "Status", options=list(STATUS_LABELS.values()), color=["green", "orange", "red"], width=90
    )


def energy_config(label: str, help_text: str) -> Any:
    """Return the column settings of an energy."""
    return st.column_config.NumberColumn(f"{label} / eV", format="%.2f", help=help_text, width=80)


def count_statuses(table: pd.DataFrame) -> str:
    """Return "12 predicted, 2 refused, 1 failed"."""
    counts = table["status"].value_counts()
    return ", ".join(f"{counts[s]:,} {label}" for s, label in STATUS_LABELS.items() if s in counts)


def run_job(name: str, job: Job, collect: Callable[[Session, Any], None], *, patience_s: float = 1.5) -> None:
    """Wait a moment for a job; what takes longer goes on beside the page with a progress bar and a Cancel button."""
    state = session()
    state.jobs[name] = job
    with st.spinner(f"{job.label} …"):
        job.wait(patience_s)
    if job.is_finished:
        finish_job(name, collect)


def finish_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Take a finished job's result into the session; an error becomes the page's message."""
    state = session()
    job = state.jobs.pop(name)
    try:
        collect(state, job.result())
    except EigenscopeError as error:
        state.message = str(error)


def show_job(name: str, collect: Callable[[Session, Any], None]) -> None:
    """Show a running job's progress until it ends, then rerun the page once."""
    if name not in session().jobs:
        return

    @st.fragment(run_every=0.4)
    def progress() -> None:
        job = session().jobs.get(name)
        if job is None:
            return
        if job.is_finished:
            finish_job(name, collect)
            st.rerun()
        st.progress(job.fraction(), text=job.text())
        st.button("Cancel", key=f"cancel_{name}", on_click=job.cancel, disabled=job.is_cancelled)

    progress()


def show_message() -> None:
    """Show what went wrong in the last action, once."""
    state = session()
    if state.message:
        st.error(state.message, icon=":material/error:")
        state.message = ""


def table_downloads(table: pd.DataFrame, name: str, *, sdf_label: str = "SDF") -> None:
    """Offer a table as CSV and Parquet, and as SDF where it holds structures."""
    if not len(table):
        return
    formats = (
        ("CSV", "csv", "text/csv", table_to_csv),
        ("Parquet", "parquet", "application/octet-stream", table_to_parquet),
        (sdf_label, "sdf", "chemical/x-mdl-sdfile", table_to_sdf),
    )
    for label, extension, mime, write in formats if "smiles" in table else formats[:2]:
        st.download_button(
            label,
            partial(write, table),
            file_name=f"eigenscope-{name}.{extension}",
            mime=mime,
            key=f"download_{name}_{extension}",
            on_click="ignore",
            icon=":material/download:",
        )
