"""What every learner is that lies in a folder of its own."""

from functools import cached_property
from pathlib import Path

from core.models.card import ModelCard, load_card


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
