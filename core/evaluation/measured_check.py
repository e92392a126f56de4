"""Where the right molecule comes when spectra as measured are ranked against a library, with what is proposed for them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.assets import EXAMPLES
from core.errors import InputError
from core.machine.progress import Progress
from core.models.protocol import LevelModel
from core.screening.options import RankOptions, describe_options, propose_options, rank_as_chosen
from core.screening.targets import target_from_file

MEASURED = EXAMPLES / "measured"
TRUTH = "truth.json"
SKELETON_LETTERS = 14  # the first block of an InChIKey


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
        See `core.screening.options.rank_as_chosen`.

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
        chosen = options or propose_options(target)
        ranking = rank_as_chosen(scan, target, chosen, top=None, model=model, progress=progress)
        ranked = ranking[ranking["rank"].notna()]
        best = ranked.assign(constitution=ranked["inchikey"].str[:SKELETON_LETTERS])
        best = best.drop_duplicates("constitution").reset_index(drop=True)
        at = best.index[best["constitution"] == truth["inchikey"][:SKELETON_LETTERS]]
        place = int(at[0]) + 1 if len(at) else None
        score = float(best["score"][at[0]]) if len(at) else float("nan")
        described = describe_options(target, chosen)
        places.append(Place(name, truth["smiles"], place, len(best), score, float(best["score"].iloc[0]), described))
    return places
