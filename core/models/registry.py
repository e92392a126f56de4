"""The trained models that are there, by key."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import cast

from core.assets import MODELS
from core.errors import ModelError
from core.models.card import CARD, LEVELS, load_card
from core.models.direct.learner import KINDS, load_direct_network
from core.models.kernel_ridge.learner import KernelRidgeLevels
from core.models.protocol import Learner, LevelModel
from core.models.tight_binding.learner import TightBindingModel

DEFAULT = "tight_binding"


# kind of learner (card.kind) to what loads a folder: (folder, device=...) -> Learner
LOADERS: dict[str, Callable[..., Learner]] = {
    "tight_binding": TightBindingModel,
    "kernel_ridge": KernelRidgeLevels,
    **dict.fromkeys(KINDS, load_direct_network),
}


def learner_keys() -> list[str]:
    """Return the keys of all shipped learners, the default first."""
    keys = sorted(path.parent.name for path in MODELS.glob(f"*/{CARD}"))
    return sorted(keys, key=lambda key: key != DEFAULT)


def model_keys() -> list[str]:
    """Return the keys of the shipped learners that answer with levels, the default first."""
    return [key for key in learner_keys() if load_card(MODELS / key).form == LEVELS]


@lru_cache(maxsize=16)
def load_learner(key: str = DEFAULT, *, device: str | None = None) -> Learner:
    """Return a shipped learner by key, or the one in a folder of that path.

    Parameters
    ----------
    device : str, optional
        "cpu", "cuda", ...; the GPU if there is one when left out.

    Raises
    ------
    ModelError
        If there is no such learner.
    """
    folder = MODELS / key if key in learner_keys() else Path(key)
    if not (folder / CARD).is_file():
        raise ModelError(
            f"model must be one of {', '.join(learner_keys()) or '(none is installed)'} or a folder, got {key!r}"
        )
    card = load_card(folder)
    if card.kind not in LOADERS:
        raise ModelError(f"{folder / CARD}: kind must be one of {', '.join(LOADERS)}, got {card.kind!r}")
    return LOADERS[card.kind](folder, device=device)


def load_model(key: str = DEFAULT, *, device: str | None = None) -> LevelModel:
    """Return a learner that answers with levels; see `load_learner`.

    Raises
    ------
    ModelError
        If there is no such learner, or it answers with spectra only.
    """
    learner = load_learner(key, device=device)
    if learner.card.form != LEVELS:
        raise ModelError(f"{key} predicts spectra, not levels: choose one of {', '.join(model_keys())}")
    return cast(LevelModel, learner)
