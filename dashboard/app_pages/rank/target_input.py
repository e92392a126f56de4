"""The target of a ranking: a predicted or library molecule, a typed or drawn one, a spectrum, or a list of levels."""

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit_ketcher import st_ketcher

from core.errors import EigenscopeError, InputError
from core.predict import predict_entries
from core.quantities import QUANTITIES
from core.readers.structures import entries_from_text
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target, target_from_levels, target_from_row
from core.structure.entry import OK
from core.structure.molecule import parse_smiles
from dashboard import resources
from dashboard.app_pages.rank.preparation import propose_for
from dashboard.state import BAND, EXAMPLE_SMILES, VALENCE, remember, session
from dashboard.widgets.learner_choice import current_model_key
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.upload_spectrum import SPECTRUM_HELP, SPECTRUM_TYPES
from dashboard.widgets.wording import LEVEL_LABELS

PREDICTED_TARGET, LIBRARY_TARGET, TYPED_TARGET, SPECTRUM_TARGET, LEVELS_TARGET = (
    "predicted",
    "library",
    "typed",
    "spectrum",
    "levels",
)
TARGET_KINDS = {
    PREDICTED_TARGET: "From Predict",
    LIBRARY_TARGET: "Library molecule",
    TYPED_TARGET: "Type or draw",
    SPECTRUM_TARGET: "Upload a spectrum",
    LEVELS_TARGET: "List of levels",
}
MAX_MATCHES = 30


def show_target_input() -> None:
    """Show the ways to a target; a choice replaces the session's target."""
    forms: dict[str, Callable[[], None]] = {
        PREDICTED_TARGET: predicted_form,
        LIBRARY_TARGET: library_form,
        TYPED_TARGET: typed_form,
        SPECTRUM_TARGET: spectrum_form,
        LEVELS_TARGET: levels_form,
    }
    kind = remember(
        st.segmented_control,
        "Target",
        "target_kind",
        options=list(TARGET_KINDS),
        format_func=TARGET_KINDS.get,
        wrap=True,
    )
    try:
        forms[kind]()
    except EigenscopeError as error:
        st.error(str(error), icon=":material/error:")


def set_target(target: Target) -> None:
    """Make this the target, first hit open."""
    state = session()
    state.target, state.hit = target, 0
    if target.is_measured:
        propose_for(target)


def target_of_row(row: pd.Series) -> Target:
    """Return a predicted row as the target, its learner by name; raises as `core.spectrum.target.target_from_row`."""
    return replace(target_from_row(row), origin=f"predicted by {resources.learner_name(str(row['model']))}")


def predicted_form() -> None:
    """Take a molecule of the Predict page."""
    state = session()
    table = state.table if state.table is not None else resources.example_table(current_model_key())
    good = table[table["status"] == OK]
    if good.empty:
        st.caption("The Predict page holds no predicted molecule.")
        return
    labels = good.index.tolist()[:1000]
    of_what = f"{PREDICTED_TARGET} {state.table_version} {state.focus}"
    default = state.focus if state.focus is not None and state.focus in labels else labels[0]
    label = st.selectbox(
        "Molecule",
        labels,
        index=labels.index(marked_label(of_what, labels, default)),
        key="target_predicted",
        format_func=lambda k: str(good["id"][k]),
    )
    mark = f"{of_what} {label}"
    if state.target is None or (state.target_mark != mark):
        state.target_mark = mark
        set_target(target_of_row(good.loc[label]))


def library_form() -> None:
    """Take a molecule of the scan, found by ID, SMILES or InChIKey."""
    state = session()
    if state.scan is None:
        st.caption("Scan a library first; its molecules can then be targets.")
        return
    query = remember(
        st.text_input,
        "ID, SMILES or InChIKey",
        "target_query",
        placeholder=str(state.scan["id"].iloc[0]),
        help="Part of an ID or SMILES is enough.",
    )
    found = find_rows(state.scan, query)
    if found.empty:
        raise InputError(f"no predicted molecule of the scan has {query!r} in its ID, SMILES or InChIKey")
    labels = found.index.tolist()
    of_what = f"{LIBRARY_TARGET} {state.scan_key}"
    label = st.selectbox(
        f"Found {len(labels) if len(labels) < MAX_MATCHES else f'{MAX_MATCHES} or more'}",
        labels,
        index=labels.index(marked_label(of_what, labels, labels[0])),
        key="target_library",
        format_func=lambda k: f"{found['id'][k]}  {found['smiles'][k]}",
    )
    mark = f"{of_what} {label}"
    if state.target is None or state.target_mark != mark:
        state.target_mark = mark
        set_target(target_of_row(state.scan.loc[label]))


