"""From a user's own labels to a learner of their level of theory, kept among the user's own."""

import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np

from core.errors import InputError
from core.files import write_text
from core.labels.label_set import LabelSet, load_labels, without_reserved
from core.machine.progress import Progress, ShouldCancel, never_cancel, report_nothing
from core.machine.threads import one_thread_here
from core.models.card import CARD, IONISATION_ENERGIES, ORBITAL_ENERGIES, Energies, ModelCard, weight_checksums
from core.models.delta.learner import PROCESS_FILE, find_base, save_process
from core.models.delta.process import LevelProcess
from core.models.delta.recipe import about_base, describe_process
from core.models.own import PLAIN_TEXT, keep_own_model, own_key
from core.models.protocol import within_domain
from core.models.registry import DEFAULT
from core.spectrum.metrics import Figures
from core.spectrum.plausible import HIGHEST_HOMO_EV
from core.structure.entry import Entry
from core.workbench.structures import structures_by_id
from core.workbench.study import LabelStudy, pair_labels, study_labels

MAX_LABELS = 5000
MAX_TOLD = 60
NOT_LEARNT = "kept aside by Eigenscope for its acceptance, or of an element or size that the network does not cover"


@dataclass(frozen=True)
class OwnTheory:
    """What a user says of labels.

    Attributes
    ----------
    name : str
        Of the learner, for people.
    level_of_theory : str
    energies : "orbital" or "ionisation"
        What the levels are: orbital energies, or minus ionisation energies.
    """

    name: str
    level_of_theory: str
    energies: Energies = ORBITAL_ENERGIES

    def __post_init__(self) -> None:
        for what, text in (("name", self.name), ("level of theory", self.level_of_theory)):
            if not (0 < len(text.strip()) <= MAX_TOLD and PLAIN_TEXT.fullmatch(text)):
                raise InputError(f"the {what} must be 1 to {MAX_TOLD} plain letters, got {text[:80]!r}")


@dataclass(frozen=True, eq=False)
class OwnLearner:
    """What was made of labels.

    Attributes
    ----------
    key : str
        Of the learner, kept among the user's own.
    study : LabelStudy
    labels : LabelSet
        Those learnt from.
    left_out : dict of str to str
        Why the others were not, by id.
    """

    key: str
    study: LabelStudy
    labels: LabelSet
    left_out: dict[str, str]


def learn(
    path: Path,
    name: str,
    *,
    level_of_theory: str = "",
    energies: Energies = ORBITAL_ENERGIES,
    unit: str | None = None,
    structures: Sequence[Entry] = (),
    progress: Progress = report_nothing,
) -> OwnLearner:
    """Learn a level of theory from a file of labels: a minute for some hundred of them.

    Parameters
    ----------
    path : Path
        Whatever `core.labels.label_set.load_labels` reads; a table without geometries names molecules of `structures` or of a
        library at hand by their ids.
    name : str
        Of the learner, for people.
    level_of_theory : str
        What the labels state when left out.
    energies : "orbital" or "ionisation"
    unit : str or None
        Of the levels of a table that does not state it: "eV" or "Hartree".
    structures : entries
        As `read` returns them.

    Returns
    -------
    OwnLearner
        `key` is what `predict`, `scan` and `load_model` take; `study` says how good it is.

    Raises
    ------
    InputError
        If the file cannot be read, or holds too few molecules.
    """
    labels = load_labels(Path(path), unit=unit, structures=structures_by_id(structures))
    theory = OwnTheory(name, level_of_theory or labels.provenance.level_of_theory or "not stated", energies)
    return cast("OwnLearner", learn_labels(labels, theory, progress=progress))  # nobody cancels it


