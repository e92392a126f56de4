"""What all sessions share: models, libraries, and what was computed with them."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import ModelError
from core.familiarity import FamiliarityReport, report_familiarity
from core.library.sources import SHIPPED
from core.library.store import load_library
from core.machine.progress import Progress, ShouldCancel
from core.models import registry
from core.models.card import IONISATION_ENERGIES, ORBITAL_ENERGIES, Energies, ModelCard, load_card
from core.models.protocol import Learner, LevelModel
from core.models.registry import load_learner, load_model, load_written
from core.predict import predict_entries, predict_levels
from core.readers.spectra import ReadSpectrum, read_spectrum
from core.readers.structures import entries_from_text
from core.screening.intensities import intensities_of
from core.screening.scan import scan_again, scan_entries, scan_library
from core.screening.spectra import stack_levels
from core.screening.spectrum_map import SpectrumMap, kept_map, spectrum_map
from core.screening.targets import target_of_read
from core.spectrum.levels import N_BAND, Levels
from core.spectrum.target import Target
from core.structure.domain import check_geometry
from core.structure.entry import CANCELLED, Entry
from core.structure.geometry import Geometry
from core.structure.place import ConformerOptions, GeometryMode
from core.theory import THEORIES_BY_NAME
from dashboard.jobs import Job, Ticket
from dashboard.pace import note_run, way_into_space
from dashboard.state import EXAMPLE_NAME, EXAMPLE_SMILES

MAX_SCANS = 4  # kept in memory: a scan of 10,000 molecules is about 30 MB


@st.cache_resource(show_spinner="Loading the model …")
def get_model(key: str) -> LevelModel:
    """Return a model, loaded once."""
    return load_model(key)


@st.cache_resource(show_spinner="Loading the learner …")
def get_learner(key: str) -> Learner:
    """Return a learner of levels or of spectra, loaded once."""
    return load_learner(key)


def offered_learners() -> list[str]:
    """Return the keys of the learners that are there, the default first."""
    return registry.learner_keys()


def get_card(key: str) -> ModelCard:
    """Return a learner's card without loading its weights; raises ModelError as `load_card`."""
    return read_card(registry.model_folder(key))


@st.cache_resource(show_spinner=False)
def read_card(folder: Path) -> ModelCard:
    """Return a card, read once as the weights are: a training beside the running app must not change one of the two."""
    return load_card(folder)


def forget_learners() -> None:
    """Read cards and weights anew: a learner was deleted, and another may come under its key."""
    load_written.cache_clear()
    for cached in (read_card, get_model, get_learner):
        cached.clear()


def energies_of(key: str) -> Energies:
    """Return what a learner's levels are; orbital energies where its card cannot be read."""
    try:
        return get_card(key).energies
    except ModelError:
        return ORBITAL_ENERGIES


def tells_ionisation(key: str) -> bool:
    """Return whether a learner's levels are minus ionisation energies."""
    return energies_of(key) == IONISATION_ENERGIES


def measured_error_ev(key: str, error_ev: float) -> float:
    """Return what is expected against a measurement [eV] of a level whose expected error this is; nan where that is not known."""
    theory = THEORIES_BY_NAME.get(theory_of(key))
    return math.nan if theory is None or not tells_ionisation(key) else theory.against_nature_ev(error_ev)


def theory_of(key: str) -> str:
    """Return the level of theory of a learner's levels; "" where its card cannot be read."""
    try:
        return get_card(key).level_of_theory
    except ModelError:
        return ""


def is_correction(key: str) -> bool:
    """Return whether a learner corrects another's levels: all valence levels, and no LUMO."""
    try:
        return get_card(key).kind == "delta"
    except ModelError:
        return False


def learner_name(key: str) -> str:
    """Return a learner's name for people: that of its card, else of its recipe, the key where there is neither."""
    try:
        return get_card(key).name
    except ModelError:
        recipes = registry.find_recipes()
        return recipes[key].name if key in recipes else key


@st.cache_data(show_spinner="Predicting the example …")
def example_table(key: str) -> pd.DataFrame:
    """Return the prediction of the molecule that the app opens with."""
    return predict_entries(entries_from_text(f"{EXAMPLE_SMILES} {EXAMPLE_NAME}"), get_model(key), geometry="xtb")


