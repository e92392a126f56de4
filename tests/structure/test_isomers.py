"""Stereoisomers as inputs of their own: none is lost, none is made where all is told."""

from core.structure.entry import FAILED, Entry
from core.structure.isomers import INPUT_ROW, ISOMER_OF, MOST_ISOMERS, expand_isomers
from core.structure.molecule import parse_smiles


def test_what_is_open_is_taken_apart_and_rows_are_counted_anew() -> None:
    entries = [Entry(1, "a", parse_smiles("CC=CC")), Entry(2, "b", parse_smiles("CCO")), Entry(3, "c", status=FAILED)]
    expanded = expand_isomers(entries)
    assert [e.row for e in expanded] == [1, 2, 3, 4]
    assert [e.id for e in expanded] == ["a 1 of 2", "a 2 of 2", "b", "c"]
    assert expanded[0].properties[ISOMER_OF] == expanded[1].properties[ISOMER_OF] == "CC=CC"
    assert ISOMER_OF not in expanded[2].properties
    assert [e.properties[INPUT_ROW] for e in expanded] == ["1", "1", "2", "3"]
    assert INPUT_ROW not in expand_isomers(entries[1:])[0].properties


def test_mirror_images_are_one() -> None:
    (only,) = expand_isomers([Entry(1, "a", parse_smiles("CC(O)CC"))])
    assert only.id == "a"
    assert "@" in only.molecule.smiles


def test_too_many_stay_one_and_say_so() -> None:
    sugar = parse_smiles("OC(C(O)C(O)C(O)C(F)Cl)C(O)C(O)C(F)Br")
    (kept,) = expand_isomers([Entry(1, "a", sugar)])
    assert kept.molecule is sugar
    assert f"at most {MOST_ISOMERS}" in kept.notes[-1]