def learn_labels(
    labels: LabelSet,
    theory: OwnTheory,
    *,
    progress: Progress = report_nothing,
    should_cancel: ShouldCancel = never_cancel,
) -> OwnLearner | None:
    """Measure how well labels are learnt, learn from all of them, and keep the learner; None where it was cancelled.

    Rows of molecules that this product keeps aside for its own acceptance, and those that the network does not cover, are left
    out. A minute for some hundred labels; they should be those of one level of theory.

    Raises
    ------
    InputError
        If there are too few or too many labels.
    """
    start = time.perf_counter()
    base = find_base(DEFAULT, device="cpu")
    usable = within_domain(base, without_reserved(labels))
    check_signs(usable)
    if not 0 < len(usable) <= MAX_LABELS:
        raise InputError(f"labels must be 1 to {MAX_LABELS:,} that the network covers, got {len(usable):,}")
    explained = base.explain_levels(usable.geometries())
    pairs = pair_labels(explained, usable)
    study = study_labels(pairs, progress=progress, should_cancel=should_cancel)
    if study is None:
        return None
    with one_thread_here("numpy"):
        process = pairs.fit(np.unique(pairs.molecules))
    about = about_base(base, explained, pairs.levels_ev)
    with tempfile.TemporaryDirectory() as drawn:
        folder = Path(drawn) / "model"
        folder.mkdir()
        save_process(process, folder / PROCESS_FILE, about=about)
        minutes = (time.perf_counter() - start) / 60
        card = describe_own(folder, theory, usable, study.figures(), process=process, minutes=minutes)
        write_text(folder / CARD, card.model_dump_json(indent=1))
        key = keep_own_model(folder)
    return OwnLearner(key, study, usable, reasons_left_out(labels, usable))


def check_signs(labels: LabelSet) -> None:
    """Raise InputError where most HOMOs are above 0: ionisation energies are learnt as the levels that they are minus."""
    homos = np.array([levels.homo_ev for levels in labels.levels()], dtype=float)
    if len(homos) and np.median(homos) > 0:
        raise InputError(
            f"levels must be negative, half of the HOMOs lie above {np.median(homos):.2f} eV: give ionisation energies with a "
            "minus sign"
        )
    if len(homos) and np.median(homos) > HIGHEST_HOMO_EV:
        raise InputError(
            f"half of the HOMOs lie above {np.median(homos):.3g} eV, where no molecule has them: are the levels in Hartree, or "
            "relative to the HOMO? Say the unit, or give levels below the vacuum"
        )


def reasons_left_out(labels: LabelSet, usable: LabelSet) -> dict[str, str]:
    """Return why rows of the source were not learnt from, by id."""
    unread = {str(x.id): str(x.reason) for x in labels.left_out.itertuples()}
    gone = set(labels.table["id"].astype(str)) - set(usable.table["id"].astype(str))
    return unread | dict.fromkeys(sorted(gone), NOT_LEARNT)


def describe_own(
    folder: Path, theory: OwnTheory, labels: LabelSet, figures: Figures, *, process: LevelProcess, minutes: float
) -> ModelCard:
    """Return the card of a learner of a user's own."""
    heavy = [int((np.asarray(numbers) > 1).sum()) for numbers in labels.table["numbers"]]
    is_ionisation = theory.energies == IONISATION_ENERGIES
    return ModelCard(
        key=own_key(theory.name, folder),
        kind="delta",
        form="levels",
        name=theory.name,
        architecture=describe_process(process),
        n_parameters=process.n_parameters,
        level_of_theory=theory.level_of_theory,
        energies=theory.energies,
        domain=f"molecules that the tight-binding network covers; learnt from {min(heavy)} to {max(heavy)} heavy atoms",
        data=f"{len(labels)} labels of {figures['n_molecules']} molecules, {labels.provenance.name or 'own'}",
        split="each fifth of the molecules left out in turn, by constitution; the learner then learnt from all",
        n_training={str(k): int(v) for k, v in labels.table["geometry"].value_counts().items()},
        n_validation=0,
        seed=1,
        command="eigenscope workbench train LABELS",
        trained_on=date.today().isoformat(),
        training_minutes=round(minutes, 1),
        hardware=f"{platform.machine()} CPU, {os.cpu_count()} threads",
        software={n: version(n) for n in ("torch", "numpy", "scikit-learn")} | {"python": platform.python_version()},
        units={"rmse_ev": "eV", "mae_ev": "eV", "homo_mae_ev": "eV", "expected_rmse_ev": "eV"},
        test={"left out": figures},
        limits=[
            "The LUMO is not corrected, and not predicted.",
            *(
                []
                if is_ionisation
                else ["Levels are orbital energies of the level of theory, not ionisation energies."]
            ),
            "Beyond the molecules that were labelled the expected error is an extrapolation.",
        ],
        history=[],
        weights=weight_checksums(folder),
    )
