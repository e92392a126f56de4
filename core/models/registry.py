"""The kinds of learner that there are, found as folders, and the trained ones, found by their cards.

See `core.models` for what a folder must hold. Only the learner that is wanted is imported; keys come from cards alone.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import core.models
from core.assets import MODELS
from core.errors import ModelError
from core.machine.memory import keep_freed_memory
from core.models.card import CARD, IONISATION_ENERGIES, LEVELS, check_weights, load_card
from core.models.own import MODEL_SUFFIX, add_own_model, own_model_keys, own_models_folder
from core.theory import REFERENCE_THEORY

if TYPE_CHECKING:
    from core.models.fitting.recipe import Recipe
    from core.models.protocol import Learner, LevelModel

DEFAULT = "tight_binding"
CONTRACT = ("learner", "recipe")  # modules of a folder that is a learner


def learner_kinds() -> list[str]:
    """Return the names of all folders that are learners, the default's first."""
    packages = [found.name for found in pkgutil.iter_modules(core.models.__path__) if found.ispkg]
    kinds = [name for name in packages if all(find_spec(f"core.models.{name}.{module}") for module in CONTRACT)]
    return sorted(kinds, key=lambda kind: (kind != DEFAULT, kind))


def import_part(kind: str, module: str) -> ModuleType:
    """Return one of the CONTRACT's modules of a kind of learner.

    Raises
    ------
    ModelError
        If there is no such kind.
    """
    if kind not in learner_kinds():
        raise ModelError(f"kind of learner must be one of {', '.join(learner_kinds())}, got {kind!r}")
    return import_module(f"core.models.{kind}.{module}")


def find_recipes() -> dict[str, Recipe]:
    """Return what can be trained, by key, the default first."""
    return {key: recipe for kind in learner_kinds() for key, recipe in import_part(kind, "recipe").RECIPES.items()}


def find_recipe(key: str) -> Recipe:
    """Return the recipe of a key.

    Raises
    ------
    ModelError
        If there is none.
    """
    recipes = find_recipes()
    if key not in recipes:
        raise ModelError(f"learner must be one of {', '.join(recipes)}, got {key!r}")
    return recipes[key]


def model_folder(key: str) -> Path:
    """Return where a learner of that key lies: a shipped one, or one of the user's own."""
    return own_models_folder() / key if key in own_model_keys() and key not in learner_keys() else MODELS / key


def learner_keys() -> list[str]:
    """Return the keys of all shipped learners, the default first."""
    keys = sorted(path.parent.name for path in MODELS.glob(f"*/{CARD}"))
    return sorted(keys, key=lambda key: key != DEFAULT)


def model_keys() -> list[str]:
    """Return the keys of the learners that predict levels, the default first, the user's own last; none of `damaged_cards`."""
    damaged = damaged_cards()
    keys = [*learner_keys(), *own_model_keys()]
    return [key for key in keys if key not in damaged and load_card(model_folder(key)).form == LEVELS]


def reference_keys() -> list[str]:
    """Return the keys of the shipped learners of the reference's levels, which the same labels measure; the default first."""
    damaged = damaged_cards()
    theory = str(REFERENCE_THEORY)
    return [
        key for key in learner_keys() if key not in damaged and load_card(model_folder(key)).level_of_theory == theory
    ]


def predicts_ionisation(key: str) -> bool:
    """Return whether a learner's levels are minus ionisation energies; not where its card cannot be read."""
    try:
        return load_card(model_folder(key)).energies == IONISATION_ENERGIES
    except ModelError:
        return False


def damaged_cards() -> dict[str, str]:
    """Return why a learner's card cannot be read, by key."""
    damaged = {}
    for key in (*learner_keys(), *own_model_keys()):
        try:
            load_card(model_folder(key))
        except ModelError as error:
            damaged[key] = str(error)
    return damaged


def load_folder(folder: Path, *, device: str | None = None) -> Learner:
    """Return the learner in a folder, read anew.

    Parameters
    ----------
    device : str, optional
        "cpu", "cuda", ...; the GPU if there is one when left out.

    Raises
    ------
    ModelError
        If the folder has no complete card, or its weights cannot be read or are not the card's.
    """
    card = load_card(folder)
    try:
        learner = import_part(card.kind, "learner")
    except ModelError as error:
        raise ModelError(f"{folder / CARD}: {error}") from error
    check_weights(folder, card)
    loaded: Learner = learner.load(folder, device=device)
    return loaded


def load_learner(key: str = DEFAULT, *, device: str | None = None) -> Learner:
    """Return a learner by key, or the one in a folder or a saved file of that path; `device` as in `load_folder`.

    A saved file (`core.models.own`) is taken to the user's own learners first.

    Raises
    ------
    ModelError
        If there is no such learner.
    """
    if key.endswith(MODEL_SUFFIX) and Path(key).is_file():
        key = add_own_model(Path(key))
    known = [*learner_keys(), *own_model_keys()]
    folder = model_folder(key) if key in known else Path(key)
    if not (folder / CARD).is_file():
        raise ModelError(f"model must be one of {', '.join(known) or '(none is installed)'} or a folder, got {key!r}")
    keep_freed_memory()
    return load_written(folder, (folder / CARD).stat().st_mtime_ns, device)


@lru_cache(maxsize=16)
def load_written(folder: Path, written_ns: int, device: str | None) -> Learner:
    """Return what `load_folder` does, once for each card that was written there: a learner trained anew is another one."""
    del written_ns
    return load_folder(folder, device=device)


def choose_model(model: str | PathLike[str] | LevelModel) -> LevelModel:
    """Return the model of a key or folder, or the model itself; raise ModelError where it is neither."""
    from core.models.protocol import predicts_levels

    if isinstance(model, str | PathLike):
        return load_model(str(model))
    if not hasattr(model, "card") or not predicts_levels(model):
        raise ModelError(
            f"model must be a learner's key, its folder, or what `load_model` returned, got {type(model).__name__}"
        )
    return model


def load_model(key: str = DEFAULT, *, device: str | None = None) -> LevelModel:
    """Return a learner that predicts levels; see `load_learner`.

    Raises
    ------
    ModelError
        If there is no such learner, or it predicts spectra only.
    """
    from core.models.protocol import predicts_levels

    learner = load_learner(key, device=device)
    if not predicts_levels(learner):
        raise ModelError(f"{key} predicts spectra, not levels: choose one of {', '.join(model_keys())}")
    return learner