def start_prediction(
    entries: Sequence[Entry], *, key: str, geometry: GeometryMode, conformers: ConformerOptions
) -> Job:
    """Start predicting entries beside the page."""
    model = get_model(key)

    def work(progress: Progress, should_cancel: ShouldCancel) -> pd.DataFrame:
        started = time.perf_counter()
        table = predict_entries(
            entries, model, geometry=geometry, conformers=conformers, progress=progress, should_cancel=should_cancel
        )
        note_run(table, None, time.perf_counter() - started, way=way_into_space(geometry, conformers.mode))
        return table

    return Job(work, label="Predicting")


def start_again(table: pd.DataFrame, *, key: str) -> Job:
    """Start predicting a table's molecules with another learner, at the geometries they have, beside the page."""
    model = get_model(key)

    def work(progress: Progress, should_cancel: ShouldCancel) -> pd.DataFrame:
        return scan_again(table, model, progress=progress, should_cancel=should_cancel)

    return Job(work, label=f"Predicting with {learner_name(key)}")


def row_levels(row: pd.Series) -> Levels:
    """Return a predicted row's levels with the weights of atoms, where its learner has any, computed once."""
    return get_explained_levels(*row_geometry_bytes(row), str(row["model"]))


def row_geometry_bytes(row: pd.Series) -> tuple[bytes, bytes]:
    """Return a row's geometry as a cache compares it."""
    return np.asarray(row["numbers"]).tobytes(), np.asarray(row["positions"], np.float32).tobytes()


def bytes_of_geometry(geometry: Geometry) -> tuple[bytes, bytes]:
    """Return a geometry as a cache compares it."""
    return geometry.numbers.astype(np.uint8).tobytes(), geometry.positions.astype(np.float32).tobytes()


def geometry_of_bytes(numbers: bytes, positions: bytes) -> Geometry:
    """Return the geometry that `row_geometry_bytes` stands for."""
    return Geometry(np.frombuffer(numbers, np.uint8), np.frombuffer(positions, np.float32).astype(float))


@st.cache_data(show_spinner=False, max_entries=2000)
def get_explained_levels(numbers: bytes, positions: bytes, key: str) -> Levels:
    """Return levels with weights for a geometry given as bytes (they are what the cache compares)."""
    return predict_levels([geometry_of_bytes(numbers, positions)], get_model(key), weights=True)[0]


def row_familiarity(row: pd.Series) -> FamiliarityReport | None:
    """Return where a predicted row's molecule stands to those trained on, computed once; None where that is not known."""
    return get_familiarity(*row_geometry_bytes(row), str(row["model"]))


@st.cache_data(show_spinner=False, max_entries=2000)
def get_familiarity(numbers: bytes, positions: bytes, key: str) -> FamiliarityReport | None:
    """Return the same for a geometry given as bytes."""
    return report_familiarity(geometry_of_bytes(numbers, positions), get_model(key))


@st.cache_data(show_spinner=False, max_entries=2000)
def direct_spectrum(numbers: bytes, positions: bytes, key: str) -> np.ndarray:
    """Return the headline spectrum (300,) [states/eV] on GRID_EV that a learner predicts for a geometry given as bytes.

    Raises
    ------
    GeometryError, DomainError
        If the learner does not cover it.
    """
    geometry, learner = geometry_of_bytes(numbers, positions), get_learner(key)
    check_geometry(geometry)
    learner.check(geometry)
    density: np.ndarray = learner.predict_spectra([geometry])[0]
    return density


@st.cache_resource(show_spinner="Loading the library …")
def shipped_library(key: str) -> pd.DataFrame:
    """Return a library that comes with the program, by its key in SHIPPED. Read-only: all sessions see the same table."""
    return load_library(SHIPPED[key].path)


@st.cache_resource(show_spinner=False)
def scans() -> dict[str, tuple[pd.DataFrame, float]]:
    """Return finished scans by `scan_key`, with the seconds they took; the oldest go first."""
    return {}


def keep_scan(key: str, scan: pd.DataFrame, seconds: float) -> None:
    """Remember a finished scan."""
    kept = scans()
    kept.pop(key, None)  # made again it is the newest
    kept[key] = (scan, seconds)
    for old in list(kept)[: max(0, len(kept) - MAX_SCANS)]:
        kept.pop(old, None)  # another session may have been faster


def scan_key(library: str, model: str) -> str:
    """Return what tells a scan from others: the library (a name or `digest`) and the model."""
    return f"{library} | {model}"


def digest(data: bytes) -> str:
    """Return a short fingerprint of a file."""
    return hashlib.sha256(data).hexdigest()[:16]


