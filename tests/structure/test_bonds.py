"""Radii and ratios of distances; the drawing's, the reader's and the checks' bonds are one table's."""

import numpy as np
import pytest
from rdkit import Chem

from core.errors import GeometryError
from core.structure.bonds import (
    FRAGMENT_BOND,
    LONGEST_BOND,
    SEEN_BOND,
    bond_ratios,
    bonded_pairs,
    check_bonding,
    covalent_radii,
    radius_sums,
)
from core.structure.domain import are_connected
from core.structure.embed import embed_geometry
from core.structure.entry import Entry
from core.structure.geometry import XTB, XTB_UFF, Geometry, distance_matrix
from core.structure.molecule import parse_smiles
from core.structure.place import place_entry, placement_of
from core.structure.relax import relax_geometry


def test_radii_are_rdkits_for_every_element():
    numbers = np.arange(1, 119)
    table = Chem.GetPeriodicTable()
    np.testing.assert_array_equal(covalent_radii(numbers), [table.GetRcovalent(int(z)) for z in numbers])


def test_ratios_are_distances_over_sums():
    numbers, positions = np.array([6, 1, 8]), np.array([[0, 0, 0], [0, 0, 1.07], [1.42, 0, 0]])
    ratios = bond_ratios(numbers, positions)
    assert np.isinf(ratios.diagonal()).all()
    np.testing.assert_array_equal(ratios, ratios.T)
    assert ratios[0, 1] == pytest.approx(1.07 / (0.76 + 0.31))
    assert ratios[0, 2] == pytest.approx(1.0)
    np.testing.assert_array_equal(radius_sums(np.stack([numbers, numbers]))[1], radius_sums(numbers))


@pytest.mark.parametrize("smiles", ["CCO", "C1CC2CC1C2", "FC#CC(=O)N", "c1ccoc1"])
def test_bonds_seen_are_the_molecules_own(smiles):
    molecule = parse_smiles(smiles)
    geometry = embed_geometry(molecule)
    own = Chem.AddHs(molecule.rdkit)
    bonds = sorted(tuple(sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx()))) for b in own.GetBonds())
    for within in (SEEN_BOND, LONGEST_BOND):
        assert bonded_pairs(geometry.numbers, geometry.positions, within=within) == bonds
    check_bonding(molecule.rdkit, geometry)


@pytest.mark.parametrize(
    ("length", "what", "n_fragments"), [(1.9, None, 1), (1.95, "broke", 1), (2.12, "broke", 1), (2.13, "broke", 2)]
)
def test_a_stretched_bond_first_breaks_and_then_falls_apart(length, what, n_fragments):
    molecule = parse_smiles("CC")
    relaxed = embed_geometry(molecule)
    axis = relaxed.positions[1] - relaxed.positions[0]
    moved = np.array([0, 1, 0, 0, 0, 1, 1, 1])[:, None] * axis * (length / np.linalg.norm(axis) - 1)
    geometry = Geometry(relaxed.numbers, relaxed.positions + moved)
    (is_one,) = are_connected(geometry.numbers[None], distance_matrix(geometry.positions)[None])
    assert is_one == (n_fragments == 1)
    assert (length > FRAGMENT_BOND * 1.52) == (n_fragments == 2)
    if what is None:
        check_bonding(molecule.rdkit, geometry)
    else:
        with pytest.raises(GeometryError, match=rf"C1-C2 broke \({length:.2f} Angstrom\)"):
            check_bonding(molecule.rdkit, geometry)


def test_changed_bonding_is_seen():
    molecule = parse_smiles("CO")
    geometry = embed_geometry(molecule)
    check_bonding(molecule.rdkit, geometry)
    stretched = geometry.positions.copy()
    stretched[1] += 3 * (stretched[1] - stretched[0])  # oxygen away from carbon, its hydrogen left behind
    with pytest.raises(GeometryError, match="broke"):
        check_bonding(molecule.rdkit, Geometry(geometry.numbers, stretched))
    close = geometry.positions.copy()
    close[3] = close[2] + [0.5, 0, 0]  # two hydrogens of the methyl on top of each other
    with pytest.raises(GeometryError, match=r"broke|formed"):
        check_bonding(molecule.rdkit, Geometry(geometry.numbers, close))


def test_short_gaps_of_real_cages_are_no_bonds():
    """Bicyclo[1.1.1]pentane: the bridgeheads are 1.87 Angstrom apart (Levin et al., Chem. Rev. 2000, 100, 169)."""
    molecule = parse_smiles("C12CC(C1)C2")
    geometry, _ = relax_geometry(embed_geometry(molecule))
    first, second = (atom.GetIdx() for atom in molecule.rdkit.GetAtoms() if atom.GetDegree() == 3)
    assert np.linalg.norm(geometry.positions[first] - geometry.positions[second]) == pytest.approx(1.87, abs=0.05)
    check_bonding(molecule.rdkit, geometry)


@pytest.mark.parametrize(
    ("smiles", "bond"), [("CN=C=S", "C3-S4"), ("N#N", "N1-N2"), ("CC#[N+][O-]", "C2-N3"), ("O=C=O", "O1-C2")]
)
def test_multiple_bonds_that_the_force_field_does_not_know_are_said(smiles, bond):
    placed = place_entry(Entry(1, "a", parse_smiles(smiles)), placement_of("fast"))
    assert any(f"does not know a bond: {bond} is " in note for note in placed.notes)


@pytest.mark.parametrize(
    "smiles", ["C=O", "CC#N", "CP(C)(C)=S", "CS(C)(=O)=O", "CC(=S)N", "C[N+](=O)[O-]", "CN=[N+]=[N-]", "c1ccccc1"]
)
def test_multiple_bonds_that_it_knows_are_not(smiles):
    placed = place_entry(Entry(1, "a", parse_smiles(smiles)), placement_of("fast"))
    assert not any("does not know a bond" in note for note in placed.notes)


def test_a_bond_that_gfn2_xtb_relaxed_is_not_called_the_force_field_s():
    ozone = Entry(1, "ozone", parse_smiles("[O-][O+]=O"))
    fast, relaxed = (place_entry(ozone, placement_of(geometry)) for geometry in ("fast", "xtb"))
    assert any("does not know a bond" in note for note in fast.notes)
    assert relaxed.geometry.origin in (XTB, XTB_UFF)
    assert not any("does not know a bond" in note for note in relaxed.notes)
