"""Groups left out in turn: nothing of them is learnt, all of them are judged."""

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from core.assets import BROAD_PBE, QM9_PBE, REFERENCE
from core.errors import InputError
from core.evaluation.files import GROUPS_LEFT_OUT, load_figures
from core.labels.label_set import LabelSet, join_labels, load_labels
from core.labels.splits import TRAIN
from core.models.tight_binding import recipe
from core.structure.motifs import find_motifs
from core.training import groups_left_out, train
from core.training.groups_left_out import LeaveOut, compare_left_out, draw_rows


@pytest.fixture(scope="module")
def data() -> LeaveOut:
    labels = join_labels(draw_rows(load_labels(BROAD_PBE), 260), draw_rows(load_labels(QM9_PBE).split(TRAIN), 60))
    return LeaveOut(labels, draw_rows(load_labels(REFERENCE / "broad_gfn2.parquet"), 60))


@pytest.fixture
def small(data: LeaveOut, monkeypatch: pytest.MonkeyPatch) -> LeaveOut:
    """The training in small."""
    for name, value in (("N_BLOCKS", 2), ("MOST_HELD", 15), ("EPOCHS", 1), ("PRETRAIN_EPOCHS", 1)):
        monkeypatch.setattr(groups_left_out, name, value)
    monkeypatch.setattr(recipe, "N_PRETRAIN_VALID", 10)
    small = LeaveOut(data.labels, data.pool)
    monkeypatch.setattr(groups_left_out, "load_leave_out", lambda: small)
    return small


def test_every_rare_motif_is_left_out_once(small: LeaveOut) -> None:
    names = [m.name for fold in small.folds for m in fold]
    assert len(names) == len(set(names))
    held = [name for own in small.held for name in own]
    assert set(names) == {name for name in held if held.count(name) <= 15}


def test_nothing_of_a_motif_left_out_is_learnt_and_all_of_it_is_judged(
    small: LeaveOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[LabelSet] = []
    own = train.train_on_parts

    def watch(key: str, out: Path, *, train: LabelSet, valid: LabelSet, **rest: object) -> None:
        learnt.extend((train, valid))
        own(key, out, train=train, valid=valid, **rest)

    monkeypatch.setattr(train, "train_on_parts", watch)
    said: list[str] = []
    found = compare_left_out(tmp_path, work=tmp_path / "work", report=lambda _: None, tell=said.append)
    assert found == load_figures(tmp_path / GROUPS_LEFT_OUT, command="")
    assert len(said) == found["n_folds"] == 2
    for fold, parts in zip(small.folds, (learnt[:2], learnt[2:]), strict=True):
        pool = load_labels(tmp_path / "work" / "pools" / f"fold_{small.folds.index(fold) + 1}.parquet")
        for labels in (*parts, pool):
            assert not {m.name for m in fold} & {name for own in groups_left_out.motifs_of(labels) for name in own}
    is_train = (small.labels.table["split"] == TRAIN).to_numpy()
    foreign = sum(int((small.is_foreign(k) & is_train).sum()) for k in range(2))
    assert 0.8 * foreign <= found["foreign"]["n"] <= foreign  # but those of an element that was left out whole
    assert found["foreign"]["rmse_ev"] > 0
    assert sum(row["n"] for row in found["families"]) >= found["foreign"]["n"]
    monkeypatch.setattr(train, "train_on_parts", lambda *_, **__: pytest.fail("it is there"))
    assert compare_left_out(tmp_path, work=tmp_path / "work", report=lambda _: None, tell=said.append) == found


def test_a_row_without_smiles_holds_no_motif(data: LeaveOut) -> None:
    some = data.labels.select(np.arange(len(data.labels)) < 3)
    some.table.loc[some.table.index[0], "smiles"] = ""
    first, second, _ = groups_left_out.motifs_of(some)
    assert first == set()
    assert second == set(find_motifs(Chem.MolFromSmiles(some.table["smiles"].iloc[1])))


@pytest.mark.parametrize("number", [0, 7, -1])
def test_a_block_that_is_not_there_is_refused(number: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"blocks 1 to 6, got {number}"):
        compare_left_out(tmp_path, work=tmp_path, folds=(1, number), report=lambda _: None, tell=lambda _: None)
