"""The target of a ranking: a predicted or library molecule, a typed or drawn one, a spectrum, or a list of levels."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit_ketcher import st_ketcher

from core.errors import EigenscopeError, InputError
from core.predict import predict_entries
from core.readers.structures import entries_from_text
from core.screening.targets import target_of_prediction
from core.spectrum.levels import N_BAND
from core.spectrum.target import Target
from core.structure.entry import OK
from core.structure.molecule import parse_smiles
from dashboard import resources
from dashboard.app_pages.rank.comparison import propose_for
from dashboard.app_pages.rank.reading import show_reading
from dashboard.app_pages.rank.target_file import TargetFile
from dashboard.state import EXAMPLE_SMILES, remember, session
from dashboard.widgets.geometry_choice import chosen_conformers
from dashboard.widgets.guard import show_error
from dashboard.widgets.learner_choice import current_model_key
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.upload_spectrum import SPECTRUM_HELP, SPECTRUM_TYPES

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
    LEVELS_TARGET: "Type energies",
}
MAX_MATCHES = 30
AT = " at K "  # before the temperature of an average, in a mark


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
        show_error(error)
    show_way_back()


def set_target(target: Target) -> None:
    """Make this the target, first hit open."""
    state = session()
    state.target, state.hit = target, 0
    if target.is_measured:
        propose_for(target)


def target_of_row(row: pd.Series) -> Target:
    """Return a predicted row as the target, its learner by name; raises as `core.screening.targets.target_of_prediction`."""
    return replace(target_of_prediction(row), origin=f"predicted by {resources.learner_name(str(row['model']))}")


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
    take_row(good.loc[label], mark=f"{of_what} {label}")


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
    take_row(state.scan.loc[label], mark=f"{of_what} {label}")


def take_row(row: pd.Series, *, mark: str) -> None:
    """Make a predicted row the target unless it is: `mark` tells it from others, its temperature from other averages."""
    state = session()
    marked = f"{mark}{AT}{row['temperature_k']:g}"
    if state.target is None or state.target_mark not in (marked, mark):  # older session files hold no temperature
        state.target_mark = marked
        set_target(target_of_row(row))


def marked_label(of_what: str, labels: list[int], default: int) -> int:
    """Return the molecule that is the target already, among those offered of the same list; else the default."""
    mark = session().target_mark.partition(AT)[0]
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
        entries = entries_from_text(text)
        if len(entries) > 1:
            raise InputError(f"one molecule is the target, found {len(entries)}: {entries[0].id} and {entries[1].id}")
        drop_target()
        with st.spinner("Making a geometry and predicting …"):
            table = predict_entries(
                entries, resources.get_model(current_model_key()), geometry=session().settings["geometry"],
                conformers=chosen_conformers(),
            )  # fmt: skip
        session().target_mark = TYPED_TARGET
        set_target(target_of_row(table.iloc[0]))


def spectrum_form() -> None:
    """Take an uploaded spectrum or file of levels."""
    st.caption(SPECTRUM_HELP)
    key = f"target_upload_{session().n_emptied}"
    st.file_uploader(
        "Spectrum", type=SPECTRUM_TYPES, key=key, label_visibility="collapsed", on_change=take_upload, args=(key,)
    )
    show_file(SPECTRUM_TARGET)


def take_upload(key: str) -> None:
    """Hold the file that was uploaded, or let go of it."""
    upload, files = st.session_state[key], session().target_files
    files.pop(SPECTRUM_TARGET, None)
    if upload is not None:
        files[SPECTRUM_TARGET] = TargetFile(upload.name, upload.getvalue(), "uploaded file")


def levels_form() -> None:
    """Take typed energies: levels, ionisation energies, or two columns of a spectrum."""
    text = remember(
        st.text_area,
        "Ionisation energies, levels, or two columns of a spectrum",
        "target_levels",
        height=90,
        placeholder="9.62, 10.4, 11.6 eV",
        help=f"Any separator and unit; positive = ionisation energies, negative = levels. Of a list the {N_BAND} highest are "
        "compared; with fewer, as many of each candidate's highest levels.",
    )
    if st.button("Use as target", key="target_use_levels", type="primary", disabled=not text.strip()):
        session().target_files[LEVELS_TARGET] = TargetFile("typed numbers", text.encode(), "typed")
    show_file(LEVELS_TARGET)


def show_file(kind: str) -> None:
    """Make the file of a form the target, where it can be one, and show how it is read."""
    state = session()
    if kind not in state.target_files:
        return
    file: TargetFile = state.target_files[kind]
    mark = f"{kind} {file.version}"
    if state.target_mark != mark:
        target = file.outcome[0]
        if target is None:
            drop_target()
        else:
            set_target(target)
        state.target_mark = mark
    show_reading(kind)


def drop_target() -> None:
    """Let there be no target, as what was to be one cannot be; the one before can be taken back."""
    state = session()
    if state.target is not None:
        state.target, state.target_before = None, state.target


def show_way_back() -> None:
    """Where there is no target, offer the one before."""
    before = session().target_before
    if session().target is None and before is not None:
        said = f"Back to {escape_markdown(before.label, limit=60)}"
        st.button(said, key="target_back", icon=":material/undo:", on_click=take_back)


def take_back() -> None:
    """Make the target before the target again, and let go of what could not be one."""
    state = session()
    state.target_files.pop(str(state.settings["target_kind"]), None)
    state.n_emptied += 1
    set_target(state.target_before)


def describe_target(target: Target) -> str:
    """Return the target's name and origin as Markdown, and under them what was assumed of its file."""
    origin, _, assumed = target.origin.partition("; ")
    said = f"**{escape_markdown(target.label, limit=60)}** · {escape_markdown(origin)}"
    return f"{said}\n\n:small[{escape_markdown(assumed, limit=900)}]" if assumed else said
