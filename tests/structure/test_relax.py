import numpy as np

from core.structure.embed import embed_geometry
from core.structure.geometry import XTB, Geometry
from core.structure.molecule import parse_smiles
from core.structure.relax import model_hessian, relax_geometry

WATER = ([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])


def test_model_hessian_is_symmetric_positive_and_turns_with_the_molecule():
    geometry = embed_geometry(parse_smiles("OC1CC2OC2C1"))
    hessian = model_hessian(geometry)
    assert np.allclose(hessian, hessian.T)
    assert np.linalg.eigvalsh(hessian).min() > 0
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned = model_hessian(Geometry(geometry.numbers, geometry.positions @ turn.T))
    big = np.kron(np.eye(geometry.n_atoms), turn)
    assert np.allclose(turned, big @ hessian @ big.T)


def test_relaxed_water_has_xtb_bond_length_and_lower_energy():
    start = Geometry(*WATER)
    relaxed, energy = relax_geometry(start)
    bonds = np.linalg.norm(relaxed.positions[1:] - relaxed.positions[0], axis=1)
    np.testing.assert_allclose(bonds, 0.959, atol=0.005)  # GFN2-xTB; experiment 0.958
    assert relaxed.origin == "as given + GFN2-xTB"
    assert energy < relax_geometry(start, fmax=10.0)[1] + 1e-9


def test_relaxing_an_embedded_molecule_names_the_whole_chain():
    assert relax_geometry(embed_geometry(parse_smiles("CO")))[0].origin == XTB
