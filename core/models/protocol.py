"""What every learner promises, and the card that says what it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import DomainError, ModelError
from core.geometry import Geometry, count_valence_levels
from core.spectrum import N_BAND, Levels, broaden

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "models"
CARD, PINNED = "card.json", "pinned.json"
LEVELS, SPECTRUM = "levels", "spectrum"
Form = Literal["levels", "spectrum"]  # what a learner was fitted to, and answers with


class ModelCard(BaseModel):
    """What a trained model is, how it came to be, and how well it does. Shipped as card.json beside the weights."""

    model_config = ConfigDict(extra="forbid")

    key: str
    kind: str  # of learner: what `core.models.registry` loads the folder with
    form: Form
    name: str
    architecture: str  # what it is, with its source
    n_parameters: int
    level_of_theory: str
    domain: str
    data: str  # files, what they hold, licence
    split: str
    n_training: dict[str, int]  # molecule-geometries by kind of geometry
    n_validation: int
    seed: int
    command: str  # retrains it
    trained_on: str  # date
    training_minutes: float
    hardware: str
    software: dict[str, str]
    units: dict[str, str]
    test: dict[str, dict]  # `evaluate_levels` by kind of geometry, "all" among them
    homo_fit: dict[str, dict] = {}  # kernel ridge: on test, the fit to the HOMO alone, by kind of geometry
    from_smiles: dict = {}  # flagship: the same from SMILES alone, against the reference at the relaxed geometry
    calibration: dict = {}  # of the expected error, on test
    ranking: dict = {}  # flagship: reference spectra as targets, the home library as candidates
    limits: list[str]
    history: list[dict]  # stage, epoch, loss_ev, valid_rmse_ev


class Learner(Protocol):
    """Geometries in, spectra out."""

    @property
    def key(self) -> str: ...

    @property
    def card(self) -> ModelCard: ...

    def check(self, geometry: Geometry) -> None:
        """Raise DomainError if this learner cannot be asked about a geometry: elements, size, number of levels."""
        ...

    def features(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return (n_molecules, n_features): the space in which distance from the training molecules is measured."""
        ...

    def predict_spectra(self, geometries: Sequence[Geometry]) -> np.ndarray:
        """Return the headline spectra (n_molecules, 300) [states/eV] on GRID_EV: the band of 16, sigma 0.5 eV."""
        ...


class LevelModel(Learner, Protocol):
    """A learner that answers with levels."""

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """Return levels in the order of the geometries, which must have passed `check_geometry` and `check`.

        Some learners know the band only: then there are N_BAND valence levels, and the LUMO is nan. With `weights`,
        each has its atom and s weights, where the learner has any. Invariant: the same molecule alone or in company,
        turned, shifted, mirrored or renumbered has the same levels to 1e-4 eV.
        """
        ...

    def calibrate(self, training: Sequence[Geometry], validation: Sequence[Geometry], rmse_ev: np.ndarray) -> None:
        """Fit the error to expect of a molecule to the validation molecules' RMSEs, and write it beside the weights."""
        ...


def check_band(geometry: Geometry) -> None:
    """Raise DomainError if a molecule has fewer than N_BAND valence levels: what a learner of the band cannot answer."""
    n_levels = count_valence_levels(geometry)
    if n_levels < N_BAND:
        raise DomainError(f"a band needs {N_BAND} valence levels, {geometry.formula} has {n_levels}")


def spectra_of_levels(levels: Sequence[Levels]) -> np.ndarray:
    """Return the headline spectra (n_molecules, 300) [states/eV]; of all valence levels where there are fewer than 16."""
    return np.array([broaden(x.band_ev if x.has_band else x.valence_ev) for x in levels])


def load_card(folder: Path) -> ModelCard:
    """Return the card of a model's folder.

    Raises
    ------
    ModelError
        If it is missing or incomplete.
    """
    try:
        return ModelCard.model_validate_json((folder / CARD).read_text())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder / CARD} is no complete model card: {error}") from error
