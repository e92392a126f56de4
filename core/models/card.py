"""The card that says what a trained model is."""

from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ModelError
from core.json_lines import Record
from core.spectrum.metrics import Figures

WEIGHTS = (".safetensors", ".npz", ".npy")
CARD, PINNED = "card.json", "pinned.json"
LEVELS, SPECTRUM = "levels", "spectrum"
Form = Literal["levels", "spectrum"]  # what a learner was fitted to, and predicts
Energies = Literal["orbital", "ionisation"]  # what its levels are: orbital energies, or minus ionisation energies
ORBITAL_ENERGIES: Energies = "orbital"
IONISATION_ENERGIES: Energies = "ionisation"


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
    energies: Energies = ORBITAL_ENERGIES
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
    weights: dict[str, str] = {}  # SHA-256 of each file of weights, by name; a card made before they were kept has none


def load_card(folder: Path) -> ModelCard:
    """Return the card of a model's folder.

    Raises
    ------
    ModelError
        If it is missing or incomplete.
    """
    try:
        return ModelCard.model_validate_json((folder / CARD).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        reason = f"{place}: {first['msg']}{more}" if place else f"{first['msg']}{more}"
        raise ModelError(f"{folder / CARD} is no complete model card: {reason}") from error
    except OSError as error:
        raise ModelError(f"{folder / CARD} is no complete model card: {error}") from error


def weight_checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of weights in a model's folder, by name."""
    files = sorted(path for path in folder.iterdir() if path.suffix in WEIGHTS and path.is_file())
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


def check_weights(folder: Path, card: ModelCard) -> None:
    """Raise ModelError unless the weights in a model's folder are those that its card was written for."""
    found = weight_checksums(folder)
    for name, expected in card.weights.items():
        if name not in found:
            raise ModelError(f"{folder / name} is missing: the model's card names it")
        if found[name] != expected:
            raise ModelError(f"{folder / name} is damaged, or of another training: its SHA-256 is not the card's")