@dataclass
class RunningScans:
    """The scans under way by `scan_key`: a second session, or a reloaded page, joins in."""

    jobs: dict[str, Job] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)  # two sessions that begin at once share one job

    def join_or_start(self, key: str, start: Callable[[], Job]) -> Ticket:
        """Return a ticket of the job that is scanning the same already, else of a new one."""
        with self.lock:
            self.jobs = {k: job for k, job in self.jobs.items() if not job.is_finished}
            ticket = self.jobs[key].join() if key in self.jobs else None
            while ticket is None:
                self.jobs[key] = start()
                ticket = self.jobs[key].join()
            return ticket


@st.cache_resource(show_spinner=False)
def running_scans() -> RunningScans:
    """Return the scans under way, of all sessions."""
    return RunningScans()


def start_scan(library: pd.DataFrame, known: pd.DataFrame | None, seconds: float, *, model_key: str) -> Job:
    """Start scanning a library beside the page, or go on; the result is (scan, seconds of all runs)."""
    model = get_model(model_key)

    def work(progress: Progress, should_cancel: ShouldCancel) -> tuple[pd.DataFrame, float]:
        started = time.perf_counter()
        scan = scan_library(library, model, known=known, progress=progress, should_cancel=should_cancel)
        return scan, seconds + time.perf_counter() - started

    return Job(work, label="Scanning", n_known=count_reached(known))


def start_entry_scan(
    entries: Sequence[Entry],
    known: pd.DataFrame | None,
    seconds: float,
    *,
    model_key: str,
    geometry: GeometryMode,
    conformers: ConformerOptions,
) -> Job:
    """Start scanning molecules that have yet to be given geometries, or go on; the result is (scan, seconds)."""
    model = get_model(model_key)

    def work(progress: Progress, should_cancel: ShouldCancel) -> tuple[pd.DataFrame, float]:
        started = time.perf_counter()
        table = scan_entries(
            entries,
            model,
            geometry=geometry,
            conformers=conformers,
            known=known,
            progress=progress,
            should_cancel=should_cancel,
        )
        passed = time.perf_counter() - started
        note_run(table, known, passed, way=way_into_space(geometry, conformers.mode))
        return table, seconds + passed

    return Job(work, label="Making geometries and predicting", n_known=count_reached(known))


def count_reached(table: pd.DataFrame | None) -> int:
    """Return how many rows of a prediction table a run came to, whatever became of them."""
    return 0 if table is None else int((table["status"] != CANCELLED).sum())


def start_intensities(scan: pd.DataFrame, *, kind: str) -> Job:
    """Start finding how strongly a scan's levels show, beside the page; the result is whether it came to its end."""

    def work(progress: Progress, should_cancel: ShouldCancel) -> bool:
        intensities_of(scan, kind=kind, progress=progress, should_cancel=should_cancel)
        return not should_cancel()

    return Job(work, label="Weighing levels by cross-sections")


def library_map(scan: pd.DataFrame, library: str) -> SpectrumMap:
    """Return the map of a scan of a library, laid out once. Found by its levels: a key may be a session file's."""
    return map_of(digest(stack_levels(scan, N_BAND).tobytes()), scan, library)


@st.cache_resource(show_spinner="Laying out the map …", max_entries=MAX_SCANS)
def map_of(fingerprint: str, _scan: pd.DataFrame, library: str) -> SpectrumMap:
    """Return the map of a scan with this fingerprint: of a library that comes with the program the one kept with it."""
    kept = kept_map(SHIPPED[library].path, _scan["id"]) if library in SHIPPED else None
    return spectrum_map(_scan) if kept is None else kept


def read_target(data: bytes, name: str) -> Target:
    """Return an uploaded spectrum or list of levels as a target; what the reader assumed stands in its origin.

    Raises
    ------
    EigenscopeError
        If the file cannot be read, or holds nothing to compare with.
    """
    return target_of_reading(read_spectrum(data, name), source="uploaded file")


def target_of_reading(
    found: ReadSpectrum, *, source: str, n_levels: int | None = None, is_measured: bool | None = None
) -> Target:
    """Return what a reader found as a target, see `core.screening.targets.target_of_read`; its origin says what was assumed.

    Raises
    ------
    EigenscopeError
        If it holds nothing to compare with.
    """
    target = target_of_read(found, label=found.spectrum.label, n_levels=n_levels, is_measured=is_measured)
    return replace(target, origin="; ".join([f"{source}, {found.axis} energies in {found.x_unit}", *found.notes]))
