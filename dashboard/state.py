"""What a session holds, under its own keys: Streamlit forgets a widget's value when its page is left."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from core.spectrum.cross_sections import INTENSITIES, PHOTON_RANGE_EV
from core.spectrum.photoelectrons import MOST_BACKGROUND, MOST_RESOLUTION_EV, MOST_WIDENING
from core.spectrum.treatment import BASELINES
from dashboard.jobs import Job, Ticket

KEY = "eigenscope"
EXAMPLE_SMILES = "O=CC1CCCCC1=O"  # 2-oxocyclohexane-1-carbaldehyde
EXAMPLE_NAME = "2-oxocyclohexane carbaldehyde"

BAND, VALENCE = "band", "valence"  # the levels that a spectrum is made of
PER_EV, PEAK_ONE, AREA_ONE = "per_ev", "peak_one", "area_one"  # the scale of a spectrum
ALL_ROWS = "all"  # of the list of molecules, else a status

SETTING_DEFAULTS: dict[str, Any] = {
    "axis": "orbital",
    "n_levels": BAND,
    "normalise": PER_EV,
    "sigma_ev": 0.5,
    "shape": "gaussian",
    "photoelectrons": "density",
    "photoelectron_photon_ev": 60.0,
    "photoelectron_sigma_ev": 0.2,
    "photoelectron_shape": "asymmetric",
    "photoelectron_widening": 0.05,
    "photoelectron_resolution_ev": 0.03,
    "photoelectron_background": 0.0,
    "window_ev": (-30.0, 0.0),
    "show_error": True,
    "geometry": "xtb",
    "conformers": "auto",
    "temperature_k": 298.15,
    "show_spread": True,
    "strip_salts": False,
    "model": "",
    "figure_format": "png",
    "status_shown": ALL_ROWS,
    "input_text": "",
    "reference_shift": False,
    "library": "home",
    "density_window_ev": (-12.0, -10.0),
    "sort_by": "homo_ev",
    "sort_descending": True,
    "selected_only": False,
    "map_colour": "homo_ev",
    "plot_x": "homo_ev",
    "plot_y": "gap_ev",
    "metric": "rse",
    "rank_window_ev": (-30.0, 0.0),
    "rank_shift": False,
    "rank_max_shift_ev": 6.0,
    "rank_sigma_ev": 0.5,
    "measured_metric": "pearson",
    "measured_window_ev": (8.0, 18.0),
    "measured_offset_ev": 0.3,
    "measured_sigma_ev": 0.3,
    "measured_intensities": "he1",
    "measured_photon_ev": 60.0,
    "measured_baseline": "constant",
    "measured_smoothing_ev": 0.0,
    "measured_estimated": True,
    "rank_conformers": "best",
    "measured_conformers": "average",
    "measured_shape": "gaussian",
    "measured_folded": True,
    "rank_top": 50,
    "rank_filtered": True,
    "hits_checked": 1,
    "target_kind": "predicted",
    "target_query": "",
    "target_text": "",
    "target_levels": "",
    "trajectory_from": "",
    "trajectory_smiles": EXAMPLE_SMILES,
    "trajectory_temperature_k": 300.0,
    "trajectory_length_ps": 2.0,
    "trajectory_step_fs": 0.5,
    "trajectory_every_fs": 10.0,
    "trajectory_equilibration_ps": 0.5,
    "trajectory_spacing_fs": 0.0,
    "trajectory_skip": 0,
    "trajectory_every": 1,
    "trajectory_target": "level 0",
    "overlaid": [],
    "compared_geometry": "dft",
    "error_metric": "rmse_ev",
    "first_learner": "",
    "second_learner": "",
    "parity_depth": 0,
    "case_place": 1,
    "curve_set": "qm9",
    "curve_metric": "rmse_ev",
    "card_key": "",
    "beyond_key": "",
    "beyond_set": "broad",
    "data_sets": [],
    "represented_from": "typed",
    "represented_text": EXAMPLE_SMILES,
    "represented_query": "",
    "represented_form": "sorted",
    "represented_draw": 1,
    "hamiltonian_material": "flower",
    "hamiltonian_size": "5x5",
    "hamiltonian_shells": 5,
    "hamiltonian_deep_shells": 2,
    "hamiltonian_way": "refine",
    "hamiltonian_window_ev": (-2.0, 2.0),
    "hamiltonian_density_weight": 0.3,
    "hamiltonian_starts": 1,
    "hamiltonian_all_materials": False,
    "hamiltonian_energy_ev": 0.0,
    "hamiltonian_state": 0,
    "hamiltonian_repeat": 1,
    "own_unit": "",
    "own_energies": "orbital",
    "own_target_ev": 0.1,
    "own_candidates": "home",
    "own_n_next": 50,
}
OTHER_PHOTONS = "photons"  # cross-sections at an energy of the user's own
DENSITY_OF_STATES = "density"  # no photoelectron spectrum
CHOICES: dict[str, tuple[str, ...]] = {  # of settings that are one of a few keys; pages put words to them
    "axis": ("orbital", "binding"),
    "n_levels": (BAND, VALENCE),
    "normalise": (PER_EV, PEAK_ONE, AREA_ONE),
    "status_shown": (ALL_ROWS, "ok", "refused", "failed", "cancelled"),
    "rank_conformers": ("best", "average"),
    "measured_conformers": ("best", "average"),
    "measured_intensities": (*INTENSITIES, OTHER_PHOTONS),
    "photoelectrons": (DENSITY_OF_STATES, *INTENSITIES, OTHER_PHOTONS),
    "measured_baseline": tuple(BASELINES),
    "own_unit": ("", "eV", "Hartree"),
    "own_energies": ("orbital", "ionisation"),
}
CONTROL_ENDS: dict[str, tuple[float, float]] = {  # of numbers by which something is drawn before their controls are
    "sigma_ev": (0.05, 1.5),
    "window_ev": (-40.0, 5.0),
    "photoelectron_sigma_ev": (0.05, 1.5),
    "photoelectron_photon_ev": PHOTON_RANGE_EV,
    "photoelectron_widening": (0.0, MOST_WIDENING),
    "photoelectron_resolution_ev": (0.0, MOST_RESOLUTION_EV),
    "photoelectron_background": (0.0, MOST_BACKGROUND),
}


@dataclass(frozen=True, eq=False)
class ScanRun:
    """A scan that can be started, and gone on with.

    Attributes
    ----------
    key : str
        What it is a scan of: see `dashboard.resources.scan_key`.
    start : callable (table or None, seconds) -> Job
        Starts it; with the table of a cancelled run and the seconds that it took, goes on from there.
    """

    key: str
    start: Callable[[pd.DataFrame | None, float], Job]


@dataclass(frozen=True, eq=False)
class StoppedScan:
    """A scan that was cancelled here.

    Attributes
    ----------
    table : DataFrame or None
        The rows done; None where the scan goes on for other sessions.
    counts : (done, total)
    """

    run: ScanRun
    table: pd.DataFrame | None
    seconds: float
    counts: tuple[int, int]


@dataclass
class Session:
    """Everything that survives going from page to page.

    Attributes
    ----------
    table : DataFrame or None
        The molecules of the Predict page: the prediction table, index 0 ... n - 1.
    drawn : list of int
        Index labels of the molecules in the picture, in the order of their colours.
    focus : int or None
        The one whose structure and levels are shown.
    depths : dict of str to int
        The same elsewhere, by page, counted downwards from the HOMO (-1 = LUMO).
    level : int or None
        The level being explained, an index into its ascending valence levels.
    reference, target : core.spectrum.target.Target or None
        The reference overlaid on Predict; the target of Rank.
    proposed_for : str
        Of which energies the candidates were when it was last proposed how a measured target is compared.
    target_before : core.spectrum.target.Target or None
        The target that stood before a file, or a molecule, which cannot be one.
    target_files : dict of str to dashboard.app_pages.rank.target_file.TargetFile
        What was uploaded or typed as a target, by the form.
    n_emptied : int
        How often the uploader of targets was emptied.
    scan, scan_key : DataFrame or None, str
        The library as scanned, and what it is a scan of.
    filters : list of core.screening.filters objects
    brush : core.screening.filters objects or None
        The range last dragged in a histogram, which can be kept as a filter.
    selected : list of int
        Index labels selected in any view of Scan.
    picks : dict of str to list of int
        The same of other libraries scanned before, by library: they are back with its next scan.
    weighed : str
        The scan and kind of cross-section for which the levels' intensities were found, or given up.
    scan_run : ScanRun or None
        The scan under way, or the one begun last.
    stopped : StoppedScan or None
        A scan that was cancelled and can go on.
    trajectory : core.trajectories.levels.TrajectoryLevels or None
        What Trajectories shows, and under which name. Not part of a session file: its frames are saved by themselves.
    trajectory_asked : str
        Which trajectory another learner was asked for last, and which learner.
    message, notice : str
        What went wrong, or well, for the next page to say once.
    jobs : dict of str to Ticket
        Work under way.
    linked : str
        The molecule of the address that opened the page, until Predict takes it up.
    address : dict of str to str
        What the address was last made to say.
    checks : dict of str to dashboard.widgets.dft_check.checks.CheckList
        Predictions checked with DFT, by page.
    hamiltonians, transmissions : dict of str to core.hamiltonian.fit.HamiltonianFit, core.hamiltonian.transmission.Transmission
        What was fitted and computed on Hamiltonian, by the choices.
    own_bands, own_bands_mark : core.hamiltonian.reference.BandReference or None, str
        The user's own bands there, and what tells their files from others.
    own_learner : core.workbench.learner.OwnLearner or None
        What was learnt on Workbench last. Not part of a session file: the learner is kept by itself.
    suggested : DataFrame or None
        The molecules to label next, there.
    sketched : str
        The SMILES that the sketcher opened with, while it is open.
    forced : set of str
        Names of settings whose controls must take the remembered value, whatever the browser still shows.
    settings : dict
        The remembered values of controls.
    """

    table: pd.DataFrame | None = None
    drawn: list[int] = field(default_factory=list)
    focus: int | None = None
    level: int | None = None
    depths: dict[str, int] = field(default_factory=dict)
    reference: Any = None
    target: Any = None
    target_mark: str = ""
    proposed_for: str = ""
    target_before: Any = None
    target_files: dict[str, Any] = field(default_factory=dict)
    n_emptied: int = 0
    scan: pd.DataFrame | None = None
    scan_key: str = ""
    scan_seconds: float = 0.0
    scan_run: ScanRun | None = None
    stopped: StoppedScan | None = None
    filters: list[Any] = field(default_factory=list)
    selected: list[int] = field(default_factory=list)
    picks: dict[str, list[int]] = field(default_factory=dict)
    brush: Any = None
    hit: int = 0
    weighed: str = ""
    table_version: int = 0
    view_version: int = 0
    detail_version: int = 0
    trajectory: Any = None
    trajectory_name: str = ""
    trajectory_asked: str = ""
    message: str = ""
    notice: str = ""
    jobs: dict[str, Ticket] = field(default_factory=dict)
    linked: str = ""
    sketched: str = ""
    address: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    hamiltonians: dict[str, Any] = field(default_factory=dict)
    transmissions: dict[str, Any] = field(default_factory=dict)
    own_learner: Any = None
    suggested: pd.DataFrame | None = None
    own_bands: Any = None
    own_bands_mark: str = ""
    forced: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTING_DEFAULTS))


def session() -> Session:
    """Return this browser session's state, made at the first call."""
    if KEY not in st.session_state:
        st.session_state[KEY] = Session()
    held: Session = st.session_state[KEY]
    return held


