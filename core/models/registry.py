"""The trained models that are there, by key."""

from functools import cached_property, lru_cache
from pathlib import Path

from core.errors import ModelError
from core.models.inference import NetworkLevels
from core.models.protocol import ASSETS, CARD, LevelModel, ModelCard, load_card

DEFAULT = "tight_binding"


class TrainedModel(NetworkLevels):
    """A network with its card."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        super().__init__(folder, device=device)
        self.folder = folder

    @property
    def key(self) -> str:
        return self.card.key

    @cached_property
    def card(self) -> ModelCard:
        return load_card(self.folder)


def model_keys() -> list[str]:
    """Return the keys of the shipped models, the default first."""
    keys = sorted(path.parent.name for path in ASSETS.glob(f"*/{CARD}"))
    return sorted(keys, key=lambda key: key != DEFAULT)


@lru_cache(maxsize=8)
def load_model(key: str = DEFAULT, *, device: str | None = None) -> LevelModel:
    """Return a shipped model by key, or the model in a folder of that path.

    Parameters
    ----------
    device : str, optional
        "cpu", "cuda", ...; the GPU if there is one when left out.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    folder = ASSETS / key if key in model_keys() else Path(key)
    if not (folder / CARD).is_file():
        raise ModelError(
            f"model must be one of {', '.join(model_keys()) or '(none is installed)'} or a folder, got {key!r}"
        )
    return TrainedModel(folder, device=device)