def marked_label(of_what: str, labels: list[int], default: int) -> int:
    """Return the molecule that is the target already, among those offered of the same list; else the default."""
    mark = session().target_mark
    chosen = [k for k in labels if mark == f"{of_what} {k}"]
    return chosen[0] if chosen else default


def find_rows(scan: pd.DataFrame, query: str) -> pd.DataFrame:
    """Return the predicted rows that a query names: exactly by ID, InChIKey or SMILES, else by part of ID or SMILES."""
    good = scan[scan["status"] == OK]
    query = query.strip()
    if not query:
        return good.head(MAX_MATCHES)
    exact = good[(good["id"] == query) | (good["inchikey"] == query)]
    if exact.empty:
        try:
            exact = good[good["smiles"] == parse_smiles(query).smiles]
        except InputError:
            exact = good.iloc[:0]
    if not exact.empty:
        return exact.head(MAX_MATCHES)
    part = good["id"].str.contains(query, case=False, regex=False) | good["smiles"].str.contains(query, regex=False)
    return good[part | good["inchikey"].str.startswith(query)].head(MAX_MATCHES)


def typed_form() -> None:
    """Predict a typed or drawn molecule and take it."""
    text = remember(st.text_input, "SMILES or InChI", "target_text", placeholder=EXAMPLE_SMILES)
    with st.expander("Draw instead", key="target_draw", on_change="rerun") as drawing:
        if drawing.open:
            drawn = st_ketcher(text or EXAMPLE_SMILES, height=400, key="target_ketcher")
            st.caption("Press Apply under the drawing, then Use as target.")
            text = drawn or text
    if st.button("Use as target", key="target_use_typed", type="primary", disabled=not (text or "").strip()):
        with st.spinner("Making a geometry and predicting …"):
            table = predict_entries(
                entries_from_text(text)[:1], resources.get_model(current_model_key()), geometry="xtb"
            )
        session().target_mark = TYPED_TARGET
        set_target(target_of_row(table.iloc[0]))


def spectrum_form() -> None:
    """Take an uploaded spectrum or file of levels."""
    st.caption(SPECTRUM_HELP)
    upload = st.file_uploader("Spectrum", type=SPECTRUM_TYPES, key="target_upload", label_visibility="collapsed")
    band = remember(
        st.segmented_control,
        "Compare a curve with",
        "target_levels_compared",
        options=[VALENCE, BAND],
        format_func=LEVEL_LABELS.get,
        help="A measured spectrum holds all valence levels; a headline spectrum, as exported here, the 16 highest.",
    )
    if upload is None:
        return
    data = upload.getvalue()
    mark = f"{SPECTRUM_TARGET} {resources.digest(data)} {band}"
    if session().target_mark != mark:
        target = resources.read_target(data, upload.name)
        if target.levels_ev is None:
            is_band = band == BAND
            measured = target.is_measured and not is_band
            target = replace(target, n_levels=N_BAND if is_band else None, is_measured=measured)
        set_target(target)
        session().target_mark = mark


def levels_form() -> None:
    """Take typed levels."""
    text = remember(
        st.text_area,
        f"{QUANTITIES['energy_ev'].titled('Levels')}, negative = bound, any separator",
        "target_levels",
        height=90,
        placeholder="-6.21 -6.75 -8.9 -9.3 -9.9 …",
        help=f"The {N_BAND} highest are compared; with fewer, as many of each candidate's highest levels.",
    )
    if st.button("Use as target", key="target_use_levels", type="primary", disabled=not text.strip()):
        session().target_mark = LEVELS_TARGET
        set_target(target_from_levels(parse_typed_levels(text), "typed levels"))


def parse_typed_levels(text: str) -> list[float]:
    """Return the numbers of a text.

    Raises
    ------
    InputError
        If a word is no number.
    """
    words = [w for w in re.split(r"[\s,;]+", text.replace("\u2212", "-")) if w]
    try:
        return [float(w) for w in words]
    except ValueError as error:
        raise InputError(f"levels must be numbers, {error}") from error


def describe_target(target: Target) -> str:
    """Return the target's name and origin as Markdown."""
    return f"**{escape_markdown(target.label, limit=60)}** · {escape_markdown(target.origin)}"
