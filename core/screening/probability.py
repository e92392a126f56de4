"""How likely each constitution is the right one, by the scores of a ranking: sharp or blunt as spectra of known molecules say."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from rdkit import Chem
from scipy.optimize import minimize_scalar

from core.structure.stereochemistry import flat_smiles

SKELETON_LETTERS = 14  # the first block of an InChIKey: the constitution
SHARPNESS = 11.6  # by `eigenscope compare measured-like`
SHARPEST = 200.0
N_LIKELIEST = 10
FIRST_TEN = "first_ten"  # among a ranking's attributes: how likely the right constitution is among the first ten
LEAST_UNLIKE = 1e-6


def row_constitutions(ranking: pd.DataFrame) -> pd.Series:
    """Return what tells constitutions apart within a ranking, row by row; a molecule of unknown bonds is one of its own."""
    unknown = pd.Series("row " + ranking.index.astype(str), index=ranking.index)
    if "inchikey" not in ranking:
        return unknown
    blocks = ranking["inchikey"].fillna("").astype(str).str[:SKELETON_LETTERS]
    is_shared = blocks.duplicated(keep=False) & (blocks != "")
    if "constitution_id" in ranking:  # a library's: rows of one molecule have one
        is_shared &= ranking["constitution_id"].groupby(blocks).transform("nunique") > 1
    if "smiles" in ranking and is_shared.any():  # tautomers share the block
        blocks = blocks.where(
            ~is_shared, blocks + " " + ranking["smiles"].where(is_shared, "").map(constitution_smiles)
        )
    return blocks.where(blocks != "", unknown)


@lru_cache(maxsize=50_000)
def constitution_smiles(smiles: str) -> str:
    """Return a SMILES without stereochemistry, canonical; as it is where it cannot be read."""
    mol = Chem.MolFromSmiles(smiles)
    return smiles if mol is None else flat_smiles(mol)


def best_of_constitutions(ranking: pd.DataFrame) -> pd.DataFrame:
    """Return the best ranked row of each constitution, best first."""
    return first_of_each(ranking, row_constitutions(ranking))


def first_of_each(ranking: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the first ranked row of each of the names, that of every row's constitution."""
    ranked = names[ranking["rank"].notna()]
    best: pd.DataFrame = ranking.loc[ranked[~ranked.duplicated()].index]
    return best


def fold_stereoisomers(ranking: pd.DataFrame) -> pd.DataFrame:
    """Return the best row of each constitution, ranked anew, with the number of its stereoisomers (`n_stereoisomers`).

    Behind them come the rows that are not ranked, as in any ranking.
    """
    names = row_constitutions(ranking)
    best = first_of_each(ranking, names)
    counts = names[ranking["rank"].notna()].value_counts()
    places = pd.array(range(1, len(best) + 1), dtype="Int64")
    best = best.assign(rank=places, n_stereoisomers=names[best.index].map(counts).astype("Int64"))
    folded = pd.concat([best, ranking[ranking["rank"].isna()]], ignore_index=True)
    folded.attrs = ranking.attrs | {"n_ranked": len(best)}
    return folded


def with_probability(ranking: pd.DataFrame) -> pd.DataFrame:
    """Return a ranking of all candidates by correlation with `probability`: of each row's constitution, if one of them is right.

    `attrs` gets `first_ten`: how likely the right one is among the first ten constitutions, where there are more.
    """
    names = row_constitutions(ranking)
    best = first_of_each(ranking, names)
    chances = np.exp(log_probability(best["score"].to_numpy(float)))
    likely = names.map(dict(zip(names[best.index], chances, strict=True)))
    found = ranking.assign(probability=likely.where(ranking["rank"].notna()))
    found.attrs = ranking.attrs | (
        {FIRST_TEN: float(chances[:N_LIKELIEST].sum())} if len(chances) > N_LIKELIEST else {}
    )
    return found


def constitution_scores(ranking: pd.DataFrame) -> np.ndarray:
    """Return the score of each constitution (n,), best first."""
    scores: np.ndarray = best_of_constitutions(ranking)["score"].to_numpy(float)
    return scores


def log_probability(scores: np.ndarray, sharpness: float = SHARPNESS) -> np.ndarray:
    """Return the logarithm of how likely each constitution is (n,), if one of them is right, by correlations (n,), best first.

    The likelihood falls as a power of how far a correlation is from 1: (1 - score) ** -sharpness.
    """
    unlike = -sharpness * np.log(np.maximum(1 - scores, LEAST_UNLIKE))
    logs: np.ndarray = unlike - np.logaddexp.reduce(unlike)
    return logs


def fit_sharpness(scored: Sequence[tuple[np.ndarray, int]]) -> float:
    """Return the sharpness under which the right constitutions, at these places of the scores of targets, are likeliest."""

    def loss(sharpness: float) -> float:
        return -float(np.mean([log_probability(scores, sharpness)[place] for scores, place in scored]))

    return float(minimize_scalar(loss, bounds=(0.0, SHARPEST), method="bounded").x)
