"""Two learners on the same test molecules: parity, who is nearer how often, best, median and worst cases."""

from typing import Any

import numpy as np
import streamlit as st

from core.errors import EigenscopeError
from core.evaluation.answers import Answers, parity_of
from core.evaluation.cases import Case, compare_pair, find_cases, n_places
from core.quantities import QUANTITIES
from core.spectrum.broaden import GRID_EV
from core.spectrum.levels import N_BAND
from dashboard.app_pages.models import comparison_data
from dashboard.app_pages.models.leaderboard import show_geometry_choice
from dashboard.figures.drawings import draw_molecule, molecule_of
from dashboard.figures.learner_errors import parity_figure
from dashboard.figures.learner_style import learner_style
from dashboard.figures.levels import level_name
from dashboard.figures.spectra import Curve, spectrum_figure
from dashboard.state import remember, session
from dashboard.widgets.figure import show_figure
from dashboard.widgets.guard import guarded
from dashboard.widgets.headings import section, subsection
from dashboard.widgets.page_theme import current_theme
from dashboard.widgets.text import escape_markdown

ALL_LEVELS = -1
DEPTHS = [*range(N_BAND), ALL_LEVELS]
PLACES = {"best": "Best", "median": "Median", "worst": "Worst"}


@st.fragment
@guarded
def show_pair() -> None:
    """Show two learners, chosen here, beside each other."""
    try:
        standings = comparison_data.kept_leaderboard()
        geometry = show_geometry_choice(standings)
        names = {s.key: s.name for s in standings}
        first, second = choose_two(names)
        answers = [comparison_data.answers(key, geometry) for key in (first, second)]
    except EigenscopeError as error:
        st.info(f"Nothing to compare yet: {escape_markdown(str(error), limit=400)}.", icon=":material/info:")
        return
    show_parities(answers, names)
    if first != second:
        show_verdict(answers[0], answers[1], names)
    else:
        st.caption("Choose two different learners to see them side by side.")
    show_cases(answers[0], answers[1], names)


def choose_two(names: dict[str, str]) -> tuple[str, str]:
    """Ask for two learners; the flagship and the next are there at first."""
    keys, settings = list(names), session().settings
    for name, place in (("first_learner", 0), ("second_learner", min(1, len(keys) - 1))):
        if settings[name] not in keys:
            settings[name] = keys[place]
    left, right = st.columns(2)
    with left:
        first = remember(st.selectbox, "Learner", "first_learner", options=keys, format_func=names.get)
    with right:
        second = remember(st.selectbox, "Beside it", "second_learner", options=keys, format_func=names.get)
    return first, second


def show_parities(answers: list[Answers], names: dict[str, str]) -> None:
    """Show predicted against reference levels of both learners."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        section("Parity", "predicted against reference levels")
        depth = remember(
            st.selectbox,
            "Level",
            "parity_depth",
            options=DEPTHS,
            width=200,
            format_func=lambda d: "All 16 levels" if d == ALL_LEVELS else level_name(N_BAND - 1 - d, N_BAND),
        )
    one = answers[0].key == answers[1].key
    with st.grid(1 if one else 2, min_column_width=400, gap="medium") as row:
        for place, learner in enumerate(answers[: 1 if one else 2]):
            with row.cell():
                show_parity(learner, names[learner.key], depth, key=f"parity-{place}")


def show_parity(answers: Answers, name: str, depth: int, *, key: str) -> None:
    """Show one learner's parity plot with its figures."""
    subsection(name)
    parity = parity_of(answers, None if depth == ALL_LEVELS else depth)
    if parity is None:
        st.caption(
            "It predicts spectra directly: there are no levels to compare. Its spectra are among the cases below."
        )
        return
    noun = "levels" if depth == ALL_LEVELS else "molecules"
    show_figure(parity_figure(parity, theme=current_theme(), noun=noun), key)
    st.caption(
        f"{len(parity.reference_ev):,} {noun}: RMSE {QUANTITIES['rmse_ev'].text(parity.rmse_ev)}, "
        f"MAE {QUANTITIES['mae_ev'].text(parity.mae_ev)}, "
        f"mean signed error {QUANTITIES['mean_signed_error_ev'].text(parity.mean_signed_error_ev)}"
    )


def show_verdict(first: Answers, second: Answers, names: dict[str, str]) -> None:
    """Say on how many molecules the first learner is nearer to the reference."""
    pair = compare_pair(first, second)
    error = QUANTITIES[pair.metric]
    first_median, second_median = (error.text(m) for m in (pair.first_median, pair.second_median))
    st.markdown(
        f"{escape_markdown(names[first.key])} is nearer to the reference than {escape_markdown(names[second.key])} for "
        f"**{pair.first_better:.0%}** of {pair.n_common:,} molecules; median {error.symbol or error.label} {first_median} "
        f"against {second_median}."
    )


def show_cases(first: Answers, second: Answers, names: dict[str, str]) -> None:
    """Show the first learner's best, median and worst molecules, and what the second says of them."""
    n = min(n_places(first, second), 50)
    what = "RMSE" if first.predicted_ev is not None else "RSE"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        section("Cases", f"best, median and worst by the {what} of {names[first.key]}")
        place = remember(
            st.number_input,
            "Place",
            "case_place",
            min_value=1,
            max_value=n,
            step=1,
            width=130,
            help="1: the best, the median and the worst molecule; 2: the next ones; and so on.",
        )
    cases = find_cases(first, second, place=min(int(place), n) - 1)
    with st.grid(3, min_column_width=360, gap="medium") as row:
        for name, case in cases.items():
            with row.cell():
                show_case(
                    case, f"{PLACES[name]}{f' {place}' if place > 1 else ''}", first, second, names, key=f"case-{name}"
                )


def show_case(case: Case, title: str, first: Answers, second: Answers, names: dict[str, str], *, key: str) -> None:
    """Show one molecule: structure, errors, spectra beside the reference."""
    subsection(title, case.id)
    mol = molecule_of(case.numbers, case.positions, case.smiles)
    if mol is not None:
        svg = draw_molecule(mol, theme=current_theme(), size=(300, 150))
        st.image(svg, width=300, alt=f"Structure of {case.smiles}")
    else:
        st.caption("No drawing: the bonds of this geometry are not those of its SMILES.")
    learners = [first] if first.key == second.key else [first, second]
    curves = []
    for answers, density in zip(learners, case.densities, strict=False):
        style = learner_style(answers.key)
        look: dict[str, Any] = {"own_colour": style.colour, "own_symbol": style.symbol, "dash": style.dash}
        curves.append(Curve(names[answers.key], GRID_EV, density, **look))
    figure = spectrum_figure(
        curves,
        theme=current_theme(),
        height_of=QUANTITIES["density"],
        reference=Curve("Reference", GRID_EV, case.reference_density),
        height=270,
    )
    figure.update_layout(margin={"l": 48, "r": 8})
    show_figure(figure, key)
    errors = zip(learners, case.rmse_ev, case.rse, strict=False)
    lines = [f"{escape_markdown(names[a.key])}: {describe_error(rmse, rse)}" for a, rmse, rse in errors]
    st.caption("  \n".join([escape_markdown(case.smiles), *lines]))


def describe_error(rmse_ev: float, rse: float) -> str:
    """Return an error in words: "RMSE 0.043 eV, RSE 1.0%"."""
    rmse = f"RMSE {QUANTITIES['rmse_ev'].text(rmse_ev)}, " if np.isfinite(rmse_ev) else ""
    return f"{rmse}RSE {QUANTITIES['rse'].text(rse, digits='.1f')}"
