"""Several learners on one molecule's spectrum: each its own colour, levels only of the one in use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError
from core.models.card import LEVELS
from core.spectrum.average import average_levels
from core.spectrum.broaden import GRID_EV, Spectrum, resample
from core.spectrum.levels import Levels
from core.table_conformers import conformers_of_row, fitting_conformer
from dashboard import resources
from dashboard.figures.learner_style import learner_style
from dashboard.figures.spectra import Curve
from dashboard.state import VALENCE, remember, session
from dashboard.widgets.curves import display_grid, scale_of
from dashboard.widgets.learner_choice import current_model_key
from dashboard.widgets.text import escape_markdown


@dataclass(frozen=True, eq=False)
class Overlaid:
    """One molecule as several learners have it.

    Attributes
    ----------
    table : DataFrame
        The molecule's row as each learner of levels predicts it, the one in use first; index: the learner's key, id: its
        name.
    spectra : dict of str to (300,)
        Headline spectra on GRID_EV [states/eV] of learners of spectra, by key.
    notes : sentences on what is not shown, and why
    """

    table: pd.DataFrame
    spectra: dict[str, np.ndarray]
    notes: list[str]


def show_overlay_choice() -> None:
    """Ask which other learners are drawn over the spectrum."""
    used = current_model_key()
    others = [key for key in resources.offered_learners() if key != used and same_energies(key, used)]
    if others:
        remember(
            st.multiselect,
            "Overlay other learners",
            "overlaid",
            options=others,
            format_func=resources.learner_name,
            placeholder="none",
            help="Drawn over the spectrum of the molecule in focus, at the same geometry or over the same conformers. The "
            "levels below it, and the error band, stay those of the learner in use.",
        )


def overlay_learners(row: pd.Series, *, n_drawn: int = 1) -> Overlaid | None:
    """Return one of the drawn molecules as the chosen learners have it; None where no other learner is chosen."""
    wanted = session().settings["overlaid"]
    used = str(row["model"])
    keys = [k for k in wanted if k in resources.offered_learners() and k != used and same_energies(k, used)]
    if not keys:
        return None
    predicted = predict_with(row, keys)
    if n_drawn > 1:
        predicted.notes.append("While learners are overlaid, only the molecule in focus is drawn.")
    return predicted


def same_energies(key: str, other: str) -> bool:
    """Return whether two learners' levels stand on one axis: orbital energies both, or ionisation energies both."""
    return resources.tells_ionisation(key) == resources.tells_ionisation(other)


def predict_with(row: pd.Series, keys: Sequence[str]) -> Overlaid:
    """Return one predicted row as it is and as other learners predict it; a refusal becomes a note."""
    main = str(row["model"])
    place = fitting_conformer(row)
    rows = {main: row.to_dict() | {"id": resources.learner_name(main)}}
    spectra: dict[str, np.ndarray] = {}
    notes: list[str] = []
    geometries, weights = drawn_conformers(row)
    for key in keys:
        name = resources.learner_name(key)
        try:
            if resources.get_card(key).form == LEVELS:
                levels = [resources.get_explained_levels(*g, key) for g in geometries]
                rows[key] = row.to_dict() | {"id": name, "model": key} | level_columns(levels, weights)
                if not np.isfinite(levels[0].lumo_ev) and session().settings["n_levels"] == VALENCE:
                    notes.append(f"{name} predicts the 16 highest levels only: its curve ends where they do.")
            else:
                shares = weights if place is None else np.eye(len(weights))[place]
                spectra[key] = shares @ np.array([resources.direct_spectrum(*g, key) for g in geometries])
                notes.append(
                    f"{name} predicts a spectrum and no levels, hence no HOMO: its curve is the band of 16 at \u03c3 0.5 eV, "
                    "Gaussian, whatever the controls say."
                )
        except EigenscopeError as error:
            notes.append(f"{name} does not predict this molecule: {error}.")
    return Overlaid(pd.DataFrame(list(rows.values()), index=list(rows)), spectra, notes)


def rows_to_draw(table: pd.DataFrame, drawn: list[int], overlaid: Overlaid | None) -> tuple[pd.DataFrame, list[Any]]:
    """Return the table to draw from and the labels of its rows: the molecules, or one as each learner of levels has it."""
    return (table, drawn) if overlaid is None else (overlaid.table, list(overlaid.table.index))


def show_overlay_notes(overlaid: Overlaid | None) -> None:
    """Say what is not shown, and why."""
    for note in overlaid.notes if overlaid is not None else ():
        st.caption(escape_markdown(note, limit=300))


def drawn_conformers(row: pd.Series) -> tuple[list[tuple[bytes, bytes]], np.ndarray]:
    """Return the geometries of a row's conformers, as a cache compares them, and their weights (n_conformers,)."""
    ensemble = conformers_of_row(row)
    weights = ensemble.weights(float(row["temperature_k"])) if len(ensemble) > 1 else np.ones(1)
    return [resources.bytes_of_geometry(geometry) for geometry in ensemble.geometries], weights


def level_columns(of_each: Sequence[Levels], weights: np.ndarray) -> dict[str, Any]:
    """Return the columns of a prediction table that hold levels; no expected error, so that no error band is drawn.

    Parameters
    ----------
    of_each, weights : those of each conformer, (n_conformers,)
    """
    levels, has_several = average_levels(of_each, weights), len(of_each) > 1
    stacked = np.array([[*own.valence_ev, own.lumo_ev] for own in of_each], dtype=np.float32)
    return {
        "conformer_levels_ev": stacked.ravel() if has_several else None,
        "levels_ev": levels.valence_ev.astype(np.float32),
        "homo_ev": levels.homo_ev,
        "lumo_ev": levels.lumo_ev,
        "gap_ev": levels.gap_ev,
        "expected_rmse_ev": np.nan,
        "level_errors_ev": None,
        "lumo_error_ev": np.nan,
    }


def learner_curves(overlaid: Overlaid, curves: Sequence[Curve], *, order: int) -> list[Curve]:
    """Return the curves of learners of levels in the learners' colours, then those of learners of spectra.

    Parameters
    ----------
    curves : one a row of `overlaid.table`
    order : int
        Place of the molecule among those drawn: a click on a level needs it.
    """
    main = overlaid.table.index[0]
    styled = [
        replace(
            curve,
            order=order,
            levels_ev=curve.levels_ev if key == main else None,
            own_colour=learner_style(key).colour,
            own_symbol=learner_style(key).symbol,
            dash=learner_style(key).dash,
        )
        for key, curve in zip(overlaid.table.index, curves, strict=True)
    ]
    return styled + [spectrum_curve(key, density, order=order) for key, density in overlaid.spectra.items()]


def spectrum_curve(key: str, density: np.ndarray, *, order: int) -> Curve:
    """Return a directly predicted spectrum on the grid and in the scale of the figure."""
    settings = session().settings
    grid = display_grid(settings["window_ev"])
    shown = resample(Spectrum(GRID_EV, density), grid).density
    style = learner_style(key)
    return Curve(
        resources.learner_name(key),
        grid,
        shown * scale_of(shown, settings["normalise"]),
        order=order,
        own_colour=style.colour,
        own_symbol=style.symbol,
        dash=style.dash,
    )
