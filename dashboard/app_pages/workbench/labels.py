"""The user's labels: a file, what was read of it, what the levels are; and the training, beside the page."""

import tempfile
from pathlib import Path

import streamlit as st

from core.assets import EXAMPLES
from core.errors import EigenscopeError
from core.labels.label_set import LabelSet, load_labels
from core.labels.splits import SPLIT_DRAWN
from core.machine.progress import Progress, ShouldCancel
from core.models.card import ORBITAL_ENERGIES
from core.readers.parquet import MAGIC, read_parquet_table
from core.readers.records import MAX_FILE_MB
from core.readers.structures import EXTENSIONS, read_structures
from core.workbench.learner import MAX_TOLD, OwnLearner, OwnTheory, learn_labels
from core.workbench.structures import structures_by_id
from core.workbench.study import MIN_MOLECULES
from dashboard import resources
from dashboard.jobs import Job, Left
from dashboard.state import Session, remember, session
from dashboard.widgets.columns import ABSENT
from dashboard.widgets.guard import show_error
from dashboard.widgets.job_bar import run_job
from dashboard.widgets.text import escape_markdown
from dashboard.widgets.wording import ENERGIES_LABELS

LEARNING = "workbench"
EXAMPLE_LABELS = EXAMPLES / "labels.csv"
LABEL_TYPES = ["csv", "tsv", "txt", "parquet", "json", "tar", "bz2"]
LEVEL_UNITS = {"": "As the table says", "eV": "eV", "Hartree": "Hartree"}
LABELS_HELP = (
    "A table, CSV, TSV or Parquet: `id`; a geometry (`xyz`, or `numbers` and `positions`), or ids of a library's molecules or of "
    f"a file of structures beside it; levels (`levels_ev`, or `homo_ev`, `homo-1_ev`, ...; `_hartree` for Hartree). Or what "
    f"`eigenscope label` and `eigenscope import` write, QM9 or OE62. Up to {MAX_FILE_MB} MB, at least {MIN_MOLECULES} molecules."
)


def show_labels() -> None:
    """Ask for labels and what they are, and show Train."""
    tabs = st.tabs(["Upload", "Example"], key="workbench_tab", on_change="rerun")
    found: tuple[LabelSet, str] | None = None
    with tabs[0]:
        if tabs[0].open is not False:
            found = upload_labels()
    with tabs[1]:
        if tabs[1].open:
            found = example_labels()
    if found is None:
        return
    labels, name = found
    show_what_labels_are(labels)
    theory = ask_theory(labels, name)
    is_busy = LEARNING in session().jobs
    if (
        st.button(
            "Train",
            type="primary",
            key="workbench_train",
            icon=":material/play_arrow:",
            disabled=is_busy or theory is None,
        )
        and theory is not None
    ):
        begin_training(labels, theory)
        st.rerun()


def upload_labels() -> tuple[LabelSet, str] | None:
    """Return the labels of the file uploaded, and its name."""
    st.caption(LABELS_HELP)
    upload = st.file_uploader(
        "Labels", type=LABEL_TYPES, key="workbench_labels", label_visibility="collapsed", max_upload_size=MAX_FILE_MB
    )
    beside = st.file_uploader(
        "Structures that the ids stand for, where the table has none", type=list(EXTENSIONS), key="workbench_structures",
        max_upload_size=MAX_FILE_MB,
    )  # fmt: skip
    unit = remember(
        st.segmented_control, "Unit of the levels", "own_unit", options=list(LEVEL_UNITS), format_func=LEVEL_UNITS.get
    )
    if upload is None:
        return None
    structures = (beside.name, beside.getvalue()) if beside is not None else None
    try:
        return read_labels(upload.name, upload.getvalue(), structures, unit or None), Path(upload.name).stem
    except EigenscopeError as error:
        show_error(error)
        return None


def example_labels() -> tuple[LabelSet, str]:
    """Return the labels that come with the program."""
    st.caption(
        "62 molecules of two to nine heavy atoms and their orbital energies in CAM-B3LYP/def2-TZVP: what a table of yours may "
        "look like."
    )
    data = EXAMPLE_LABELS.read_bytes()
    st.download_button(
        "The example as CSV", data, file_name=EXAMPLE_LABELS.name, mime="text/csv", key="workbench_example",
        on_click="ignore", icon=":material/download:",
    )  # fmt: skip
    return read_labels(EXAMPLE_LABELS.name, data, None, None), "CAM-B3LYP example"


@st.cache_data(show_spinner="Reading the labels …", max_entries=4)
def read_labels(name: str, data: bytes, beside: tuple[str, bytes] | None, unit: str | None) -> LabelSet:
    """Return the labels of a file; raises as `load_labels`."""
    entries = read_structures(beside[1], beside[0]) if beside is not None else []
    if data.startswith(MAGIC):
        read_parquet_table(data)  # raises where a few kilobytes stand for gigabytes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(data)
        try:
            return load_labels(path, unit=unit, structures=structures_by_id(entries))
        except EigenscopeError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error


def show_what_labels_are(labels: LabelSet) -> None:
    """Say what was read, and what was not."""
    stated = labels.provenance.level_of_theory
    said = f"{len(labels):,} labels" + (f", {stated}" if stated else "")
    st.success(escape_markdown(said), icon=":material/check:")
    if len(labels.left_out):
        with st.expander(f"{len(labels.left_out):,} rows could not be used"):
            st.dataframe(labels.left_out, hide_index=True, placeholder=ABSENT, key="workbench_left_out")
    for note in labels.notes:
        if note.startswith(SPLIT_DRAWN):  # here each molecule is left out once
            continue
        st.caption(escape_markdown(note, limit=400))


def ask_theory(labels: LabelSet, name: str) -> OwnTheory | None:
    """Ask what the levels are and what to call the learner; None, with the reason shown, where that cannot be."""
    called = st.text_input("Name of the learner", name[:MAX_TOLD], max_chars=MAX_TOLD, key=f"workbench_name_{name}")
    stated = labels.provenance.level_of_theory[:MAX_TOLD]
    theory = st.text_input("Level of theory", stated, max_chars=MAX_TOLD, key=f"workbench_theory_{name}_{stated}")
    energies = remember(
        st.segmented_control, "What the levels are", "own_energies", options=list(ENERGIES_LABELS),
        format_func=ENERGIES_LABELS.__getitem__,
        help="Orbital energies of a functional or Hartree-Fock, or minus ionisation energies, of GW say: these are compared with "
        "measured spectra as they stand.",
    )  # fmt: skip
    try:
        return OwnTheory(called, theory, energies or ORBITAL_ENERGIES)
    except EigenscopeError as error:
        st.warning(escape_markdown(str(error)), icon=":material/warning:")
        return None


def begin_training(labels: LabelSet, theory: OwnTheory) -> None:
    """Start learning beside the page."""

    def work(progress: Progress, should_cancel: ShouldCancel) -> OwnLearner | None:
        return learn_labels(labels, theory, progress=progress, should_cancel=should_cancel)

    run_job(LEARNING, Job(work, label="Learning", noun="fifths left out in turn"), collect_learner)


def collect_learner(state: Session, result: OwnLearner | Left | None) -> None:
    """Take what was made into the session."""
    if isinstance(result, OwnLearner):
        state.own_learner, state.suggested = result, None
        state.notice = f"{resources.learner_name(result.key)} is kept, and can be chosen as learner on every page."