def remember(widget: Callable[..., Any], label: str, name: str, **options: Any) -> Any:  # noqa: ANN401 - any widget's
    """Show a widget whose value outlives its page: the widget's key is the setting's name.

    The value is handed over as the widget's own default, anew in each run. Set through `st.session_state` alone it can be
    lost: of two runs in quick succession the browser may see the second only, which does not tell it again, and then the
    browser's own default, a slider's left end, would come back as the user's choice.

    Parameters
    ----------
    widget : callable
        st.slider, st.selectbox, ...
    name : str
        A key of SETTING_DEFAULTS; one of CONTROL_ENDS has its ends from there.
    """
    settings, forced = session().settings, session().forced
    if name in CONTROL_ENDS:
        options["min_value"], options["max_value"] = CONTROL_ENDS[name]
    if name in forced:
        st.session_state.pop(name, None)
    choices = list(options["options"]) if "options" in options else None
    current = st.session_state.get(name, settings[name])
    value = keep_within(current, options) if choices is None else keep_valid(current, choices)
    if name in forced or (name in st.session_state and value != current):
        st.session_state[name] = (
            value  # proposed anew, or what was chosen is no longer offered: the browser must be told
        )
        forced.discard(name)
    else:
        options |= default_argument(widget, value, choices)
    value = widget(label, key=name, on_change=store, args=(name,), **options)
    if value is None:  # a segmented control can be clicked empty; the last choice stands
        return settings[name]
    settings[name] = value
    return value


def default_argument(widget: Callable[..., Any], value: object, choices: list[Any] | None) -> dict[str, Any]:
    """Return what makes a widget start with a value."""
    if widget.__name__ == "selectbox":
        return {"index": None if choices is None or value is None else choices.index(value)}
    return {"value" if choices is None else "default": value}


def keep_valid(value: Any, options: list[Any]) -> Any:  # noqa: ANN401 - any widget's
    """Return a remembered choice as far as it is still offered; a single one that is not becomes the first offered."""
    if isinstance(value, list):
        return [v for v in value if v in options]
    return value if value is None or value in options else next(iter(options), None)


def keep_within(value: Any, options: dict[str, Any]) -> Any:  # noqa: ANN401 - as in `remember`
    """Return a remembered number, or a pair of them, within the ends of its control."""
    low, high = options.get("min_value"), options.get("max_value")
    if low is None or high is None or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(sorted(min(max(x, low), high) for x in value))
    return min(max(value, low), high)


def store(name: str) -> None:
    """Keep a control's new value before the page is drawn: figures stand above the controls that they obey."""
    value = st.session_state[name]
    if value is not None:
        session().settings[name] = value
