"""Where a trajectory comes from: a dynamics run beside the page, or a file; and the job that predicts it."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.assets import EXAMPLES
from core.errors import EigenscopeError
from core.evaluation.trajectory_check import describe_measured
from core.machine.progress import Progress, ShouldCancel
from core.models.protocol import LevelModel
from core.models.registry import DEFAULT
from core.quantities import QUANTITIES
from core.readers.structures import entries_from_text
from core.readers.trajectories import MAX_TRAJECTORY_MB, TRAJECTORY_EXTENSIONS, read_trajectory
from core.structure.domain import MODEL_DOMAIN, check_geometry
from core.structure.dynamics import CLASSICAL, LENGTH_PS, STEP_FS, TEMPERATURE_K, DynamicsOptions, run_dynamics
from core.structure.entry import OK, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import MAX_ATOMS
from core.structure.trajectory import MAX_FRAMES, Trajectory
from core.trajectories.levels import TrajectoryLevels, predict_trajectory
from core.trajectories.make import dynamics_seconds, rest_of
from dashboard import resources
from dashboard.jobs import Job, Left, format_seconds
from dashboard.state import Session, remember, session
from dashboard.widgets.job_bar import run_job
from dashboard.widgets.learner_choice import choose_learner, current_model_key
from dashboard.widgets.text import escape_markdown

FOLLOWING = "trajectory"
TYPED = ""
COUNTED_STEPS, COUNTED_FRAMES = "steps", "frames"  # what a job counts
LONGEST_PS = 20.0  # a page's dynamics; the command line goes further
MOST_OFFERED = 50  # rows of other pages to choose from
EXAMPLE_FILE = EXAMPLES / "trajectory.extxyz"
EXAMPLE_FOLLOWED = "2-oxocyclohexane carbaldehyde, example"
Followed = tuple[str, TrajectoryLevels]
Make = Callable[[Progress, ShouldCancel], Trajectory]


@st.cache_resource(show_spinner="Predicting the example …")
def example_trajectory(key: str) -> TrajectoryLevels:
    """Return the trajectory that the page opens with, as a learner predicts it."""
    whole = read_trajectory(EXAMPLE_FILE.read_bytes(), EXAMPLE_FILE.name)
    return predict_trajectory(whole, resources.get_model(key))


def load_first_trajectory() -> None:
    """Fill a session that has no trajectory yet with the example; predict the one at hand anew for another learner."""
    state, key = session(), current_model_key()
    if FOLLOWING in state.jobs:
        return
    if state.trajectory is None:
        state.trajectory, state.trajectory_name = example_trajectory(key), EXAMPLE_FOLLOWED
    elif state.trajectory.model != key and state.trajectory_asked != (asked := f"{id(state.trajectory)} {key}"):
        state.trajectory_asked = asked  # one that refuses is not asked again
        whole, name = state.trajectory.trajectory, state.trajectory_name
        follow(
            name,
            lambda _report, _stop: whole,
            label=f"Predicting with {resources.learner_name(key)}",
            noun=COUNTED_FRAMES,
        )


def collect_trajectory(state: Session, result: Followed | Left) -> None:
    """Take a finished trajectory into the session; of a cancelled dynamics the frames that it has."""
    if not isinstance(result, Left):
        state.trajectory_name, state.trajectory = result
        st.session_state.pop("trajectory_frame", None)


def show_trajectory_source() -> None:
    """Show the two ways to a trajectory, and the learner."""
    tabs = st.tabs(["Run a dynamics", "Upload"], key="trajectory_tab", on_change="rerun")
    with tabs[0]:
        if tabs[0].open is not False:
            show_dynamics()
    with tabs[1]:
        if tabs[1].open:
            show_upload()
    choose_learner()


def show_dynamics() -> None:
    """Ask for molecule, temperature and length, and say how long it takes."""
    offered = offered_rows()
    labels = {TYPED: "Typed below"} | {key: name for key, (name, _) in offered.items()}
    chosen = remember(
        st.selectbox, "Molecule", "trajectory_from", options=list(labels), format_func=labels.get,
        help="Of the list of Predict, or selected on Scan; it begins at its own geometry.",
    )  # fmt: skip
    if chosen == TYPED:
        remember(st.text_input, "SMILES or InChI; a name may follow", "trajectory_smiles")
    show_run_controls()
    try:
        options = chosen_options()
        entry = None if chosen == TYPED else offered[chosen][1]
    except EigenscopeError as error:
        st.warning(escape_markdown(str(error)), icon=":material/warning:")
        return
    n_atoms = entry.geometry.n_atoms if entry is not None and entry.geometry is not None else 19
    about = format_seconds(dynamics_seconds(n_atoms, options))
    of_what = f"{n_atoms} atoms" if entry is not None else "a molecule of 19 atoms"
    st.caption(
        f"GFN2-xTB forces in vacuum: {options.n_steps:,} steps, {options.n_frames:,} frames; about {about} on a free core for "
        f"{of_what}. It begins at one conformer, and may stay there. {CLASSICAL}"
    )
    if st.button(
        "Run", key="trajectory_run", type="primary", icon=":material/play_arrow:", disabled=FOLLOWING in session().jobs
    ):
        begin_dynamics(entry, options)
        st.rerun()


def show_run_controls() -> None:
    """Ask for temperature, length, steps and spacing."""
    with st.grid(2, min_column_width=150, gap="small"):
        low, high = TEMPERATURE_K
        remember(
            st.number_input, QUANTITIES["temperature_k"].header, "trajectory_temperature_k",
            min_value=low, max_value=high, step=10.0, format="%.0f",
            help="Of the Langevin thermostat.",
        )  # fmt: skip
        remember(
            st.number_input, "Length / ps", "trajectory_length_ps", min_value=LENGTH_PS[0], max_value=LONGEST_PS,
            step=0.5, format="%.2f", help="Of the part that counts, after equilibration.",
        )  # fmt: skip
        remember(
            st.number_input, "Time step / fs", "trajectory_step_fs", min_value=STEP_FS[0], max_value=STEP_FS[1],
            step=0.1, format="%.2f",
        )  # fmt: skip
        remember(
            st.number_input, "Between frames / fs", "trajectory_every_fs", min_value=1.0, max_value=1000.0, step=1.0,
            format="%.1f", help="Near frames hardly differ: an average gains little by them.",
        )  # fmt: skip
        remember(
            st.number_input, "Equilibration / ps", "trajectory_equilibration_ps", min_value=0.0, max_value=5.0,
            step=0.1, format="%.2f", help="Run first, and left out.",
        )  # fmt: skip


def offered_rows() -> dict[str, tuple[str, Entry]]:
    """Return the molecules of Predict's list and those selected on Scan, by a key: what they are called, and their entries."""
    state = session()
    found: dict[str, tuple[str, Entry]] = {}
    tables = (("predict", state.table), ("scan", None if state.scan is None else state.scan.loc[state.selected]))
    for page, table in tables:
        if table is None:
            continue
        good = table[table["status"] == OK].head(MOST_OFFERED)
        for label, row in good.iterrows():
            found[f"{page} {label} {row['id']}"] = (f"{page.capitalize()}: {row['id']}", entry_of_row(row))
    return found


