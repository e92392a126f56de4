"""Learners of a user's own: a folder each on this computer, and one file each to pass on."""

import os
import re
import shutil
import tempfile
import zipfile
from lzma import LZMAError
from pathlib import Path
from zlib import error as ZlibError

from platformdirs import user_data_path

from core.errors import ModelError
from core.files import whole_file
from core.models.card import CARD, WEIGHTS, ModelCard, check_weights, load_card, weight_checksums

OWN_MODELS_VARIABLE = "EIGENSCOPE_MODELS"  # names another folder than the user's
MODEL_SUFFIX = ".eigenscope.zip"
MAX_FILE_BYTES = 100_000_000  # of each file inside
MAX_FILES = 8
PLAIN_TEXT = re.compile(r"[^<>`\x00-\x08\x0b-\x1f\x7f]*")  # what a card's texts may hold: they are shown on pages


def own_models_folder() -> Path:
    """Return where learners of a user's own lie: EIGENSCOPE_MODELS, else in the user's data folder."""
    stated = os.environ.get(OWN_MODELS_VARIABLE)
    return Path(stated) if stated else user_data_path("eigenscope", appauthor=False) / "models"


def own_model_keys() -> list[str]:
    """Return the keys of the learners of a user's own, sorted."""
    return sorted(path.parent.name for path in own_models_folder().glob(f"*/{CARD}"))


def own_key(name: str, folder: Path) -> str:
    """Return the key of a learner: its name in plain letters and the beginning of its weights' hash, so no two are alike."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "own"
    hashes = "".join(weight_checksums(folder).values())
    return f"{plain}-{hashes[:8]}"


def keep_own_model(folder: Path) -> str:
    """Move a learner's folder to those of the user's own, and return its key; one that is there already stays.

    Raises
    ------
    ModelError
        If its card is incomplete, holds what no page should show, or its weights are not the card's; or if one that is there
        states another level of theory, or other energies, of the same weights.
    """
    card = load_card(folder)
    check_own_card(card, folder)
    target = own_models_folder() / card.key
    if target.exists():
        before = load_card(target)
        if (before.level_of_theory, before.energies) != (card.level_of_theory, card.energies):
            raise ModelError(
                f"a learner {card.key} of the same labels is there, of {before.energies} energies by {before.level_of_theory}: "
                "remove it first, or give this one another name"
            )
        shutil.rmtree(folder)
        return card.key
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(folder), target)
    return card.key


def check_own_card(card: ModelCard, folder: Path) -> None:
    """Raise ModelError if a card's key or texts are not such as Eigenscope writes, or the weights are not the card's."""
    if card.key != own_key(card.name, folder):
        raise ModelError(f"the key of a learner must be made of its name and weights, got {card.key[:80]!r}")
    if not all(PLAIN_TEXT.fullmatch(text) for text in texts_of(card.model_dump())):
        raise ModelError("the texts of a learner's card must be plain, this card holds signs of markup")
    if not card.weights or card.weights != weight_checksums(folder):
        raise ModelError("the weights must be those that the learner's card names, and no others")
    check_weights(folder, card)


def texts_of(value: object) -> list[str]:
    """Return every text in what a card holds, the names of its figures among them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_of(part)]
    return [text for part in value for text in texts_of(part)] if isinstance(value, list | tuple) else []


def pack_own_model(key: str, path: Path) -> None:
    """Write a learner of a user's own as one file.

    Raises
    ------
    ModelError
        If there is none of that key.
    """
    folder = own_models_folder() / key
    card = load_card(folder)
    with whole_file(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as file:
        for name in (CARD, *card.weights):
            file.write(folder / name, name)


def add_own_model(path: Path) -> str:
    """Take a file that `pack_own_model` wrote to the learners of the user's own, and return its key.

    Raises
    ------
    ModelError
        If it is no such file, is damaged, or holds anything else. Nothing in it is run.
    """
    with tempfile.TemporaryDirectory() as drawn:
        folder = Path(drawn) / "model"
        folder.mkdir()
        try:
            with zipfile.ZipFile(path) as file:
                for info in listed_files(file):
                    (folder / info.filename).write_bytes(file.read(info))
        except (zipfile.BadZipFile, ZlibError, LZMAError, EOFError, OSError, RuntimeError) as error:
            raise ModelError(f"{path.name} is no saved learner: {error}") from error
        return keep_own_model(folder)


def listed_files(file: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what a saved learner's file holds; raise ModelError for other names, folders or sizes than a learner has."""
    listed = file.infolist()
    for info in listed:
        is_known = info.filename == CARD or info.filename.endswith(WEIGHTS)
        if not is_known or Path(info.filename).name != info.filename or info.file_size > MAX_FILE_BYTES:
            raise ModelError(f"a saved learner holds a card and weights, found {info.filename[:80]!r}")
    if len(listed) > MAX_FILES or CARD not in {info.filename for info in listed}:
        raise ModelError(f"a saved learner holds {CARD} and its weights, found {len(listed)} files")
    return listed


def remove_own_model(key: str) -> None:
    """Delete a learner of a user's own.

    Raises
    ------
    ModelError
        If there is none of that key.
    """
    if key not in own_model_keys():
        raise ModelError(f"a learner of your own must be one of {', '.join(own_model_keys()) or '(none)'}, got {key!r}")
    shutil.rmtree(own_models_folder() / key)
