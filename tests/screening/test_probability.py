"""How likely constitutions are by their scores, and stereoisomers folded.

Covers `core.screening.probability`.
"""

import numpy as np
import pandas as pd
import pytest

from core.screening.probability import (
    FIRST_TEN,
    constitution_scores,
    fit_sharpness,
    fold_stereoisomers,
    log_probability,
    with_probability,
)


def make_ranking(scores: list[float], skeletons: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "rank": pd.array([*range(1, len(scores) + 1)], dtype="Int64"),
            "score": scores,
            "inchikey": [f"{name:A<14}-{k:010d}-N" for k, name in enumerate(skeletons)],
        }
    )
    unranked = pd.DataFrame({"rank": pd.array([pd.NA], dtype="Int64"), "score": [np.nan], "inchikey": ["Z" * 27]})
    table = pd.concat([table, unranked], ignore_index=True)
    table.attrs = {"n_ranked": len(scores)}
    return table


RANKING = make_ranking([0.99, 0.98, 0.98, 0.9], ["A", "B", "A", "C"])


def test_probabilities_are_of_constitutions_and_add_up() -> None:
    found = with_probability(RANKING)
    once = found[~found["inchikey"].str[:14].duplicated()]["probability"]
    assert once.sum() == pytest.approx(1)
    assert found["probability"][0] == found["probability"][2] > found["probability"][1] > found["probability"][3]
    assert np.isnan(found["probability"].iloc[-1]), "what has no rank has none"
    assert FIRST_TEN not in found.attrs, "one of three is among ten for certain, which tells nothing"
    many = with_probability(make_ranking([0.9] * 20, [chr(65 + k) for k in range(20)]))
    assert many.attrs[FIRST_TEN] == pytest.approx(0.5)


def test_a_constitution_stands_once_by_its_best_stereoisomer() -> None:
    folded = fold_stereoisomers(RANKING)
    ranked = folded[folded["rank"].notna()]
    assert ranked["rank"].tolist() == [1, 2, 3]
    assert ranked["score"].tolist() == [0.99, 0.98, 0.9]
    assert ranked["n_stereoisomers"].tolist() == [2, 1, 1]
    assert folded["inchikey"].iloc[-1] == "Z" * 27, "what has no rank is still there"
    assert len(folded) == 4
    assert folded.attrs["n_ranked"] == 3
    assert constitution_scores(RANKING).tolist() == [0.99, 0.98, 0.9]


def test_molecules_of_unknown_bonds_are_not_folded_into_one() -> None:
    unknown = RANKING.assign(inchikey=["A" * 27, "", None, "A" * 27, "Z" * 27])
    unknown.attrs = RANKING.attrs
    folded = fold_stereoisomers(unknown)
    assert folded["n_stereoisomers"].dropna().tolist() == [2, 1, 1]
    assert with_probability(unknown)["probability"].iloc[[0, 1, 2]].sum() == pytest.approx(1)


def test_tautomers_are_not_folded_into_one_though_they_share_the_block() -> None:
    rows = RANKING.assign(smiles=["O=c1cccc[nH]1", "CO", "Oc1ccccn1", "CN", ""])
    rows.attrs = RANKING.attrs
    assert fold_stereoisomers(rows)["n_stereoisomers"].dropna().tolist() == [1, 1, 1, 1]
    mirrored = rows.assign(smiles=["C[C@H](O)F", "CO", "C[C@@H](O)F", "CN", ""])
    mirrored.attrs = RANKING.attrs
    assert fold_stereoisomers(mirrored)["n_stereoisomers"].dropna().tolist() == [2, 1, 1]
    of_library = rows.assign(constitution_id=["1", "2", "1", "3", "4"])  # a library's own word counts
    of_library.attrs = RANKING.attrs
    assert fold_stereoisomers(of_library)["n_stereoisomers"].dropna().tolist() == [2, 1, 1]


def test_without_sharpness_all_are_alike_and_a_perfect_score_is_finite() -> None:
    np.testing.assert_allclose(np.exp(log_probability(np.array([1.0, 0.5, 0.0]), 0.0)), 1 / 3)
    assert np.isfinite(log_probability(np.array([1.0, 0.5]), 50.0)).all()


def test_the_sharpness_of_planted_targets_is_found(rng) -> None:
    scored = []
    for _ in range(400):
        scores = np.sort(1 - rng.uniform(0.01, 0.3, 50))[::-1]
        chances = np.exp(log_probability(scores, 4.0))
        scored.append((scores, int(rng.choice(50, p=chances / chances.sum()))))
    assert fit_sharpness(scored) == pytest.approx(4.0, rel=0.15)
