import numpy as np

from core.predict import predict_entries
from core.structure import place
from core.structure.duplicates import first_places
from core.structure.entry import OK, REFUSED, Entry
from core.structure.geometry import Geometry
from core.structure.molecule import parse_smiles
from core.structure.place import place_molecule

WATER = Geometry([8, 1, 1], [[0, 0, 0], [0, 0, 0.96], [0.93, 0, -0.24]])


def entries_of(*smiles: str) -> list[Entry]:
    return [Entry(k, f"m{k}", parse_smiles(s), notes=(f"own {k}",)) for k, s in enumerate(smiles, start=1)]


def test_the_same_is_what_has_the_same_smiles_and_no_geometry() -> None:
    entries = entries_of("OCC", "C", "C(O)C", "C[SeH]", "C[SeH]")
    entries += [Entry(6, "a", parse_smiles("O"), WATER), Entry(7, "b", parse_smiles("O"), WATER)]
    refused = [e.within(place.MODEL_DOMAIN) for e in entries]
    assert [e.status for e in refused[3:5]] == [REFUSED, REFUSED]
    assert first_places(refused) == [0, 1, 0, 3, 4, 5, 6]


def test_tautomers_share_an_inchikey_and_are_two_molecules() -> None:
    entries = entries_of("O=c1cccc[nH]1", "Oc1ccccn1")
    assert len({e.molecule.inchikey for e in entries if e.molecule}) == 1
    assert first_places(entries) == [0, 1]


def test_rows_of_one_molecule_are_computed_once_and_say_so(model, monkeypatch) -> None:
    made = []

    def count(molecule, placement):
        made.append(molecule.smiles)
        return place_molecule(molecule, placement)

    monkeypatch.setattr(place, "place_molecule", count)
    seen = []
    entries = entries_of("OCC", "C=O", "CCO", "C(O)C")
    table = predict_entries(entries, model, geometry="fast", progress=lambda done, total: seen.append((done, total)))
    assert made == ["CCO", "C=O"]
    assert seen == [(3, 4), (4, 4)]
    assert table["status"].tolist() == [OK] * 4
    assert table["id"].tolist() == ["m1", "m2", "m3", "m4"]
    again = "the same molecule as row 1, computed once"
    assert table["note"].tolist() == ["own 1", "own 2", f"own 3; {again}", f"own 4; {again}"]
    for k in (2, 3):
        np.testing.assert_array_equal(table["positions"][k], table["positions"][0])
        np.testing.assert_allclose(table["levels_ev"][k], table["levels_ev"][0], atol=1e-4)


def test_what_becomes_of_the_first_becomes_of_the_others(model) -> None:
    table = predict_entries(entries_of("CO", "OC"), model, geometry="as-is")
    assert table["status"].tolist() == [REFUSED] * 2
    assert table["reason"][0] == table["reason"][1]
    assert table["note"].tolist() == ["own 1", "own 2"], "nothing was computed"