def entry_of_row(row: pd.Series) -> Entry:
    """Return a predicted row as an entry at its own geometry."""
    return Entry(
        int(row["row"]), str(row["id"]), geometry=Geometry(row["numbers"], row["positions"], str(row["geometry"]))
    )


def chosen_options() -> DynamicsOptions:
    """Return the dynamics that the controls ask for; raises EigenscopeError as it."""
    settings = session().settings
    return DynamicsOptions(
        temperature_k=float(settings["trajectory_temperature_k"]),
        length_ps=float(settings["trajectory_length_ps"]),
        step_fs=float(settings["trajectory_step_fs"]),
        every_fs=float(settings["trajectory_every_fs"]),
        equilibration_ps=float(settings["trajectory_equilibration_ps"]),
    )


def begin_dynamics(entry: Entry | None, options: DynamicsOptions) -> None:
    """Run a dynamics beside the page: of a picked row, else of what is typed."""
    state = session()
    try:
        if entry is None:
            (entry, *_) = entries_from_text(state.settings["trajectory_smiles"])
        entry = entry.within(MODEL_DOMAIN)
        if entry.status != OK:
            raise EigenscopeError(f"{entry.id}: {entry.reason}")
    except EigenscopeError as error:
        state.message = str(error)
        return
    moved, model = entry, resources.get_model(current_model_key())
    name = moved.id if moved.molecule is None or moved.id != f"row {moved.row}" else moved.molecule.smiles
    follow(name, partial(set_moving, moved, options, model), label="Molecular dynamics", noun=COUNTED_STEPS)


