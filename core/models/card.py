"""The card that says what a trained model is."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ModelError
from core.json_lines import Record
from core.spectrum.metrics import Figures

CARD, PINNED = "card.json", "pinned.json"
LEVELS, SPECTRUM = "levels", "spectrum"
Form = Literal["levels", "spectrum"]  # what a learner was fitted to, and predicts


class ModelCard(BaseModel):
    """What a trained model is, how it came to be, and how well it does. Shipped as card.json beside the weights."""

    model_config = ConfigDict(extra="forbid")

    key: str
    kind: str  # of learner: the folder of `core.models` that it is loaded with
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
    test: dict[str, Figures]  # `evaluate_levels` by kind of geometry, "all" among them
    extra_figures: dict[str, Figures] = {}  # that only this kind of learner has, by name: see `Recipe.extra_figures`
    from_smiles: Figures = {}  # where its recipe asks for it: from SMILES alone, against the reference at its geometry
    calibration: Figures = {}  # of the expected error, on test
    ranking: Figures = {}  # where its recipe asks for it: reference spectra as targets, the home library as candidates
    limits: list[str]
    history: list[Record]  # stage, epoch, loss_ev, valid_rmse_ev


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
