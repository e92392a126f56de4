import numpy as np
import pytest

from core.errors import DomainError, EigenscopeError, GeometryError
from core.structure.domain import check_geometry
from core.structure.embed import embed_geometry
from core.structure.geometry import FAST, Geometry
from core.structure.molecule import parse_smiles
from core.structure.relax import XTB, relax_geometry

WATER = ([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])


def test_embedding_is_deterministic_and_says_where_it_comes_from():
    molecule = parse_smiles("C[C@H](N)C(=O)O")
    first, second = embed_geometry(molecule), embed_geometry(molecule)
    assert first.origin == FAST
    np.testing.assert_array_equal(first.positions, second.positions)
    check_geometry(first)


def test_relaxed_water_has_xtb_bond_length_and_lower_energy():
    start = Geometry(*WATER)
    relaxed, energy = relax_geometry(start)
    bonds = np.linalg.norm(relaxed.positions[1:] - relaxed.positions[0], axis=1)
    np.testing.assert_allclose(bonds, 0.959, atol=0.005)  # GFN2-xTB; experiment 0.958
    assert relaxed.origin == "as given + GFN2-xTB"
    assert energy < relax_geometry(start, fmax=10.0)[1] + 1e-9


def test_relaxing_an_embedded_molecule_names_the_whole_chain():
    assert relax_geometry(embed_geometry(parse_smiles("CO")))[0].origin == XTB


@pytest.mark.parametrize(("numbers", "positions", "error", "match"), [
    ([], np.zeros((0, 3)), GeometryError, "at least one atom"),
    ([35, 1], [[0, 0, 0], [0, 0, 1.4]], DomainError, "found Br"),
    ([8, 1, 1], [[0, 0, 0], [0, 0, np.nan], [0.93, 0, -0.24]], GeometryError, "atom 2 has"),
    ([8, 1], [[0, 0, 0], [0, 0, 0.97]], DomainError, "odd number of electrons"),
    ([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0, 0, 0.96]], GeometryError, "0.6 Angstrom apart, atoms 2 and 3"),
    ([8, 1, 1, 2], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24], [3, 0, 0]], DomainError, "found He"),
    ([8, 1, 1, 8, 1, 1], [*WATER[1], *(np.array(WATER[1]) + 5)], DomainError, "falls into 2"),
])  # fmt: skip
def test_geometries_that_cannot_be_asked_about(numbers, positions, error, match):
    with pytest.raises(error, match=match):
        check_geometry(Geometry(numbers, positions))


def test_atoms_and_positions_must_be_as_many():
    with pytest.raises(EigenscopeError, match="got 2 atoms, 1 positions"):
        Geometry([1, 1], [[0, 0, 0]])


def test_impossible_molecules_fail_with_a_sentence():
    with pytest.raises(GeometryError, match="no 3-D geometry"):
        embed_geometry(parse_smiles("[C@@]12(C)C[C@]1(C)[C@@]2(C)O"), max_iterations=1)
