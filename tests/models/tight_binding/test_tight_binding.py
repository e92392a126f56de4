import numpy as np
import pytest
import torch

from core.errors import ModelError
from core.models.batch import collate
from core.models.messages import make_pairs
from core.models.store import load_network, save_network
from core.models.tight_binding.network import (
    PAD_EV,
    TightBindingConfig,
    TightBindingNetwork,
    assemble,
    n_valence_levels,
)
from core.structure.geometry import Geometry


@pytest.fixture
def network():
    torch.manual_seed(3)
    return TightBindingNetwork(TightBindingConfig(n_features=16, n_layers=2, n_radial=12, n_vectors=4)).eval()


def test_hamiltonian_is_the_textbook_slater_koster_matrix(network, geometries):
    """Against a slow plain version, bond by bond, for one molecule."""
    batch = collate(geometries[5:6])
    pairs = make_pairs(batch, 6.5)
    n_pairs, n_atoms = len(pairs.distance), batch.numbers.shape[1]
    torch.manual_seed(1)
    symmetric, forward, backward = torch.randn(n_pairs, 3), torch.randn(n_pairs, 4), torch.randn(n_pairs, 4)
    hop = network.pair_blocks(symmetric, forward, backward, pairs)
    site = torch.zeros(n_atoms, 4, 4)
    got = assemble(batch.numbers, pairs, hop, site)[0][0].detach().numpy()
    orbitals = [(i, k) for i, z in enumerate(batch.numbers[0]) for k in range(4 if z > 1 else 1)]
    start = (network.hopping_ev * torch.exp((1.5 - pairs.distance[:, None]) / network.decay) * pairs.envelope).detach()
    wanted = np.zeros((len(orbitals), len(orbitals)))
    for p, (i, j) in enumerate(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)):
        u = pairs.unit[p].numpy()
        ss, sigma, pi = (symmetric[p] + start[p, :3]).numpy()
        s_p, p_s = float(forward[p, 0] + start[p, 3]), float(backward[p, 0] + start[p, 3])
        for a, (atom_a, k) in enumerate(orbitals):
            for b, (atom_b, m) in enumerate(orbitals):
                if (atom_a, atom_b) != (i, j):
                    continue
                if k == 0 and m == 0:
                    value = ss
                elif k == 0:
                    value = s_p * u[m - 1]
                elif m == 0:
                    value = -p_s * u[k - 1]
                else:
                    value = u[k - 1] * u[m - 1] * (sigma - pi) + (pi if k == m else 0.0)
                wanted[a, b] = wanted[b, a] = value
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_hamiltonian_is_symmetric_and_padding_is_far_away(network, geometries):
    hamiltonian, atoms, features = network(collate(geometries))
    torch.testing.assert_close(hamiltonian, hamiltonian.transpose(1, 2), atol=1e-5, rtol=0)
    assert features.shape == (len(geometries), max(g.n_atoms for g in geometries), 16)
    water = hamiltonian[0]
    assert (atoms[0] >= 0).sum() == 6
    torch.testing.assert_close(water[6:, 6:], PAD_EV * torch.eye(len(water) - 6))
    assert not water[:6, 6:].any()


def test_two_molecules_far_apart_have_the_union_of_their_levels(network, geometries):
    """Extensive by construction: nothing in a level knows of what is beyond the reach of its atoms."""
    first, second = geometries[3], geometries[5]
    far = second.positions + np.array([40.0, 0.0, 0.0])
    both = Geometry(np.concatenate([first.numbers, second.numbers]), np.concatenate([first.positions, far]))
    alone = [network.levels(collate([g]))[0][0] for g in (first, second)]
    together = network.levels(collate([both]))[0][0]
    torch.testing.assert_close(together, torch.cat(alone).sort().values, atol=1e-3, rtol=0)


def test_pairs_beyond_the_cutoff_are_left_out_and_change_nothing(network):
    """A stretched chain: pairs grow with its length, and those of a molecule beside it are that one's own."""
    chain = Geometry([6] * 40, np.arange(40)[:, None] * np.array([1.4, 0, 0]))
    ball = Geometry([6] * 40, np.random.default_rng(1).uniform(-4, 4, (40, 3)))
    alone, beside = collate([chain]), collate([chain, ball])
    assert len(make_pairs(alone, 6.5).first) == sum(40 - k for k in (1, 2, 3, 4))
    pairs = make_pairs(beside, 6.5)
    assert int((pairs.first < 40).sum()) == len(make_pairs(alone, 6.5).first)
    assert int((pairs.first >= 40).sum()) == len(make_pairs(collate([ball]), 6.5).first) > 500
    assert ((pairs.first < 40) == (pairs.second < 40)).all(), "no pair joins two molecules"
    torch.testing.assert_close(network.levels(alone)[0][0], network.levels(beside)[0][0], atol=1e-4, rtol=0)


def test_elements_are_those_of_the_configuration():
    config = TightBindingConfig(n_features=8, n_layers=1, n_radial=8, n_vectors=2, elements=(1, 6, 53))
    levels, n_occupied = TightBindingNetwork(config).levels(
        collate([Geometry([6, 53, 1, 1, 1], np.random.default_rng(0).normal(0, 1.5, (5, 3)))])
    )
    assert levels.shape == (1, 11)
    assert n_occupied.tolist() == [7]


def test_counting_electrons():
    numbers = torch.tensor([[8, 1, 1, 0], [6, 8, 8, 0], [7, 7, 0, 0], [1, 9, 0, 0]])
    assert n_valence_levels(numbers).tolist() == [4, 8, 5, 4]


def test_weights_survive_the_disk(network, geometries, tmp_path):
    path = tmp_path / "network.safetensors"
    save_network(network, path)
    again = load_network(path, TightBindingNetwork)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=0, rtol=0)
    # to float32's last digits: LAPACK's depend on where in memory a matrix lies
    pair = [n.levels(collate(geometries))[0] for n in (again, network)]
    torch.testing.assert_close(*pair, atol=2e-4, rtol=0)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match="no tight-binding network"):
        load_network(path, TightBindingNetwork)


def test_gradients_reach_every_weight(network, geometries):
    levels, _ = network.levels(collate(geometries))
    levels.square().mean().backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []
