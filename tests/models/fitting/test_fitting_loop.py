from itertools import pairwise

import numpy as np
import pytest
import torch

from core.assets import QM9_PBE
from core.errors import InputError, ModelError
from core.labels.label_set import LabelSet, load_labels, training_split
from core.labels.splits import load_reserved
from core.models.fitting.loop import (
    FitOptions,
    differentiation,
    epoch_batches,
    fit_network,
    hidden_matrices,
    scale_epochs,
    schedule,
)
from core.models.tight_binding.network import TightBindingConfig, TightBindingNetwork
from core.models.tight_binding.recipe import LevelFitOptions, band_rmse, level_tensors

SMALL = TightBindingConfig(n_features=16, n_layers=2, n_radial=12, n_vectors=4)
LARGER = TightBindingConfig(n_features=32, n_layers=2, n_radial=20, n_vectors=8)


@pytest.fixture(scope="module")
def labels():
    return load_labels(QM9_PBE)


def run(labels, path, *, epochs, stop_after=None, batch_size=8, config=SMALL, **settings):
    """Fit a small network; `stop_after` ends it early, as a kill would."""

    class Killed(Exception):
        pass

    def report(record):
        if record["epoch"] == stop_after:
            raise Killed

    torch.manual_seed(0)
    network = TightBindingNetwork(config)
    options = LevelFitOptions(epochs=epochs, learning_rate=5e-3, batch_size=batch_size, ema=0.95, **settings)
    data = level_tensors(labels, options)
    try:
        history = fit_network(network, data, data, options, checkpoint=path, report=report)
    except Killed:
        return run(labels, path, epochs=epochs, batch_size=batch_size, **settings)
    return network, history, data


def test_a_tiny_set_is_memorised(labels, tmp_path):
    some = labels.select(np.arange(len(labels)) < 4)
    network, history, data = run(some, tmp_path / "a.ckpt", epochs=300, batch_size=2, config=LARGER)
    assert band_rmse(network, data) < 0.05
    assert history[-1]["loss_ev"] < 0.1 * history[0]["loss_ev"]


@pytest.mark.parametrize("settings", [{}, {"muon": True, "pieces": 2}])
def test_a_killed_training_ends_as_an_uninterrupted_one(labels, tmp_path, settings):
    some = labels.select(np.arange(len(labels)) < 12)
    whole, _, data = run(some, tmp_path / "whole.ckpt", epochs=4, **settings)
    resumed, history, _ = run(some, tmp_path / "killed.ckpt", epochs=4, stop_after=3, **settings)
    assert [r["epoch"] for r in history] == [1, 2, 3, 4]
    assert band_rmse(resumed, data) == pytest.approx(band_rmse(whole, data), abs=1e-3)


def test_pieces_of_a_batch_have_its_loss_and_gradients(labels):
    sizes = np.array([len(e.valence_ev) for e in labels.levels()[:500]])
    rows = np.nonzero(sizes == np.bincount(sizes).argmax())[0][:7]  # of as many levels, so that a mean is a mean
    torch.manual_seed(0)
    network = TightBindingNetwork(SMALL)
    data = level_tensors(labels.select(np.arange(len(labels)) < 500), LevelFitOptions(epochs=1))
    found = []
    for pieces in (None, 1, 3):
        with differentiation(pieces) as differentiate:
            loss = differentiate(network, data, rows, np.random.default_rng(1))
        found.append((loss, [p.grad.clone() for p in network.parameters()]))
    for loss, gradients in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-5)
        for one, other in zip(gradients, found[0][1], strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_muon_moves_what_lies_between_features_alone():
    network = TightBindingNetwork(LARGER)
    names = {id(p): name for name, p in network.named_parameters()}
    moved = {names[id(p)] for p in hidden_matrices(network)}
    assert "interactions.0.update.0.weight" in moved
    assert not moved & {"embedding.weight", "element_ev", "pair_readout.last.weight", "onsite.2.weight"}
    assert all(name.endswith("weight") for name in moved)


def test_a_checkpoint_of_other_options_is_not_mixed_in(labels, tmp_path):
    some = labels.select(np.arange(len(labels)) < 4)
    run(some, tmp_path / "a.ckpt", epochs=1)
    with pytest.raises(ModelError, match="written with other options"):
        run(some, tmp_path / "a.ckpt", epochs=2)


def test_validation_is_apart_from_training_molecule_by_molecule(labels):
    train, valid = training_split(labels, valid_fraction=0.08, seed=1)
    indices = [set(s.table["qm9_index"]) for s in (train, valid)]
    assert not indices[0] & indices[1]
    assert len(valid) / (len(train) + len(valid)) == pytest.approx(0.08, abs=0.02)
    assert not (indices[0] | indices[1]) & set(labels.split("test").table["qm9_index"])
    assert not (indices[0] | indices[1]) & load_reserved()


def test_reserved_molecules_are_never_trained_on(labels):
    table = labels.table.head(3).copy()
    table["split"] = ["train", "train", "test"]
    table["qm9_index"] = [min(load_reserved()), 1, 2]
    with pytest.raises(InputError, match="must not see reserved or test"):
        training_split(LabelSet(table), valid_fraction=0.1, seed=1)


def test_every_molecule_once_an_epoch(rng):
    rows = np.concatenate(list(epoch_batches(rng.integers(3, 30, 100), batch_size=7, rng=rng)))
    assert sorted(rows) == list(range(100))


def test_loss_weights_follow_band_and_lumo(labels):
    options = LevelFitOptions(epochs=1)
    data = level_tensors(labels.select(np.arange(len(labels)) < 20), options)
    for k, levels in enumerate(labels.levels()[:20]):
        n = len(levels.valence_ev)
        assert float(data.target[k, n]) == pytest.approx(levels.lumo_ev)
        assert float(data.weight[k, n]) == pytest.approx(options.lumo_weight)
        assert int((data.weight[k] == 1.0).sum()) == min(16, n)
        assert int((data.weight[k] > 0).sum()) == n + 1


def test_learning_rate_warms_up_and_falls():
    rates = [schedule(x, warm_up=0.1) for x in np.linspace(0, 0.99, 100)]
    assert rates[-1] < 0.011
    assert rates[0] == 0
    assert max(rates) == pytest.approx(1)
    assert all(b <= a for a, b in pairwise(rates[10:]))


def test_learning_rate_rises_again_in_each_cycle():
    once = [schedule(x, warm_up=0.1) for x in np.linspace(0, 0.98, 50)]
    twice = [schedule(x, warm_up=0.1, cycles=2) for x in np.linspace(0, 0.99, 100)]
    assert twice == pytest.approx(once * 2)


def test_fewer_molecules_get_more_epochs_but_less_time():
    options, sizes = FitOptions(epochs=100), [125, 250, 500, 1000, 2000, 4000, 6000, 25_000]
    epochs = [scale_epochs(options, n, n_full=6000, most=8.0) for n in sizes]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[sizes.index(6000)] == 100
    assert epochs[-1] == 49
    assert max(epochs) <= 800
    work = [n * e for n, e in zip(sizes, epochs, strict=True)]
    assert work == sorted(work)
