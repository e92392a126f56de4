"""The one road into 3-D: what comes out is the molecule that was asked for, or says why not."""

import numpy as np
import pytest
from rdkit import Chem

from core.campaigns.jobs import LabelJob, place_job
from core.errors import EigenscopeError
from core.library.candidate import LibraryRecipe, make_candidates
from core.structure.domain import ENGINE_DOMAIN
from core.structure.entry import FAILED, OK, REFUSED, Entry
from core.structure.geometry import FAST, Geometry
from core.structure.molecule import parse_smiles
from core.structure.place import (
    PLACEMENTS,
    Placement,
    place_conformers,
    place_entries,
    place_entry,
    place_molecule,
    placement_of,
)
from core.structure.placed import PlacementError, Stage, check_placed

ZWITTERION = "[NH3+]CC(=O)[O-]"  # GFN2-xTB in vacuum hands a proton over: glycine, another molecule
FAST_PLACEMENT = Placement(relax=False)
QUICK = Placement(relax=False, n_conformers=1)


def job(smiles: str) -> LabelJob:
    return LabelJob("x", -1, "file", "file", smiles, np.zeros(0, int), np.zeros((0, 3)))


def test_a_molecule_that_becomes_another_is_refused_on_every_road() -> None:
    molecule = parse_smiles(ZWITTERION)
    with pytest.raises(PlacementError, match="bonding changed") as caught:
        place_molecule(molecule, Placement())
    assert caught.value.stage == Stage.BONDING_CHANGED
    predicted = place_entry(Entry(1, "x", molecule), PLACEMENTS["xtb"])
    assert (predicted.status, "bonding changed" in predicted.reason) == (FAILED, True)
    (candidate,) = make_candidates(Entry(1, "x", molecule), LibraryRecipe())
    assert candidate.outcome == "bonding changed"
    with pytest.raises(PlacementError, match="bonding changed"):
        place_job(job(ZWITTERION))


def test_labels_get_the_rescue_that_predictions_get() -> None:
    cage = "CC(=O)C1(O)C2CC1C2"  # distance geometry turns it down
    geometry, kind = place_job(job(cage))
    placed = place_molecule(parse_smiles(cage), Placement())
    np.testing.assert_array_equal(geometry.positions, placed.geometry.positions)
    assert kind == placed.geometry.origin


def test_open_stereochemistry_is_seen_in_what_was_made() -> None:
    placed = place_molecule(parse_smiles("CC(O)F"), FAST_PLACEMENT)
    assert "@" in placed.seen.smiles
    assert placed.geometry.origin == FAST
    assert placed.energy_ev is None


def test_another_domain_takes_what_the_first_refused() -> None:
    entry = place_entry(Entry(1, "x", parse_smiles("C" * 90)), QUICK)
    assert (entry.status, entry.geometry) == (REFUSED, None)
    assert entry.reason == "at most 250 atoms, found 272"
    placed = place_entry(entry, QUICK, ENGINE_DOMAIN)
    assert (placed.status, placed.reason) == (OK, "")
    assert placed.geometry is not None


def test_what_could_not_be_read_stays_so_in_every_domain() -> None:
    broken = Entry(1, "x", status=FAILED, reason="SMILES cannot be read")
    assert place_entry(broken, FAST_PLACEMENT, ENGINE_DOMAIN) is broken
    periodic = Entry(1, "x", status=REFUSED, reason="isolated molecules only")
    assert place_entry(periodic, FAST_PLACEMENT, ENGINE_DOMAIN) is periodic


def test_a_given_geometry_is_kept_and_none_is_made_as_is() -> None:
    water = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])
    assert place_entry(Entry(1, "x", parse_smiles("O"), water), PLACEMENTS["xtb"]).geometry is water
    refused = place_entry(Entry(1, "x", parse_smiles("O")), PLACEMENTS["as-is"])
    assert (refused.status, "makes none" in refused.reason) == (REFUSED, True)


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(EigenscopeError, match="one of xtb, fast, as-is, got 'slow'"):
        placement_of("slow")


def test_a_geometry_made_for_another_molecule_does_not_pass() -> None:
    propanol = place_molecule(parse_smiles("CCCO"), FAST_PLACEMENT).geometry
    assert check_placed(parse_smiles("CCCO").rdkit, propanol).smiles == "CCCO"
    with pytest.raises(PlacementError, match="bonding changed"):
        check_placed(parse_smiles("CC(C)O").rdkit, propanol)


def test_conformers_differ_and_are_the_molecule() -> None:
    graph = Chem.MolFromSmiles("OCCCO")
    found = place_conformers(graph, n_conformers=8, seed=1, prune_angstrom=0.3)
    assert len(found) > 2
    for geometry in found:
        assert check_placed(graph, geometry).smiles == "OCCCO"
    assert place_conformers(Chem.MolFromSmiles("*C"), n_conformers=2, seed=1, prune_angstrom=0.3) == []


@pytest.mark.parametrize("n", [2, 7])
def test_order_and_number_do_not_depend_on_worker_processes(n: int) -> None:
    entries = [Entry(k, f"m{k}", parse_smiles("C" * k)) for k in range(1, n + 1)]
    placed = list(place_entries(entries, FAST_PLACEMENT))
    assert [e.id for e in placed] == [e.id for e in entries]
    assert [e.status for e in placed] == [OK] * n
