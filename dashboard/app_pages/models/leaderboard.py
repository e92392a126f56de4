"""The leaderboard: accuracy, size and speed of every learner, and where its errors lie."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import EigenscopeError, InputError
from core.evaluation.answers import ErrorName, level_errors, spread_of
from core.evaluation.files import Standing, best_in_column, leaderboard_table
from core.models.card import ORBITAL_ENERGIES, SPECTRUM
from core.quantities import QUANTITIES, quantity_of
from core.theory import REFERENCE_THEORY
from dashboard import resources
from dashboard.app_pages.models import comparison_data
from dashboard.figures.learner_errors import level_error_figure, spread_figure
from dashboard.figures.theme import Theme, with_alpha
from dashboard.state import remember
from dashboard.widgets.columns import ABSENT, quantity_config
from dashboard.widgets.downloads import table_downloads
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import GEOMETRIES

COMPARED = {kind: GEOMETRIES[kind] for kind in ("dft", "mmff", "rattled")}
WORDS = {"dft": "relaxed by B3LYP", "mmff": "at MMFF94 conformers", "rattled": "with noise on their coordinates"}
LEADERBOARD_METRICS = {  # label of the control, words of the axis
    "rmse_ev": ("RMSE of the band", "RMSE of a molecule's band"),
    "rse": ("RSE of the spectrum", "RSE of a molecule's spectrum"),
}
LEADERBOARD_COLUMNS = (
    "rmse_ev",
    "rse_percent",
    "homo_mae_ev",
    "lumo_mae_ev",
    "n_parameters",
    "n_training",
    "training_minutes",
    "molecules_per_second",
    "relative_speed",
)


@st.fragment
@guarded
def show_leaderboard() -> None:
    """Show the table, the errors by level and by molecule."""
    try:
        standings = comparison_data.kept_leaderboard()
        geometry = show_geometry_choice(standings)
        table = leaderboard_table(standings, geometry)
    except EigenscopeError as error:
        st.info(f"Nothing to compare yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    show_leaderboard_table(table, geometry)
    show_missing(standings)
    names = dict(zip(table["key"], table["name"], strict=True))
    with st.grid(2, min_column_width=420, gap="medium") as row:
        with row.cell():
            show_level_errors(names, geometry)
        with row.cell():
            show_spreads(names, geometry)


def show_geometry_choice(standings: list[Standing]) -> str:
    """Ask for the kind of geometry of the test molecules; all figures of the panel obey it."""
    measured = [kind for kind in COMPARED if any(s.accuracy(kind).n for s in standings)]
    if not measured:
        raise InputError("the leaderboard holds no test molecules")
    chosen: str = remember(
        st.segmented_control,
        "Geometry of the test molecules",
        "compared_geometry",
        options=measured,
        format_func=COMPARED.get,
        help="Relaxed: QM9's own B3LYP geometries (the test split). The others are the same molecules at an MMFF94 "
        "conformer, and with Gaussian noise of 0.01 to 0.05 Angstrom on every coordinate.",
    )
    return chosen


def show_leaderboard_table(table: pd.DataFrame, geometry: str) -> None:
    """Show the leaderboard, the best of each column marked."""
    view = table[["name", *LEADERBOARD_COLUMNS]].round({"molecules_per_second": 0})
    st.dataframe(
        view.style.apply(mark_best, axis=0, theme=current_theme()),
        placeholder=ABSENT,
        key="leaderboard",
        hide_index=True,
        height="content",
        column_config={"name": st.column_config.TextColumn("Learner", width=190, pinned=True)}
        | {name: quantity_config(name) for name in LEADERBOARD_COLUMNS},
    )
    refused = table["n_test"].max() - table["n_test"].min()
    some = " Some learners refuse a few of them (too many atoms, or no band)." if refused else ""
    st.caption(
        f"{table['n_test'].max():,} test molecules, {WORDS[geometry]}, {REFERENCE_THEORY}; none of them, at any "
        f"geometry, was trained on or chosen by.{some} Bold: best of the column. Click a header to sort. "
        f"{ABSENT}: the learner does not predict it."
    )
    with st.container(horizontal=True, gap="small"):
        table_downloads(table, "leaderboard")


def mark_best(column: pd.Series, *, theme: Theme) -> list[str]:
    """Return the style of each cell of a column: the best is bold on the accent."""
    if not quantity_of(str(column.name)).better:
        return [""] * len(column)
    style = f"font-weight: bold; color: {theme.text}; background-color: {with_alpha(theme.accent, 0.22)}"
    return [style if best else "" for best in best_in_column(column)]


def show_missing(standings: list[Standing]) -> None:
    """Say which learners are here and not in the leaderboard, and whether there is but one."""
    known = {s.key for s in standings}
    cards = comparison_data.cards()
    missing = [card.name for key, card in cards.items() if key not in known and card.energies == ORBITAL_ENERGIES]
    if missing:
        st.caption(
            f":orange[Not compared yet:] {escape_markdown(', '.join(missing))}. "
            "`eigenscope compare leaderboard` measures every learner that is there."
        )
    pretrained = comparison_data.pretrained_note([s.key for s in standings])
    if pretrained:
        st.caption(pretrained)
    fits = [(s.name, s.homo_fit_mae_ev) for s in standings if s.homo_fit_mae_ev is not None]
    if fits:
        words = ", ".join(f"{escape_markdown(name)} {QUANTITIES['homo_mae_ev'].text(error)}" for name, error in fits)
        st.caption(f"HOMO MAE when fitted to the HOMO alone, as in Stuke et al. 2019, relaxed geometries: {words}.")
    if len(standings) == 1:
        st.caption(
            f"{escape_markdown(standings[0].name)} is the only learner compared: train others to see them beside it."
        )
    areas = [(s.name, s.mean_area) for s in standings if s.form == SPECTRUM and s.mean_area is not None]
    if areas:
        words = ", ".join(f"{escape_markdown(name)} {area:.2f}" for name, area in areas)
        st.caption(f"Levels that predicted spectra integrate to, on average (16 is right): {words}.")


def show_level_errors(names: dict[str, str], geometry: str) -> None:
    """Show the RMSE of every level of the band."""
    section("Error by level")
    errors: dict[str, np.ndarray] = {}
    without = []
    for key, name in names.items():
        try:
            found = level_errors(comparison_data.answers(key, geometry))
        except EigenscopeError as error:
            st.caption(f":orange[{escape_markdown(name)}:] {escape_markdown(str(error))}.")
            continue
        if found is None:
            without.append(name)
        else:
            errors[key] = found
    if errors:
        show_figure(level_error_figure(errors, names, theme=current_theme()), "level-errors")
    if without:
        st.caption(f"Without levels, as they predict spectra directly: {escape_markdown('; '.join(without))}.")


def show_spreads(names: dict[str, str], geometry: str) -> None:
    """Show the distribution of the error over molecules."""
    section("Error by molecule")
    metric: ErrorName = remember(
        st.segmented_control,
        "Error",
        "error_metric",
        options=list(LEADERBOARD_METRICS),
        format_func=lambda m: LEADERBOARD_METRICS[m][0],
        label_visibility="collapsed",
    )
    spreads = {}
    for key in names:
        try:
            spread = spread_of(comparison_data.answers(key, geometry), metric)
        except EigenscopeError:
            continue  # said once, beside the errors by level
        if spread is not None:
            spreads[key] = spread
    if not spreads:
        st.caption("No learner has such an error.")
        return
    figure = spread_figure(
        spreads, names, theme=current_theme(), quantity=QUANTITIES[metric], title=LEADERBOARD_METRICS[metric][1]
    )
    show_figure(figure, f"error-by-molecule-{metric}")
    left_out = [resources.learner_name(k) for k in names if k not in spreads]
    st.caption(
        "Box: half of the molecules, with the median; whiskers: 5% and 95%; cross: the worst."
        + (f" Without levels there is no RMSE: {escape_markdown(', '.join(left_out))}." if left_out else "")
    )
