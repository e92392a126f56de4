"""Where the right molecule comes when spectra as measured are ranked against a library, with what is proposed for them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.assets import EXAMPLES
from core.errors import InputError
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.screening.chosen import holds_ionisation_energies, rank_as_chosen
from core.screening.notes import describe_options
from core.screening.options import RankOptions, propose_options
from core.screening.probability import (
    SKELETON_LETTERS,
    best_of_constitutions,
    constitution_scores,
    row_constitutions,
)
from core.screening.targets import target_from_file

MEASURED = EXAMPLES / "measured"
TRUTH = "truth.json"


@dataclass(frozen=True)
class Place:
    """Where one target's molecule comes.

    Attributes
    ----------
    name, smiles : str
    place : int or None
        Of the right constitution among the constitutions, each by its best stereoisomer; None where it is no candidate.
    n_constitutions : int
    score, best_score : float
        Of the right constitution, and of the first.
    compared : str
        How the target was compared, in words.
    """

    name: str
    smiles: str
    place: int | None
    n_constitutions: int
    score: float
    best_score: float
    compared: str


def place_measured(
    scan: pd.DataFrame,
    *,
    folder: Path = MEASURED,
    options: RankOptions | None = None,
    model: LevelModel | None = None,
    progress: Progress | None = None,
) -> list[Place]:
    """Return the place of each right molecule: spectra `NAME.txt` of a folder, whose truth.json names the molecules.

    Parameters
    ----------
    scan : prediction table
        With `inchikey`.
    options : RankOptions or None
        How all of them are compared; None = as is proposed for each.
    model : learner, optional
        See `core.screening.chosen.rank_as_chosen`.

    Raises
    ------
    InputError
        If the folder has no truth.json or lacks a spectrum.
    """
    path = folder / TRUTH
    if not path.exists():
        raise InputError(f"a folder of measured spectra needs {TRUTH}, not found in {folder}")
    places = []
    for name, truth in json.loads(path.read_text()).items():
        target = target_from_file(folder / f"{name}.txt", n_levels=None)
        chosen = options or propose_options(target, of_ionisation=holds_ionisation_energies(scan, model))
        ranking = rank_as_chosen(scan, target, chosen, top=None, model=model, progress=progress)
        best = constitution_scores(ranking)
        place = place_constitution(ranking, truth["inchikey"])
        score = float("nan") if place is None else float(best[place - 1])
        described = describe_options(target, chosen)
        places.append(Place(name, truth["smiles"], place, len(best), score, float(best[0]), described))
    return places


def place_constitution(ranking: pd.DataFrame, inchikey: str) -> int | None:
    """Return the place of a molecule's constitution among the constitutions, each by its best row; None if it is not there."""
    at = np.flatnonzero(
        row_constitutions(best_of_constitutions(ranking)).str[:SKELETON_LETTERS] == inchikey[:SKELETON_LETTERS]
    )
    return int(at[0]) + 1 if len(at) else None
