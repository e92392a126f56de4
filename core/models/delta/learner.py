"""Another level of theory as a learner: a network's levels, each brought there by the Gaussian process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from core.errors import ModelError
from core.files import whole_file
from core.models.delta.inputs import describe_levels, join_inputs
from core.models.delta.process import LevelProcess
from core.models.folder import FolderLearner
from core.models.protocol import (
    ExplainedLevels,
    ExplainingModel,
    Familiarity,
    LevelModel,
    explains_levels,
    headline_spectra,
    judges_familiarity,
)
from core.models.registry import load_model
from core.models.store import NETWORK_FILE
from core.spectrum.levels import N_BAND, Levels
from core.structure.geometry import Geometry

if TYPE_CHECKING:
    from core.labels.label_set import LabelSet

PROCESS_FILE = "process.safetensors"


class DeltaLevels(FolderLearner):
    """Levels of another level of theory than the base learner's, with the error to expect of each molecule.

    Attributes
    ----------
    base : learner
        Whose levels are corrected.
    process : LevelProcess
    """

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        super().__init__(folder)
        self.process, about = load_process(folder / PROCESS_FILE)
        self.base = find_base(about.base, device=device)
        if about.weights != network_hash(self.base):
            raise ModelError(
                f"{folder.name} corrects the levels of another {about.base} than the one here: train it again"
            )
        self.base_error_ev, self.deepest_ev = about.base_error_ev, about.deepest_ev

    def check(self, geometry: Geometry) -> None:
        """See `Learner.check`: what the base learner covers."""
        self.base.check(geometry)

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """See `Learner.predict_spectra`."""
        return headline_spectra(self.predict_levels(geometries))

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """See `LevelModel.predict_levels`; the LUMO is not known."""
        corrected = self.correct(self.base.explain_levels(geometries))
        return corrected if weights else [replace(x, atom_weights=None, s_weights=None) for x in corrected]

    def familiarity(self, geometry: Geometry) -> Familiarity | None:
        """See `FamiliarModel.familiarity`: the base learner's."""
        return self.base.familiarity(geometry) if judges_familiarity(self.base) else None

    def correct(self, explained: Sequence[ExplainedLevels]) -> list[Levels]:
        """Return corrected levels with weights, and the error to expect of each.

        The process's own, which holds the usual error of the base's levels that it learnt from, and what the base expects
        beyond that; that of the band is of levels no deeper than those learnt from, where there are any.
        """
        inputs = [describe_levels(x) for x in explained]
        levels, errors = self.process(join_inputs(inputs))
        ends = np.cumsum([len(x) for x in inputs])[:-1]
        corrected = []
        for own, level, error in zip(explained, np.split(levels, ends), np.split(errors, ends), strict=True):
            order = np.argsort(level, kind="stable")
            with_lumo = [*order, len(order)]
            weights, s_weights = (
                part[with_lumo] for part in (own.levels.atom_weights, own.levels.s_weights) if part is not None
            )
            unusual = max(np.nan_to_num(own.levels.expected_rmse_ev) ** 2 - self.base_error_ev**2, 0.0)
            of_levels = np.sqrt(error[order] ** 2 + self.process.line[0] ** 2 * unusual)
            band, deep = of_levels[-N_BAND:], level[order][-N_BAND:] < self.deepest_ev
            expected = float(np.sqrt(np.mean(np.square(band if deep.all() else band[~deep]))))
            corrected.append(Levels(level[order], float("nan"), expected, weights, s_weights, of_levels))
        return corrected

    def calibrate(self, training: "LabelSet", validation: "LabelSet", rmse_ev: np.ndarray) -> None:
        """See `LevelModel.calibrate`: there is nothing to do, the process was fitted to molecules left out in turn."""


def find_base(key: str, *, device: str | None = None) -> ExplainingModel:
    """Return the learner whose levels are corrected.

    Raises
    ------
    ModelError
        If it is not there, or does not know its levels atom by atom.
    """
    base = load_model(key, device=device)
    if not explains_levels(base):
        raise ModelError(f"levels are corrected by what a learner knows of their atoms, {key} knows nothing of them")
    return base


@dataclass(frozen=True)
class AboutBase:
    """What a process corrects.

    Attributes
    ----------
    base : str
        Key of the learner.
    weights : str
        SHA-256 of that learner's network: another one's levels would be corrected by what is wrong with these.
    base_error_ev : float
        [eV] What that learner expected of its levels of the molecules learnt from, root mean square.
    deepest_ev : float
        [eV] The deepest level learnt from: of deeper ones nothing was told.
    """

    base: str
    weights: str
    base_error_ev: float
    deepest_ev: float


def network_hash(base: LevelModel) -> str:
    """Return the SHA-256 of a learner's network, as its card has it."""
    return base.card.weights[NETWORK_FILE]


def save_process(process: LevelProcess, path: Path, *, about: AboutBase) -> None:
    """Write a process, and what it corrects; of its symmetric matrix the lower triangle, which single precision serves."""
    arrays = {name: np.ascontiguousarray(value, np.float64) for name, value in vars(process).items()}
    arrays["spread"] = 0.5 * (process.spread + process.spread.T)[np.tril_indices(len(process.centres))].astype(
        np.float32
    )
    with whole_file(path) as draft:
        save_file(arrays, draft, {"about": json.dumps(vars(about))})


def load_process(path: Path) -> tuple[LevelProcess, AboutBase]:
    """Return what `save_process` wrote.

    Raises
    ------
    ModelError
        If the file is missing or holds something else.
    """
    try:
        with safe_open(path, framework="numpy") as stored:
            about = AboutBase(**json.loads(stored.metadata()["about"]))
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a dict
        arrays["spread"] = whole_matrix(arrays["spread"], len(arrays["centres"]))
        return LevelProcess(**arrays), about
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path} holds no correction of levels: {error}") from error


def whole_matrix(stored: np.ndarray, size: int) -> np.ndarray:
    """Return a symmetric matrix (size, size) of its lower triangle, row by row; learners saved before hold it whole."""
    if stored.ndim > 1:
        return stored
    matrix = np.empty((size, size))
    rows, columns = np.tril_indices(size)
    matrix[rows, columns] = matrix[columns, rows] = stored
    return matrix


def load(folder: Path, *, device: str | None = None) -> DeltaLevels:
    """Return the learner of a folder; see `core.models`."""
    return DeltaLevels(folder, device=device)
