"""Perceptron, convolutional and deep tensor network under the training loop, on levels and on spectra.

Covers `core.models.cnn.*`, `core.models.dtnn.*`, `core.models.mlp.*`, `core.models.direct.head`.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.assets import QM9_PBE, REFERENCE
from core.errors import DomainError, InputError, ModelError
from core.labels.label_set import LabelSet, load_labels
from core.models.cnn.network import ConvolutionalConfig
from core.models.direct.fit import direct_recipes, encode_samples, relative_spectral_errors
from core.models.dtnn.network import DeepTensorConfig
from core.models.fitting.loop import FitOptions, fit_network
from core.models.fitting.recipe import TrainOptions
from core.models.mlp.network import PerceptronConfig
from core.models.registry import find_recipes, import_part
from core.models.store import NETWORK_FILE, load_network
from core.spectrum.levels import N_BAND
from core.spectrum.metrics import rse

SMALL = {
    "mlp": PerceptronConfig(n_hidden=64),
    "cnn": ConvolutionalConfig(n_channels=4, n_hidden=64),
    "dtnn": DeepTensorConfig(n_features=32, n_factors=32, n_radial=16, n_hidden=64),
}
ARCHITECTURES = {kind: import_part(kind, "learner").ARCHITECTURE for kind in SMALL}
FORMS = ("levels", "spectrum")
each = pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind in ARCHITECTURES for form in FORMS])


@pytest.fixture(scope="module")
def labels() -> LabelSet:
    """The first 24 training rows that have a band."""
    labels = load_labels(QM9_PBE).split("train")
    labels = labels.select(np.arange(len(labels)) < 40)
    with_band = labels.select([levels.has_band for levels in labels.levels()])
    return with_band.select(np.arange(len(with_band)) < 24)


class Killed(Exception):
    """As a kill would end a training."""


def run(labels, checkpoint, kind, form, *, options, stop_after=None, valid=None):
    """Fit a small network with dropout and augmentation; `stop_after` ends it early, once."""

    def report(record):
        if record["epoch"] == stop_after:
            raise Killed

    samples = encode_samples(labels, ARCHITECTURES[kind], form=form, noise=0.5)
    held_out = encode_samples(valid or labels, ARCHITECTURES[kind], form=form)
    torch.manual_seed(0)
    network = ARCHITECTURES[kind].network(replace(SMALL[kind], form=form, dropout=0.1))
    network.standardise(samples.inputs, samples.target)
    try:
        history = fit_network(network, samples, held_out, options, checkpoint=checkpoint, report=report)
    except Killed:
        return run(labels, checkpoint, kind, form, options=options, valid=valid)
    return network.eval(), history, held_out


@each
def test_a_tiny_set_is_memorised(labels, tmp_path, kind, form):
    some = labels.select(np.arange(len(labels)) < 5)
    samples = encode_samples(some, ARCHITECTURES[kind], form=form)
    torch.manual_seed(0)
    network = ARCHITECTURES[kind].network(replace(SMALL[kind], form=form, dropout=0.0))
    network.standardise(samples.inputs, samples.target)
    options = FitOptions(epochs=150, batch_size=5, learning_rate=5e-3, weight_decay=0, ema=0.9)
    before = samples.error(network.eval())
    fit_network(network, samples, samples, options, checkpoint=tmp_path / "a.ckpt", report=lambda record: None)
    after = samples.error(network.eval())
    assert after < 0.05 * before
    assert after < (0.05 if form == "levels" else 0.01)


@each
def test_a_killed_training_ends_as_an_uninterrupted_one(labels, tmp_path, kind, form):
    options = FitOptions(epochs=7, batch_size=8, patience=5)
    whole, told, samples = run(labels, tmp_path / "whole.ckpt", kind, form, options=options)
    resumed, history, _ = run(labels, tmp_path / "killed.ckpt", kind, form, options=options, stop_after=6)
    assert [r["epoch"] for r in history] == list(range(1, 8))
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)
    assert samples.error(resumed) == samples.error(whole)
    assert min(r[samples.error_name] for r in told if samples.error_name in r) == pytest.approx(samples.error(whole))


def test_early_stopping_keeps_the_best_weights(labels, tmp_path):
    """Far too fast a rate: the error falls, then rises; the epochs after it are not run, and not gone on with."""
    train, valid = labels.select(np.arange(24) < 12), labels.select(np.arange(24) >= 12)
    options = FitOptions(epochs=400, batch_size=4, learning_rate=2e-2, ema=0.5, patience=20)
    path = tmp_path / "a.ckpt"
    network, history, held_out = run(train, path, "mlp", "levels", options=options, valid=valid)
    evaluated = {r["epoch"]: r["valid_rmse_ev"] for r in history if "valid_rmse_ev" in r}
    best = min(evaluated, key=evaluated.__getitem__)
    assert len(history) == best + 20 < 400
    assert evaluated[len(history)] > evaluated[best]
    assert held_out.error(network) == pytest.approx(evaluated[best], abs=1e-6)
    again, more, _ = run(train, path, "mlp", "levels", options=options, valid=valid)
    assert len(more) == len(history)
    assert held_out.error(again) == held_out.error(network)


def test_a_checkpoint_of_other_molecules_is_not_mixed_in(labels, tmp_path):
    options = FitOptions(epochs=1)
    run(labels, tmp_path / "a.ckpt", "mlp", "levels", options=options)
    with pytest.raises(ModelError, match="written for 24 molecules, not 23"):
        run(labels.select(np.arange(24) < 23), tmp_path / "a.ckpt", "mlp", "levels", options=options)


def test_only_molecules_with_a_band_and_room_are_trained_on(labels):
    table = load_labels(QM9_PBE).table
    without = LabelSet(table[(table["n_occupied"] - table["n_core"]) < N_BAND].reset_index(drop=True))
    assert len(without) > 0
    sulphur = labels.table.head(1).assign(numbers=[np.where(labels.table["numbers"][0] == 6, 16, 1)])
    both = LabelSet(pd.concat([labels.table, without.table, sulphur], ignore_index=True))
    assert len(encode_samples(both, ARCHITECTURES["mlp"], form="levels").sizes) == len(labels)
    with pytest.raises(InputError, match="needs molecules of H C N O F with a band of 16 levels, none of"):
        encode_samples(without, ARCHITECTURES["mlp"], form="levels")


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_augmentation_renumbers_atoms_and_nothing_else(labels, kind, rng):
    samples = encode_samples(labels, ARCHITECTURES[kind], form="levels", noise=0.5)
    rows = np.arange(6)
    shuffled, kept = samples.some_inputs(rows, rng), samples.some_inputs(rows)
    assert not torch.equal(shuffled, kept)
    eigenvalues = torch.linalg.eigvalsh(kept.double())
    torch.testing.assert_close(torch.linalg.eigvalsh(shuffled.double()), eigenvalues, rtol=0, atol=1e-4)
    torch.testing.assert_close(samples.inputs[:6], kept, rtol=0, atol=0)


def test_the_loss_on_spectra_is_the_metric(rng):
    predicted, reference = rng.random((4, 300)), rng.random((4, 300))
    loss = relative_spectral_errors(torch.from_numpy(predicted), torch.from_numpy(reference))
    np.testing.assert_allclose(loss.numpy(), rse(predicted, reference), rtol=1e-6)


def test_there_is_a_recipe_for_every_architecture_and_form():
    recipes = {key: recipe for key, recipe in find_recipes().items() if recipe.kind in ARCHITECTURES}
    assert set(recipes) == {f"{kind}_{form}" for kind in ("mlp", "cnn", "dtnn") for form in FORMS}
    assert recipes["cnn_spectrum"].name == "CNN, spectrum"
    for recipe in recipes.values():
        assert "{" not in recipe.domain


@each
def test_the_recipe_writes_what_it_trained(labels, tmp_path, kind, form):
    settings = replace(import_part(kind, "recipe").SETTINGS, config=SMALL[kind])
    told = []
    fitted = direct_recipes(kind, settings)[f"{kind}_{form}"].fit(
        labels.select(np.arange(24) < 16),
        labels.select(np.arange(24) >= 16),
        out=tmp_path / "out",
        work=tmp_path,
        options=TrainOptions(epochs=6),
        report=told.append,
    )
    network = load_network(tmp_path / "out" / NETWORK_FILE, ARCHITECTURES[kind].network)
    assert network.config.form == form
    assert fitted.n_parameters == sum(p.numel() for p in network.parameters())
    assert "{" not in fitted.architecture
    assert [r["epoch"] for r in told] == [r["epoch"] for r in fitted.history] == list(range(1, 7))
    error = encode_samples(labels.select(np.arange(24) >= 16), ARCHITECTURES[kind], form=form).error(network)
    name = "valid_rmse_ev" if form == "levels" else "valid_rse"
    assert error == pytest.approx(min(r[name] for r in fitted.history if name in r), rel=1e-4)


def test_a_network_learns_the_elements_of_its_labels(tmp_path):
    """Labels with sulphur make a network that takes it, and no other element more."""
    acids = load_labels(REFERENCE / "aa.parquet").split("train")
    some = acids.select(np.cumsum([16 in z for z in acids.table["numbers"]]) <= 20)
    some = some.select([levels.has_band for levels in some.levels()])
    recipe = find_recipes()["dtnn_levels"]
    recipe.fit(some, some, out=tmp_path, work=tmp_path, options=TrainOptions(epochs=1), report=lambda record: None)
    network = load_network(tmp_path / NETWORK_FILE, ARCHITECTURES["dtnn"].network)
    assert tuple(network.config.elements) == (1, 6, 7, 8, 16)
    methionine = next(g for g in some.geometries() if 16 in g.numbers)
    ARCHITECTURES["dtnn"].check(methionine, network.config.elements)
    with pytest.raises(DomainError, match="elements must be among H C N O, found S"):
        ARCHITECTURES["dtnn"].check(methionine, (1, 6, 7, 8))
