"""Perceptron, convolutional and deep tensor network, each on levels and on spectra."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.assets import MODELS
from core.errors import DomainError, ModelError
from core.models.batch import collate
from core.models.card import CARD
from core.models.cnn.network import ConvolutionalConfig, ConvolutionalNetwork
from core.models.direct.learner import DIRECT_CPU_BATCH, DirectSpectra
from core.models.direct.matrices import encode_matrices
from core.models.dtnn.network import DeepTensorConfig
from core.models.mlp.network import PerceptronConfig, PerceptronNetwork
from core.models.registry import import_part, load_folder
from core.models.store import NETWORK_FILE, load_network, save_network
from core.spectrum.broaden import GRID_EV
from core.spectrum.levels import N_BAND
from core.structure.embed import embed_geometry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles

CONFIGS = {
    "mlp": PerceptronConfig(n_hidden=16, n_layers=2),
    "cnn": ConvolutionalConfig(n_channels=2, n_hidden=16),
    "dtnn": DeepTensorConfig(n_features=16, n_factors=8, n_radial=12, n_hidden=16, n_heads=4),
}
ARCHITECTURES = {kind: import_part(kind, "learner").ARCHITECTURE for kind in CONFIGS}
FORMS = ("levels", "spectrum")
each = pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind in ARCHITECTURES for form in FORMS])


@pytest.fixture(scope="module")
def with_band() -> list[Geometry]:
    """Molecules that is within every network's domain."""
    return [embed_geometry(parse_smiles(s)) for s in ("C[C@H](N)C(=O)O", "Fc1ccccc1", "O=CC1CCCCC1=O", "N#CC1CC1C=O")]


def make_network(kind, form):
    """Return a network with random weights, its outputs where those of molecules are."""
    torch.manual_seed(3)
    config = type(CONFIGS[kind])(**(vars(CONFIGS[kind]) | {"form": form}))
    network = ARCHITECTURES[kind].network(config)
    centre, width = (-10.0, 3.0) if form == "levels" else (0.1, 0.5)
    network.answer.standardise(centre + width * torch.randn(20, network.answer.mean.numel()))
    return network.eval()


@pytest.fixture
def make_learner(tmp_path):
    """Return a function that writes a learner with random weights and loads it."""

    def make(kind, form):
        folder = tmp_path / f"{kind}_{form}"
        save_network(make_network(kind, form), folder / NETWORK_FILE)
        card = json.loads((MODELS / "tight_binding" / CARD).read_text()) | {"weights": {}}
        (folder / CARD).write_text(json.dumps(card | {"key": folder.name, "kind": kind, "form": form}))
        return load_folder(folder, device="cpu")

    return make


@each
def test_predictions_have_their_shape_and_sense(make_learner, with_band, kind, form):
    learner = make_learner(kind, form)
    spectra = learner.predict_spectra(with_band)
    assert spectra.shape == (len(with_band), len(GRID_EV))
    assert (spectra >= 0).all()
    assert len(learner.features(with_band)) == len(with_band)
    if form == "spectrum":
        assert not hasattr(learner, "predict_levels")
        assert spectra.min() == 0, "the untrained network would go below zero"
        return
    for levels in learner.predict_levels(with_band, weights=True):
        assert levels.valence_ev.shape == (N_BAND,)
        assert (np.diff(levels.valence_ev) >= 0).all()
        assert np.isnan(levels.lumo_ev)
        assert levels.atom_weights is None


