"""What every model of levels promises, and the card that says what it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ModelError
from core.geometry import Geometry
from core.spectrum import Levels

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "models"
CARD, PINNED = "card.json", "pinned.json"


class ModelCard(BaseModel):
    """What a trained model is, how it came to be, and how well it does. Shipped as card.json beside the weights."""

    model_config = ConfigDict(extra="forbid")

    key: str
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
    from_smiles: dict  # the same from SMILES alone, against the reference at the relaxed geometry
    calibration: dict  # of the expected error, on test
    ranking: dict  # reference spectra as targets, the home library as candidates
    limits: list[str]
    history: list[dict]  # stage, epoch, loss_ev, valid_rmse_ev


class LevelModel(Protocol):
    """Geometries in, levels out."""

    @property
    def key(self) -> str: ...

    @property
    def card(self) -> ModelCard: ...

    def predict_levels(self, geometries: Sequence[Geometry], *, weights: bool = False) -> list[Levels]:
        """Return levels in the order of the geometries, which must have passed `check_geometry`.

        With `weights`, each has its atom and s weights. Invariant: the same molecule alone or in company, turned,
        shifted, mirrored or renumbered has the same levels to 1e-4 eV.
        """
        ...


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
