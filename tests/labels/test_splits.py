import numpy as np
import pandas as pd
import pytest
from archive_files import INDEX_FREE, some_labels

from core.errors import InputError
from core.labels.label_set import LabelSet, training_split
from core.labels.splits import (
    KEPT_ASIDE,
    NOT_QM9,
    TEST,
    TRAIN,
    draw_split,
    is_reserved,
    load_reserved,
    load_reserved_constitutions,
    molecule_keys,
    shipped_test_keys,
)
from core.structure.constitution import constitution_key
from core.structure.geometry import Geometry


def without_indices(labels: LabelSet) -> pd.DataFrame:
    return labels.table.assign(qm9_index=NOT_QM9, split="")


def test_reserved_molecules_are_known_by_index_and_by_constitution():
    assert len(load_reserved()) == 1000
    assert len(load_reserved_constitutions()) == 1356  # of the same molecules, and of 356 others
    assert is_reserved(min(load_reserved()))
    assert is_reserved(min(load_reserved_constitutions()))
    assert not any(is_reserved(key) for key in molecule_keys(some_labels(50, split="train").table))
    assert not any(is_reserved(key) for key in molecule_keys(without_indices(some_labels(50, split="train"))))


def test_a_drawn_split_keeps_shipped_test_molecules_in_test_and_reserved_ones_out():
    test, train = some_labels(20), some_labels(200, split="train")
    table = pd.concat([test.table, train.table], ignore_index=True)
    table.loc[219, "qm9_index"] = min(load_reserved())
    split, told = draw_split(table)
    assert set(split[:20]) == {TEST}
    assert split[219] == KEPT_ASIDE
    assert 5 <= (split[20:219] == TEST).sum() <= 40
    assert (split[20:219] == TRAIN).sum() > 150
    assert f"train {(split == TRAIN).sum()}, test {(split == TEST).sum()}, reserved 1" in told


def test_without_an_index_molecules_are_known_by_their_constitution(monkeypatch):
    test, train = some_labels(10), some_labels(30, split="train")
    table = pd.concat([without_indices(test), without_indices(train)], ignore_index=True)
    split, _ = draw_split(table)
    assert set(split[:10]) == {TEST}
    kept = constitution_key(train.geometries()[3])
    monkeypatch.setattr("core.labels.splits.load_reserved_constitutions", lambda: frozenset({kept}))
    split, _ = draw_split(table)
    assert list(np.flatnonzero(split == KEPT_ASIDE)) == [13]
    with pytest.raises(InputError, match=f"must not see reserved or test molecules, found 1: {train.table['id'][3]}"):
        training_split(LabelSet(table.assign(split=[TEST] * 10 + [TRAIN] * 30)), valid_fraction=0.1, seed=1)


def test_the_split_of_a_molecule_stays_when_others_come_and_in_any_order(rng):
    table = without_indices(some_labels(60, split="train"))
    whole, _ = draw_split(table)
    order = rng.permutation(60)[:25]
    part, _ = draw_split(table.iloc[order])
    assert list(part) == list(whole.iloc[order])


def test_all_geometries_of_a_molecule_fall_on_one_side(rng):
    table = without_indices(some_labels(40, split="train"))
    shaken = [x + rng.normal(0, 0.01, len(x)).astype(np.float32) for x in table["positions"]]
    both = pd.concat([table, table.assign(positions=shaken)], ignore_index=True)
    split, _ = draw_split(both)
    assert list(split[:40]) == list(split[40:])
    train = both.assign(split=TRAIN)
    train.loc[[0, 40], "split"] = TEST
    fit, valid = training_split(LabelSet(train), valid_fraction=0.3, seed=1)
    assert len(fit) + len(valid) == 78
    assert len(valid) > 0
    keys = [set(molecule_keys(x.table)) for x in (fit, valid)]
    assert not keys[0] & keys[1]


def test_a_molecule_of_the_test_split_is_not_trained_on_under_another_name():
    table = without_indices(some_labels(10, split="train"))
    doubled = pd.concat([table.assign(split=TRAIN), table.head(1).assign(split=TEST, id="again")], ignore_index=True)
    with pytest.raises(InputError, match="reserved or test molecules, found 1"):
        training_split(LabelSet(doubled), valid_fraction=0.1, seed=1)


def test_a_molecule_of_the_test_split_is_not_trained_on_under_its_qm9_index():
    table = some_labels(10, split="train").table
    again = table.head(1).assign(split=TEST, id="again", qm9_index=NOT_QM9)
    mixed = pd.concat([table.assign(split=TRAIN), again], ignore_index=True)
    with pytest.raises(InputError, match=f"reserved or test molecules, found 1: {table['id'][0]}"):
        training_split(LabelSet(mixed), valid_fraction=0.3, seed=1)


def test_what_is_learnt_from_under_one_name_is_not_watched_under_another():
    table = some_labels(40, split="train").table.assign(split=TRAIN)
    again = table.assign(qm9_index=NOT_QM9, id=table["id"] + "-again")
    fit, valid = training_split(LabelSet(pd.concat([table, again], ignore_index=True)), valid_fraction=0.3, seed=1)
    molecules = [{name.removesuffix("-again") for name in part.table["id"]} for part in (fit, valid)]
    assert len(valid) > 0
    assert not molecules[0] & molecules[1]


def test_an_index_does_not_hide_a_constitution_that_is_kept_aside(monkeypatch):
    table = some_labels(20, split="train").table
    kept = constitution_key(LabelSet(table).geometries()[4])
    monkeypatch.setattr("core.labels.splits.load_reserved_constitutions", lambda: frozenset({kept}))
    split, _ = draw_split(table.assign(split=""))
    assert split[4] == KEPT_ASIDE


def test_shipped_test_molecules_are_known_both_ways():
    keys = shipped_test_keys()
    assert len(keys) == 2000
    labels = some_labels(3)
    assert {int(i) for i in labels.table["qm9_index"]} <= keys
    assert {constitution_key(Geometry(g.numbers, g.positions)) for g in labels.geometries()} <= keys
    assert INDEX_FREE not in keys


def test_too_few_rows_for_two_parts_are_refused():
    table = some_labels(3, split="train").table
    with pytest.raises(InputError, match="the 2 rows of `train` fall into 2 and 0"):
        training_split(LabelSet(table.assign(split=[TRAIN, TRAIN, TEST])), valid_fraction=0.0, seed=1)