def set_moving(
    entry: Entry, options: DynamicsOptions, model: LevelModel, progress: Progress, should_cancel: ShouldCancel
) -> Trajectory:
    """Return an entry's dynamics, if the learner covers the molecule."""
    rest = rest_of(entry)
    check_geometry(rest)
    model.check(rest)
    return run_dynamics(rest, options, progress=progress, should_cancel=should_cancel)


def follow(name: str, make: Make, *, label: str, noun: str) -> None:
    """Make a trajectory and predict it, beside the page.

    Parameters
    ----------
    make : callable (progress, should_cancel) -> Trajectory
        Of a dynamics that is cancelled the frames that it has.
    """
    model = resources.get_model(current_model_key())

    def work(progress: Progress, should_cancel: ShouldCancel) -> Followed:
        whole = make(progress, should_cancel)
        if noun == COUNTED_STEPS:  # of a dynamics that was cancelled, the frames that it has are predicted all the same
            return name, predict_trajectory(whole, model)
        return name, predict_trajectory(whole, model, progress=progress, should_cancel=should_cancel)

    run_job(FOLLOWING, Job(work, label=label, noun=noun), collect_trajectory)


def show_upload() -> None:
    """Ask for a file of frames, their spacing, and which of them count."""
    st.caption(
        f"Frames of one molecule: extended XYZ, XYZ, ASE's .traj, SDF or PDB; up to {MAX_TRAJECTORY_MB} MB, "
        f"{MAX_FRAMES:,} frames and {MAX_ATOMS} atoms. The same atoms in the same order in every frame."
    )
    upload = st.file_uploader(
        "Trajectory", type=list(TRAJECTORY_EXTENSIONS), key="trajectory_upload", label_visibility="collapsed",
        max_upload_size=MAX_TRAJECTORY_MB,
    )  # fmt: skip
    with st.grid(2, min_column_width=150, gap="small"):
        spacing = remember(
            st.number_input, "Between frames / fs", "trajectory_spacing_fs", min_value=0.0, max_value=1e6, step=1.0,
            format="%.2f", help="0: as the file says, which few do; then frames are counted, not timed.",
        )  # fmt: skip
        skip = remember(
            st.number_input, "Leave out first", "trajectory_skip", min_value=0, max_value=MAX_FRAMES - 1, step=1,
            help="Frames of equilibration.",
        )  # fmt: skip
        every = remember(
            st.number_input, "Take every n-th", "trajectory_every", min_value=1, max_value=1000, step=1
        )  # fmt: skip
    is_busy = FOLLOWING in session().jobs
    is_wanted = st.button(
        "Predict",
        key="trajectory_predict",
        type="primary",
        icon=":material/play_arrow:",
        disabled=is_busy or upload is None,
    )
    if upload is not None and is_wanted:
        data, name = upload.getvalue(), upload.name

        def read(_progress: Progress, _stop: ShouldCancel) -> Trajectory:
            whole = read_trajectory(data, name, spacing_fs=spacing or None)
            return whole.thinned(skip=int(skip), every=int(every))

        follow(name, read, label="Reading and predicting", noun=COUNTED_FRAMES)
        st.rerun()


def show_trajectory_summary() -> None:
    """Say what the trajectory at hand is, what counts of it, and what is missing."""
    state = session()
    found: TrajectoryLevels | None = state.trajectory
    if found is None:
        return
    whole = found.trajectory
    rest = "relaxed with GFN2-xTB" if whole.static is not None else "the first frame: the file says no other"
    lines = [
        f"**{escape_markdown(state.trajectory_name, limit=60)}** · {whole.geometry(0).formula} · {len(whole.numbers)} atoms",
        escape_markdown(found.sentence(), limit=400),
        escape_markdown(describe_run(whole), limit=400),
        f"Static spectrum: {rest}.",
        *(escape_markdown(note, limit=300) for note in whole.notes if note != CLASSICAL),
        escape_markdown(CLASSICAL),
    ]
    if found.model == DEFAULT:
        lines.append(escape_markdown(describe_measured(), limit=400))
    st.caption("  \n".join(lines))


def describe_run(whole: Trajectory) -> str:
    """Return temperature, thermostat and spacing of a trajectory, or that they are not known."""
    is_timed, is_warm = np.isfinite(whole.spacing_fs), np.isfinite(whole.temperature_k)
    spacing = f"frames {whole.spacing_fs:g} fs apart" if is_timed else "times of the frames not known"
    if "dynamics" in whole.origin:
        return f"{whole.origin}; {spacing}"
    warm = f"{whole.temperature_k:g} K as the file says" if is_warm else "temperature and thermostat not known"
    return f"{warm}; {spacing}"
