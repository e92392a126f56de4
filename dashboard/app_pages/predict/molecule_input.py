"""Molecules in: type, draw or upload, and the geometry and model they are predicted with."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from streamlit_ketcher import st_ketcher

from core.errors import EigenscopeError, ModelError
from core.readers.structures import entries_from_text
from core.structure.entry import OK, Entry
from core.structure.salts import strip_entry
from dashboard import resources
from dashboard.figures.theme import MAX_DRAWN
from dashboard.state import EXAMPLE_SMILES, Session, remember, session
from dashboard.widgets.geometry_choice import choose_geometry, chosen_conformers
from dashboard.widgets.job_bar import run_job
from dashboard.widgets.learner_choice import choose_learner, current_model_key
from dashboard.widgets.own_file import show_own_file, show_strip_salts
from dashboard.widgets.upload import Upload

INPUT_TABS = ("Type", "Draw", "Upload")
AGAIN = "predict_again"
PREDICTED_FILE = "predicted_file"
SKETCHER_HEIGHT = 560  # all of its tools


def load_first_molecule() -> None:
    """Take up the molecule of the address; fill a session that is empty still with the example."""
    state = session()
    linked, state.linked = state.linked, ""
    if linked:
        state.settings["input_text"] = linked
        try:
            begin_prediction(entries_from_text(linked), add=state.table is not None)
        except EigenscopeError as error:
            state.message = f"The link's molecule was not read: {error}"
    if state.table is None and "predict" not in state.jobs:
        try:
            set_table(state, resources.example_table(current_model_key()), drawn=[0])
        except ModelError as error:  # another learner may be chosen
            state.message = str(error)


def set_table(state: Session, table: pd.DataFrame, *, drawn: Sequence[int]) -> None:
    """Make a prediction table the list of molecules."""
    state.table = table.reset_index(drop=True)
    state.drawn = list(drawn)[:MAX_DRAWN]
    state.focus = state.drawn[-1] if state.drawn else None
    state.level = None if state.focus is None else len(state.table["levels_ev"][state.focus]) - 1  # the HOMO
    state.table_version += 1


def collect_prediction(state: Session, table: pd.DataFrame) -> None:
    """Take a finished prediction into the list: in its place, or after what is there."""
    add = state.settings.get("add_to_list", False) and state.table is not None
    before = state.table if add and state.table is not None else table.iloc[:0]
    joined = pd.concat([before, table], ignore_index=True) if len(before) else table.reset_index(drop=True)
    fresh = [k for k in range(len(before), len(joined)) if joined["status"][k] == OK]
    few = fresh if len(fresh) <= MAX_DRAWN else fresh[:1]
    kept = [k for k in state.drawn if k < len(before)][: MAX_DRAWN - len(few)] if add else []
    set_table(state, joined, drawn=[*kept, *few])


def begin_prediction(entries: Sequence[Entry], *, add: bool) -> None:
    """Predict entries beside the page."""
    state = session()
    if not entries:
        state.message = "Nothing to predict: the input holds no molecule. Type a SMILES, draw, or upload a file."
        return
    state.settings["add_to_list"] = add
    try:
        geometry, conformers = state.settings["geometry"], chosen_conformers()
        job = resources.start_prediction(entries, key=current_model_key(), geometry=geometry, conformers=conformers)
    except ModelError as error:
        state.message = str(error)
        return
    run_job("predict", job, collect_prediction)


def show_input() -> None:
    """Show the tabs, the choices and the two buttons; a click starts the prediction."""
    tabs = st.tabs(INPUT_TABS, key="input_tab", on_change="rerun")
    with tabs[0]:
        if tabs[0].open is not False:
            text = remember(
                st.text_area,
                "SMILES or InChI, one a line; a name may follow",
                "input_text",
                height=96,
                placeholder=f"{EXAMPLE_SMILES} 2-oxocyclohexane carbaldehyde\nc1ccoc1 furan",
            )
            show_predict_buttons("type", lambda: read_text(text), ready=True)  # the text is known once its box is left
    with tabs[1]:
        if tabs[1].open:
            st.caption("The sketcher opens with the molecule in focus.")
            if st.button("Open the sketcher", key="open_sketcher", icon=":material/draw:"):
                session().sketched = focused_smiles()
            if session().sketched:  # work that ends beside it runs the page again
                show_sketcher()
    with tabs[2]:
        if tabs[2].open:
            upload = show_own_file("upload", done=session().settings.get(PREDICTED_FILE, ""))
            show_predict_buttons("upload", lambda: read_upload(upload), ready=upload is not None)
    with st.container(horizontal=True, gap="medium"):
        choose_geometry("Geometry")
        if not tabs[2].open:
            show_strip_salts()
    choose_learner()
    predict_with_chosen_learner()


def read_text(text: str) -> list[Entry]:
    """Return the entries of typed or drawn molecules, salts stripped where that is asked for."""
    entries = entries_from_text(text)
    return [strip_entry(entry) for entry in entries] if session().settings["strip_salts"] else entries


def read_upload(upload: Upload | None) -> Sequence[Entry]:
    """Return the entries of an uploaded file, which is now predicted: what was read of it folds."""
    if upload is None:
        return []
    session().settings[PREDICTED_FILE] = upload.fingerprint
    return upload.read().entries


def close_sketcher() -> None:
    """Have the page go on without the sketcher."""
    session().sketched = ""


@st.dialog("Draw a molecule", width="large", on_dismiss=close_sketcher)
def show_sketcher() -> None:
    """Let the molecule in focus be redrawn, or another be drawn; the sketcher hides its elements where it is narrow."""
    start = session().sketched
    drawn = st_ketcher(start, height=SKETCHER_HEIGHT, key=f"ketcher_{start}")
    st.caption("Press Apply under the drawing, then Predict.")
    show_predict_buttons("draw", lambda: entries_from_text(drawn or ""), ready=bool(drawn))


def focused_smiles() -> str:
    """Return the SMILES of the molecule whose structure is shown, else of the example."""
    state = session()
    if state.table is None or state.focus is None:
        return EXAMPLE_SMILES
    return str(state.table["smiles"][state.focus])


def predict_with_chosen_learner() -> None:
    """Predict the molecules of the list with the learner that is chosen, if another one predicted them."""
    state, key = session(), current_model_key()
    if state.table is None or {"predict", AGAIN} & set(state.jobs) or not (state.table["model"] != key).any():
        return
    try:
        job = resources.start_again(state.table, key=key)
    except ModelError:  # the footer says it
        return
    run_job(AGAIN, job, collect_again)


def collect_again(state: Session, table: pd.DataFrame) -> None:
    """Take the same molecules as another learner predicts them: what was drawn stays, as far as it is predicted."""
    before, focus = state.table, state.focus
    if before is None or len(before) != len(table):
        return  # another list was made meanwhile
    depth = None
    if focus is not None and state.level is not None and before["levels_ev"][focus] is not None:
        depth = len(before["levels_ev"][focus]) - 1 - state.level
    good = table.index[table["status"] == OK].tolist()
    kept = [k for k in state.drawn if k in good] or good[:1]
    set_table(state, table, drawn=kept)
    if focus in kept:
        state.focus = focus
    if state.focus is None or depth is None:
        return
    level = len(table["levels_ev"][state.focus]) - 1 - depth
    if level >= 0 and (depth >= 0 or pd.notna(table["lumo_ev"][state.focus])):
        state.level = level


def show_predict_buttons(source: str, read: Callable[[], Sequence[Entry]], *, ready: bool) -> None:
    """Show Predict and Add to list; a click reads the input and starts."""
    busy = "predict" in session().jobs
    with st.container(horizontal=True, gap="small"):
        replace = st.button(
            "Predict", type="primary", key=f"predict_{source}", disabled=busy or not ready, icon=":material/play_arrow:"
        )
        add = st.button(
            "Add to list",
            key=f"add_{source}",
            disabled=busy or not ready,
            help="Keep the molecules already in the list.",
        )
    if not (replace or add):
        return
    try:
        entries = read()
    except EigenscopeError as error:
        session().message = str(error)
        return
    begin_prediction(entries, add=add)
    close_sketcher()
    st.rerun()