@each
def test_predictions_come_in_the_order_of_the_geometries(make_learner, with_band, rng, kind, form):
    learner = make_learner(kind, form)
    order = rng.permutation(np.repeat(np.arange(len(with_band)), 2 * DIRECT_CPU_BATCH // len(with_band)))
    many = learner.predict_spectra([with_band[k] for k in order])
    np.testing.assert_allclose(many, learner.predict_spectra(with_band)[order], atol=1e-4)


@each
def test_weights_survive_the_disk(tmp_path, with_band, kind, form):
    network, path = make_network(kind, form), tmp_path / NETWORK_FILE
    save_network(network, path)
    inputs = ARCHITECTURES[kind].encode(with_band)
    torch.testing.assert_close(load_network(path, ARCHITECTURES[kind].network)(inputs), network(inputs), rtol=0, atol=0)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match=r"is no (.*network|multilayer perceptron)"):
        load_network(path, ARCHITECTURES[kind].network)


@each
def test_what_was_not_trained_on_is_refused(make_learner, kind, form):
    """A tenth heavy atom lies on a row of the matrix that was a hydrogen's in training: only the DTNN may be used."""
    learner = make_learner(kind, form)
    naphthalene = embed_geometry(parse_smiles("c1ccc2ccccc2c1"))
    if kind == "dtnn":
        learner.check(naphthalene)
    else:
        with pytest.raises(DomainError, match="at most 9 heavy atoms, as in the training molecules, C10H8 has 10"):
            learner.check(naphthalene)
    sulphur = Geometry(np.where(naphthalene.numbers == 6, 16, naphthalene.numbers), naphthalene.positions)
    with pytest.raises(DomainError, match="elements must be among H C N O F, found S"):
        learner.check(sulphur)


def test_another_architectures_file_is_refused(tmp_path):
    save_network(make_network("mlp", "levels"), tmp_path / NETWORK_FILE)
    with pytest.raises(ModelError, match="is no convolutional network"):
        load_network(tmp_path / NETWORK_FILE, ConvolutionalNetwork)


@each
def test_gradients_reach_every_weight(with_band, kind, form):
    network = make_network(kind, form).train()
    network(ARCHITECTURES[kind].encode(with_band))[0].square().mean().backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


@each
def test_molecules_without_a_band_are_refused(make_learner, kind, form):
    methane = embed_geometry(parse_smiles("C"))
    with pytest.raises(DomainError, match="a band needs 16 valence levels, CH4 has 4"):
        make_learner(kind, form).check(methane)


@each
def test_only_fixed_sizes_refuse_large_molecules(make_learner, kind, form):
    decane = embed_geometry(parse_smiles("CCCCCCCCCC"))  # 32 atoms
    learner = make_learner(kind, form)
    if kind == "dtnn":
        learner.check(decane)
        assert np.isfinite(learner.predict_spectra([decane])).all()
        return
    with pytest.raises(DomainError, match="at most 29 atoms, hydrogens included, found 32"):
        learner.check(decane)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_inputs_are_standardised_over_the_training_molecules(with_band, kind):
    network = make_network(kind, "levels")
    matrices = encode_matrices(with_band)
    network.standardise(matrices, torch.randn(len(with_band), N_BAND))
    assert network.mean.shape == network.scale.shape
    seen = network.triangle(matrices) if isinstance(network, PerceptronNetwork) else matrices
    varies = seen.std(0, correction=0) > 0.2
    scaled = ((seen - network.mean) / network.scale)[:, varies]
    torch.testing.assert_close(scaled.mean(0), torch.zeros_like(scaled[0]), rtol=0, atol=1e-4)
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones_like(scaled[0]), rtol=0, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_the_deep_tensor_network_does_not_grow_with_size(with_band, form):
    """Two copies out of each other's sight are predicted as one is, and so are three: nothing is summed over the atoms."""
    network = make_network("dtnn", form)
    for g in with_band:
        shift = np.array([np.ptp(g.positions[:, 0]) + network.config.cutoff, 0, 0])
        copies = [
            Geometry(np.tile(g.numbers, n), np.concatenate([g.positions + k * shift for k in range(n)]))
            for n in (1, 2, 3)
        ]
        outputs, pooled = network(collate(copies))
        torch.testing.assert_close(outputs, outputs[:1].expand(3, -1), rtol=0, atol=1e-4)
        torch.testing.assert_close(pooled, pooled[:1].expand(3, -1), rtol=0, atol=1e-4)


def test_the_deep_tensor_networks_message_is_the_papers(with_band):
    """Against a slow plain version of Schuett et al. 2017, equation 6, atom by atom, with the cutoff's envelope."""
    network = make_network("dtnn", "levels").double()
    batch = collate(with_band[:1])
    positions, real = batch.positions.double(), batch.numbers > 0
    atoms = network.embedding(batch.numbers)
    refine = network.passes[0]
    weights = {k: v.detach().numpy() for k, v in refine.named_parameters()}
    source = atoms[0].detach().numpy() @ weights["source.weight"].T + weights["source.bias"]
    wanted = atoms[0].detach().numpy().copy()
    centres = np.linspace(0.5, 6.5, network.config.n_radial)
    for i, a in enumerate(positions[0].numpy()):
        for j, b in enumerate(positions[0].numpy()):
            distance = np.linalg.norm(a - b)
            if i == j or distance >= 6.5:
                continue
            gaussians = np.exp(-0.5 * ((distance - centres) / (centres[1] - centres[0])) ** 2)
            envelope = 0.5 * (np.cos(np.pi * distance / 6.5) + 1)
            filtered = weights["filter.weight"] @ (np.append(gaussians, 1.0) * envelope)
            wanted[i] += np.tanh(weights["combine.weight"] @ (source[j] * filtered))
    got = refine(atoms, network.radial_basis(positions, real))[0].detach().numpy()
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_padding_takes_no_part(with_band):
    network = make_network("dtnn", "levels")
    together = network(collate(with_band))[0]
    for k, g in enumerate(with_band):
        torch.testing.assert_close(network(collate([g]))[0][0], together[k], rtol=0, atol=1e-4)


def test_no_pickle_and_small(make_learner):
    learner = make_learner("mlp", "levels")
    assert isinstance(learner, DirectSpectra)
    assert set(load_file(learner.folder / NETWORK_FILE)) == set(learner.network.state_dict())
