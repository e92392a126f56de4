"""The network of geometries: what it moves turns with the molecule, and nothing it does not know is moved.

Covers `core.models.geometry.network`, `core.models.geometry.correction`, `core.models.messages`.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.batch import collate
from core.models.geometry.correction import FARTHEST_MOVE_ANGSTROM, correct_ensembles, correct_geometries, move_atoms
from core.models.geometry.network import GeometryConfig, GeometryNetwork
from core.structure.embed import embed_geometry
from core.structure.ensemble import Ensemble
from core.structure.geometry import AS_GIVEN, FAST, FAST_LEARNT, XTB, XTB_LEARNT, Geometry, distance_matrix
from core.structure.molecule import parse_smiles
from core.structure.relax import relax_geometry


@pytest.fixture(scope="module")
def network() -> GeometryNetwork:
    """A network that moves atoms at random, as an untrained one does not."""
    torch.manual_seed(3)
    made = GeometryNetwork(GeometryConfig(n_features=16, n_layers=2, n_vectors=8)).eval().requires_grad_(False)
    for layer in (made.pushes.last, made.along):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return made


@pytest.fixture(scope="module")
def alanine() -> Geometry:
    return embed_geometry(parse_smiles("C[C@H](N)C(=O)O"))


def test_an_untrained_one_moves_nothing(alanine: Geometry) -> None:
    (moved,) = move_atoms([alanine], GeometryNetwork(GeometryConfig()).requires_grad_(False))
    np.testing.assert_array_equal(moved, alanine.positions)


def test_moves_turn_with_the_molecule_and_with_its_mirror_image(
    network: GeometryNetwork, alanine: Geometry, rng
) -> None:
    (moved,) = move_atoms([alanine], network)
    assert np.abs(moved - alanine.positions).max() > 0.01
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    for turn in (rotation, -rotation):
        turned = replace(alanine, positions=alanine.positions @ turn + [3.0, -2.0, 1.0])
        (again,) = move_atoms([turned], network)
        np.testing.assert_allclose(again, moved @ turn + [3.0, -2.0, 1.0], atol=2e-5)


def test_the_order_of_atoms_and_of_molecules_does_not_matter(network: GeometryNetwork, alanine: Geometry, rng) -> None:
    (moved,) = move_atoms([alanine], network)
    order = rng.permutation(alanine.n_atoms)
    shuffled = Geometry(alanine.numbers[order], alanine.positions[order])
    water = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
    beside = move_atoms([water, shuffled, alanine], network)
    np.testing.assert_allclose(beside[1], moved[order], atol=2e-5)
    np.testing.assert_allclose(beside[2], moved, atol=2e-5)


def test_padding_stays_where_it_is(network: GeometryNetwork, alanine: Geometry) -> None:
    water = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
    batch = collate([water, alanine])
    moves = network(batch).positions - batch.positions
    assert float(moves[0, 3:].abs().max()) == 0.0


def test_what_was_given_and_what_qm9_lacks_stays(alanine: Geometry) -> None:
    given = replace(alanine, origin=AS_GIVEN)
    thiol = embed_geometry(parse_smiles("CCS"))
    assert correct_geometries([given, thiol])[0] is given
    assert correct_geometries([given, thiol])[1] is thiol


def test_shipped_networks_bring_bonds_nearer_to_b3lyp() -> None:
    """C=O of acetone: 1.2090 Angstrom by B3LYP/6-31G(2df,p) (QM9), C-C 1.5185."""
    fast = embed_geometry(parse_smiles("CC(C)=O"))
    relaxed = replace(relax_geometry(fast)[0], origin=XTB)
    assert fast.origin == FAST
    moved = correct_geometries([fast, relaxed])
    assert [g.origin for g in moved] == [FAST_LEARNT, XTB_LEARNT]
    for before, after in zip((fast, relaxed), moved, strict=True):
        assert distance_matrix(after.positions)[1, 3] == pytest.approx(1.209, abs=0.004)
        assert distance_matrix(after.positions)[0, 1] == pytest.approx(1.5185, abs=0.006)
        assert np.linalg.norm(after.positions - before.positions, axis=1).max() < FARTHEST_MOVE_ANGSTROM


def test_conformers_are_moved_each_and_their_energies_stay() -> None:
    fast = embed_geometry(parse_smiles("CC(C)=O"))
    ensemble = Ensemble((fast, fast), np.array([0.0, 0.01]), np.array([1, 2]), lowest_ev=-3.0)
    (moved,) = correct_ensembles([ensemble])
    assert [g.origin for g in moved.geometries] == [FAST_LEARNT] * 2
    np.testing.assert_array_equal(moved.energies_ev, ensemble.energies_ev)
    assert moved.lowest_ev == -3.0
