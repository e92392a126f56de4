"""Conformers: a rigid molecule has one, mirror images have mirrored ones, and counts are those of textbooks."""

from dataclasses import replace

import numpy as np
import pytest
from rdkit import Chem

from core.structure.conformers import (
    SEARCH,
    THOROUGH,
    Comparison,
    Conformer,
    count_freedom,
    find_conformers,
    turn_proposals,
)
from core.structure.geometry import distance_matrix
from core.structure.molecule import parse_smiles
from core.structure.placed import check_placed


@pytest.mark.parametrize("smiles", ["c1ccccc1", "C1=CC2CC1C=C2", "C#C", "O=C1C=CC(=O)C=C1", "FC(F)(F)F"])
def test_a_rigid_molecule_has_one(smiles: str) -> None:
    ensemble = find_conformers(parse_smiles(smiles))
    assert len(ensemble) == 1
    assert ensemble.degeneracies.tolist() == [1]


def test_butane_is_anti_and_twice_gauche() -> None:
    ensemble = find_conformers(parse_smiles("CCCC"))
    assert ensemble.degeneracies.tolist() == [1, 2]
    assert 0.01 < ensemble.energies_ev[1] < 0.05  # 0.6 kcal/mol by experiment


def test_cyclohexanol_is_equatorial_and_axial() -> None:
    ensemble = find_conformers(parse_smiles("CC1CCCCC1"))
    assert len(ensemble) == 2
    assert ensemble.degeneracies.tolist() == [1, 1]  # both have a mirror plane
    assert 0.04 < ensemble.energies_ev[1] < 0.11  # 1.7 kcal/mol by experiment


def test_mirror_images_have_mirrored_conformers() -> None:
    left, right = (find_conformers(parse_smiles(s)) for s in ("C[C@@H](O)CC", "C[C@H](O)CC"))
    np.testing.assert_allclose(left.energies_ev, right.energies_ev, atol=1e-9)
    assert left.degeneracies.tolist() == right.degeneracies.tolist()
    for one, other in zip(left.geometries, right.geometries, strict=True):
        np.testing.assert_allclose(
            np.sort(distance_matrix(one.positions), axis=None), np.sort(distance_matrix(other.positions), axis=None)
        )
    assert check_placed(parse_smiles("C[C@H](O)CC").rdkit, right.geometries[0]).smiles == "CC[C@H](C)O"


def test_how_a_molecule_is_written_does_not_matter() -> None:
    one, other = (find_conformers(parse_smiles(s)) for s in ("OCC=O", "O=CCO"))
    np.testing.assert_allclose(one.energies_ev, other.energies_ev, atol=1e-9)


def test_conformers_are_sorted_within_the_window_and_few() -> None:
    ensemble = find_conformers(parse_smiles("OCC(O)CO"))
    assert len(ensemble) == SEARCH.most_kept
    assert ensemble.n_left_out > 0
    assert ensemble.energies_ev[0] == 0.0
    assert np.all(np.diff(ensemble.energies_ev) >= 0)
    assert ensemble.energies_ev[-1] <= SEARCH.window_ev


def test_a_thorough_search_finds_no_fewer() -> None:
    quick = find_conformers(parse_smiles("CC(C)CO"))
    wide = replace(THOROUGH, most_embedded=40, most_relaxed=20)
    thorough = find_conformers(parse_smiles("CC(C)CO"), wide)
    assert len(thorough) >= len(quick)
    assert thorough.lowest_ev <= quick.lowest_ev + 1e-4


def test_bonds_are_turned_where_only_one_geometry_is_known() -> None:
    butane = parse_smiles("CCCC")
    anti = find_conformers(butane).geometries[0]
    turned = turn_proposals(butane.rdkit, anti)
    different = Comparison(butane, SEARCH).merge(turned, window_ev=0.1)
    assert len(different) == 2


def test_like_atoms_are_exchanged_when_conformers_are_compared() -> None:
    molecule = parse_smiles("CC(C)O")
    (lowest, *_) = find_conformers(molecule).geometries
    comparison = Comparison(molecule, SEARCH)
    order = [2, 1, 0, 3, *range(4, lowest.n_atoms)]  # the two methyl carbons
    swapped = lowest.positions.copy()
    swapped[:4] = lowest.positions[order[:4]]
    assert comparison.is_same(Conformer(replace(lowest, positions=swapped), 0.0), Conformer(lowest, 0.0))
    assert not comparison.is_same(Conformer(lowest, 0.0), Conformer(lowest, 0.1))


def test_what_is_free_is_counted() -> None:
    assert count_freedom(Chem.MolFromSmiles("CC")) == (0, 0)
    assert count_freedom(Chem.MolFromSmiles("NCCO")) == (3, 0)
