"""What every learner is that lies in a folder of its own."""

from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from core.errors import ModelError
from core.models.card import ModelCard, load_card

Beside = TypeVar("Beside", bound=BaseModel)


class FolderLearner:
    """A learner in a folder, which its card describes.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def key(self) -> str:
        """The card's key."""
        return self.card.key

    @cached_property
    def card(self) -> ModelCard:
        """The folder's card, read once."""
        return load_card(self.folder)


def load_beside(path: Path, kind: type[Beside], *, tells: str) -> Beside | None:
    """Return what a JSON file beside a learner's weights holds; None where there is none.

    Raises
    ------
    ModelError
        If the file holds something else than what it `tells`.
    """
    if not path.exists():
        return None
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} does not tell {tells}: {error}") from error
