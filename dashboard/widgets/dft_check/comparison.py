"""Predictions beside the references computed for them: errors of all, spectra and levels of one, downloads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.errors import EigenscopeError
from core.evaluation.against_reference import (
    LevelErrors,
    compare_levels,
    describe_reference,
    level_table,
    reference_target,
)
from core.quantities import QUANTITIES, Quantity, format_ev
from core.theory import REFERENCE_THEORY
from core.writers.tables import table_to_csv
from dashboard.figures.levels import Ladder, level_figure
from dashboard.figures.spectra import spectrum_figure
from dashboard.state import session
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.curves import height_drawn, make_curve
from dashboard.widgets.dft_check.checks import Check, CheckList
from dashboard.widgets.downloads import figure_download
from dashboard.widgets.figure import show_figure
from dashboard.widgets.overlay import lay_over
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

PREDICTED_SCORE, REFERENCE_SCORE = "score_predicted", "score_reference"


@dataclass(frozen=True)
class Scoring:
    """How well rows match the target of the page.

    Attributes
    ----------
    rank : callable
        Rows to their ranking, of which some may be left out.
    metric : what its scores are
    """

    rank: Callable[[pd.DataFrame], pd.DataFrame]
    metric: Quantity


def show_comparison(page: str, listed: CheckList, orders: dict[str, int], scoring: Scoring | None) -> None:
    """Show the errors of all checks that are done, and one of them in full.

    Parameters
    ----------
    orders : dict of str to int
        The colours of names that are drawn elsewhere on the page.
    scoring : Scoring or None
        Where there is a target.
    """
    compared = {}
    for check in listed.done():
        try:
            compared[check] = compare_levels(check.predicted(), check.reference_levels())
        except EigenscopeError as error:
            st.caption(
                f":orange[**{escape_markdown(check.name, limit=40)}**] not compared: {escape_markdown(str(error))}"
            )
    if not compared:
        return
    checks = list(compared)
    shown = listed.focus if listed.focus in compared else checks[0]
    table = comparison_table(compared)
    if scoring is not None:
        try:
            table = add_scores(table, checks, scoring)
        except EigenscopeError as error:
            st.caption(f":orange[Not held against the target:] {escape_markdown(str(error))}")
    show_check_table(page, table, listed, checks, shown, metric=scoring.metric if scoring else QUANTITIES["rse"])
    st.markdown(describe_errors(shown, compared[shown]))
    order = orders.get(shown.name, 0)
    with st.grid(5, min_column_width=140, gap="small") as row:
        with row.cell(column_span=3):
            figure = show_spectra(page, shown, order)
        with row.cell(column_span=2):
            show_levels(page, shown, order)
    st.caption(
        escape_markdown(
            describe_reference(shown.reference(), origin=str(shown.row.get("geometry") or "library")), limit=400
        )
    )
    with st.container(horizontal=True, gap="small"):
        for label, name, content in (
            ("Levels (CSV)", "levels", lambda: table_to_csv(levels_of_all(checks))),
            ("Errors (CSV)", "errors", lambda: table_to_csv(table)),
        ):
            st.download_button(
                label,
                content,
                file_name=f"eigenscope-reference-{name}.csv",
                mime="text/csv",
                key=f"download_dft_{name}_{page}",
                on_click="ignore",
                icon=":material/download:",
            )
        figure_download(figure, "reference", key=f"download_dft_html_{page}")


def comparison_table(compared: dict[Check, LevelErrors]) -> pd.DataFrame:
    """Return one row a checked molecule: its errors, and what it was computed with."""
    return pd.DataFrame(
        {
            "id": check.name,
            "rmse_ev": errors.rmse_ev,
            "expected_rmse_ev": check.predicted().expected_rmse_ev,
            "rse": errors.rse,
            "homo_predicted_ev": check.predicted().homo_ev,
            "homo_reference_ev": check.reference_levels().homo_ev,
            "homo_difference_ev": errors.homo_ev,
            "lumo_difference_ev": errors.lumo_ev,
            "n_levels": errors.n_levels,
            "seconds": check.reference().seconds,
            "solver": check.reference().solver,
            "level_of_theory": str(REFERENCE_THEORY),
            **{name: check.row.get(name, "") for name in ("model", "geometry", "formula", "smiles", "inchikey")},
        }
        for check, errors in compared.items()
    )


def add_scores(table: pd.DataFrame, checks: list[Check], scoring: Scoring) -> pd.DataFrame:
    """Return the table with how well each prediction, and each reference, matches the target of the page."""
    rows = pd.DataFrame([check.row for check in checks]).reset_index(drop=True).assign(place=range(len(checks)))
    truth = rows.assign(levels_ev=[c.reference_levels().valence_ev.astype(np.float32) for c in checks])
    scores = {
        name: scoring.rank(side).set_index("place")["score"].reindex(range(len(checks)))
        for name, side in ((PREDICTED_SCORE, rows), (REFERENCE_SCORE, truth))
    }
    return table.assign(**scores)


def show_check_table(
    page: str, table: pd.DataFrame, listed: CheckList, checks: list[Check], shown: Check, *, metric: Quantity
) -> None:
    """Show the errors of all, and what `metric` says of the target where that was asked; a click shows one in full."""
    key = f"dft_table_{page}_{len(checks)}"
    n_done = len(listed.done())

    def take() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and len(listed.done()) == n_done:  # else a table gone by: browsers may report it late
            listed.focus = checks[rows[0]]

    rse = QUANTITIES["rse"]
    view = pd.DataFrame(
        {
            "ID": table["id"],
            "RMSE": table["rmse_ev"],
            "Expected": table["expected_rmse_ev"],
            "RSE": rse.shown(table["rse"]),
            "HOMO": table["homo_predicted_ev"],
            "HOMO DFT": table["homo_reference_ev"],
            "Δ HOMO": table["homo_difference_ev"],
            **{name: metric.shown(table[name]) for name in (PREDICTED_SCORE, REFERENCE_SCORE) if name in table},
            "Levels": table["n_levels"],
            "Time": table["seconds"],
            "Solver": table["solver"],
            "Model": table["model"],
            "Geometry": table["geometry"],
            "SMILES": table["smiles"],
        }
    )
    st.dataframe(
        view,
        placeholder=ABSENT,
        key=key,
        hide_index=True,
        height=36 + 35 * min(len(view), 6),
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [checks.index(shown)]}},
        on_select=take,
        column_config=error_columns(metric),
    )


def error_columns(metric: Quantity) -> dict[str, Any]:
    """Return how the columns of the table of errors are shown."""
    return {
        "ID": st.column_config.TextColumn("ID", width=150),
        "RMSE": quantity_config("rmse_ev", width=85, help_text="Of the 16 highest occupied levels, or of all if fewer"),
        "Expected": quantity_config(
            "rmse_ev", "Expected", width=100, help_text="The RMSE that the prediction came with"
        ),
        "RSE": quantity_config("rse", width=75, help_text="Of their spectra at σ 0.5 eV, −30 to 0 eV"),
        "HOMO": quantity_config("homo_ev", help_text="Predicted", width=80),
        "HOMO DFT": quantity_config("homo_ev", "DFT", help_text="The reference's HOMO", width=80),
        "Δ HOMO": quantity_config("homo_difference_ev", width=95),
        PREDICTED_SCORE: quantity_config(
            metric.key,
            f"Target: {metric.label}",
            help_text="The prediction, at the geometry that was checked and with all levels alike, against the target",
        ),
        REFERENCE_SCORE: st.column_config.NumberColumn(
            "by DFT", format=metric.printf, width=75, help="The reference against the target, in the same way"
        ),
        "Levels": quantity_config("n_levels", width=60),
        "Time": quantity_config("seconds", width=70),
    }


def describe_errors(check: Check, errors: LevelErrors) -> str:
    """Return the errors of one molecule in words."""
    expected, rmse = check.predicted().expected_rmse_ev, QUANTITIES["rmse_ev"]
    promised = f", {rmse.text(expected)} expected" if np.isfinite(expected) else ""
    side = "above" if errors.homo_ev > 0 else "below"
    homo = f"HOMO {format_ev(abs(errors.homo_ev))} {side} the reference's {format_ev(check.reference_levels().homo_ev)}"
    return (
        f"**{escape_markdown(check.name, limit=60)}** · RMSE {rmse.text(errors.rmse_ev)} ({errors.n_levels} levels{promised}) · "
        f"RSE {QUANTITIES['rse'].text(errors.rse)} · {homo}"
    )


def show_spectra(page: str, check: Check, order: int) -> go.Figure:
    """Show the prediction (solid), the reference (dashed) and the residual; return the figure."""
    settings = session().settings
    predicted = check.predicted()
    curve = make_curve(check.name, predicted.valence_ev, errors_ev=predicted.errors_ev, order=order)
    n_drawn = len(curve.levels_ev) if curve.levels_ev is not None else None
    target = reference_target(check.reference_levels(), f"{REFERENCE_THEORY} reference", n_levels=n_drawn)
    reference, residuals = lay_over([curve], target)
    figure = spectrum_figure(
        [curve],
        theme=current_theme(),
        height_of=height_drawn(),
        axis=settings["axis"],
        window_ev=settings["window_ev"],
        reference=reference,
        residuals=residuals,
        height=340,
    )
    show_figure(figure, f"dft_spectra_{page}", file_name="reference")
    return figure


def show_levels(page: str, check: Check, order: int) -> None:
    """Show both sides' levels as sticks."""
    predicted, reference = check.predicted(), check.reference_levels()
    ladders = [
        Ladder(
            check.name,
            predicted.valence_ev,
            predicted.lumo_ev,
            order,
            np.append(predicted.errors_ev, predicted.lumo_error_ev),
        ),
        Ladder("reference", reference.valence_ev, reference.lumo_ev, is_reference=True),
    ]
    show_figure(
        level_figure(ladders, theme=current_theme(), height=410), f"dft_levels_{page}", file_name="reference-levels"
    )


def levels_of_all(checks: list[Check]) -> pd.DataFrame:
    """Return the levels of all checked molecules, one row a level."""
    tables = []
    for check in checks:
        table = level_table(check.predicted(), check.reference_levels())
        names = {"id": check.name, "smiles": check.row["smiles"], "model": check.row.get("model", "")}
        tables.append(pd.DataFrame(names, index=table.index).join(table).assign(level_of_theory=str(REFERENCE_THEORY)))
    return pd.concat(tables, ignore_index=True)
