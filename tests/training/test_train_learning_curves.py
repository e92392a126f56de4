"""Learning curves: every point once, in any number of sittings, on nested draws and never on test molecules."""

import pandas as pd
import pytest

from core.assets import COMPARISON, QM9_PBE
from core.errors import InputError, ModelError
from core.evaluation.files import CURVES
from core.labels.label_set import load_labels, training_split
from core.models.fitting.recipe import TrainOptions
from core.models.registry import load_learner
from core.training import learning_curves as compare
from core.training.learning_curves import (
    CurvePoint,
    curve_points,
    learning_curves,
    missing_points,
    reference_recipes,
    shipped_learner,
)
from core.training.parts import training_parts

FIGURES = ["rmse_ev", "rse", "homo_mae_ev"]


@pytest.fixture
def labels(tmp_path):
    table = load_labels(QM9_PBE).table
    some = [table[table["split"] == "train"].iloc[:60], table[table["split"] == "test"].iloc[:10]]
    path = tmp_path / "labels.parquet"
    pd.concat(some, ignore_index=True).to_parquet(path)
    return path


@pytest.fixture
def curve(labels, tmp_path, monkeypatch):
    """What trains kernel ridge regression on 16 and on all molecules, for some hours."""
    monkeypatch.setattr(compare, "SMALLEST", 16)
    monkeypatch.setattr(compare, "SEVERAL_SEEDS_UP_TO", 16)

    def go_on(hours=1.0):
        return learning_curves(
            "qm9", labels, keys=["krr_cm"], out=tmp_path / "out", work=tmp_path / "work", hours=hours,
            report=lambda record: None, tell=lambda line: None,
        )  # fmt: skip

    return go_on


def test_sizes_double_up_to_all_molecules():
    points = curve_points("qm9", ["a", "b"], 1100)
    assert [p.n_molecules for p in points if p.key == "a" and p.seed == 1] == [125, 250, 500, 1000, 1100]
    assert {p.n_molecules for p in points if p.seed == 3} == {125, 250, 500}
    assert [p.n_molecules for p in points] == sorted(p.n_molecules for p in points), "small trainings come first"


def test_a_curve_goes_on_where_it_stopped(curve, tmp_path):
    assert not len(curve(hours=0.0)), "no time, no training"
    whole = curve()
    n_all = int(whole["n_molecules"].max())
    assert whole[["n_molecules", "seed"]].to_numpy().tolist() == [[16, 1], [16, 2], [16, 3], [32, 1], [n_all, 1]]
    assert (whole[FIGURES] > 0).all().all()
    pd.testing.assert_frame_equal(curve(), whole)
    path = tmp_path / "out" / CURVES
    whole.drop(index=3).to_parquet(path, index=False)
    again = curve().sort_values(["n_molecules", "seed"], ignore_index=True)
    pd.testing.assert_frame_equal(again[FIGURES], whole[FIGURES])
    assert not list((tmp_path / "work" / "qm9").glob("krr_cm-*")), "a point leaves nothing behind"


def test_points_of_other_labels_give_way(curve, labels):
    """Fewer labels are another draw: the old points are made anew and do not stay beside the new ones."""
    whole = curve()
    train = training_parts(load_labels(labels), TrainOptions())[0].table
    table = pd.read_parquet(labels)
    table[table["id"] != train["id"].iloc[0]].to_parquet(labels)
    again = curve()
    assert set(whole["n_pool"]) == {len(train)}
    assert set(again["n_pool"]) == {len(train) - 1}
    assert len(again) == len(whole)


def test_a_wrong_learner_is_named(labels, tmp_path):
    with pytest.raises(ModelError, match=r"learner must be one of tight_binding, .*, got 'nonsense'"):
        learning_curves(
            "qm9", labels, keys=["nonsense"], out=tmp_path, work=tmp_path, report=lambda r: None, tell=lambda line: None
        )


def test_all_molecules_are_drawn_once():
    assert [p.seed for p in curve_points("oe", ["a"], 399) if p.n_molecules == 399] == [1]


def test_a_small_draw_is_part_of_a_larger_one_and_never_held_out(labels):
    everything = load_labels(labels)
    drawn = {n: training_parts(everything, TrainOptions(n_molecules=n)) for n in (8, 16)}
    ids = {n: set(train.table["id"]) for n, (train, _) in drawn.items()}
    assert len(ids[8]) == 8
    assert ids[8] < ids[16]
    assert not ids[16] & set(drawn[16][1].table["id"])
    assert not ids[16] & set(everything.split("test").table["id"])


def test_a_training_on_test_molecules_is_refused(labels):
    table = pd.read_parquet(labels)
    table.loc[0, "qm9_index"] = table.loc[table["split"] == "test", "qm9_index"].iloc[0]
    table.to_parquet(labels)
    with pytest.raises(InputError, match="must not see reserved or test molecules, found 1"):
        training_split(load_labels(labels), valid_fraction=0.1, seed=1)


def test_a_shipped_learner_serves_as_the_point_that_it_was_trained_for():
    card = load_learner("krr_cm", device="cpu").card
    n = sum(card.n_training.values())
    assert shipped_learner(CurvePoint("qm9", "krr_cm", n, card.seed), QM9_PBE).card == card
    for other in (CurvePoint("qm9", "krr_cm", n - 1, card.seed), CurvePoint("qm9", "krr_cm", n, card.seed + 1)):
        assert shipped_learner(other, QM9_PBE) is None
    assert shipped_learner(CurvePoint("aa", "krr_cm", n, card.seed), QM9_PBE.with_name("aa.parquet")) is None


def test_the_shipped_curves_hold_every_point_of_every_learner():
    whole, _ = training_parts(load_labels(QM9_PBE), TrainOptions(labels=QM9_PBE))
    points = curve_points("qm9", reference_recipes(), len(whole))
    assert len(points) == 9 * (3 * 3 + 6)
    assert list(missing_points(COMPARISON / CURVES, points, n_pool=len(whole))) == []
