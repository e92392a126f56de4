"""Which molecules ionisation energies are computed of: sizes, splits, none of them twice (`core.campaigns.quasiparticle_set`)."""

import numpy as np
import pandas as pd
import pytest

from core.campaigns import quasiparticle_set
from core.campaigns.jobs import own_jobs
from core.campaigns.quasiparticle_set import HOME_NUMBERS, N_BY_SIZE, N_HOME, draw_quasiparticle_set
from core.labels.splits import TEST, TRAIN, is_reserved
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quasiparticle_set, "N_TURNED", 1)  # each takes a second
        return draw_quasiparticle_set()


def test_sizes_and_the_home_librarys_formula_are_as_planned(drawn: pd.DataFrame) -> None:
    is_home = drawn["numbers"].map(lambda z: sorted(z) == HOME_NUMBERS)
    assert len(drawn) == sum(N_BY_SIZE.values()) + N_HOME + 30 + 1
    assert is_home.sum() >= 120 - 11
    assert drawn["id"].is_unique
    n_heavy = drawn["numbers"].map(lambda z: int((np.asarray(z) > 1).sum()))
    assert {n: int((n_heavy == n).sum()) for n in range(2, 9)} == {n: N_BY_SIZE[n] for n in range(2, 9)}


def test_no_constitution_is_learnt_and_tested_and_none_is_reserved(drawn: pd.DataFrame) -> None:
    keys = pd.Series(
        [constitution_key(Geometry(z, x)) for z, x in zip(drawn["numbers"], drawn["positions"], strict=True)]
    )
    learnt, tested = (set(keys[drawn["split"] == split]) for split in (TRAIN, TEST))
    assert not learnt & tested
    assert len(tested) >= 150
    assert not any(is_reserved(key) for key in keys)


def test_labels_keep_the_split_that_a_file_states(drawn: pd.DataFrame) -> None:
    rows = drawn.head(20)
    stated = [(r.id, r.smiles, Geometry(r.numbers, r.positions), {"split": r.split}) for r in rows.itertuples()]
    assert [job.split for job in own_jobs(stated)] == rows["split"].tolist()
    assert [job.split for job in own_jobs([("x", "C", None, {"split": "mine"})])] == ["file"]
