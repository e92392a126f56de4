"""SMILES and InChI lists."""

import pytest

from core.errors import InputError
from core.readers.lines import read_lines, split_line


@pytest.mark.parametrize(
    ("line", "structure", "rest"),
    [
        ("CCO", "CCO", ""),
        ("CCO ethyl alcohol", "CCO", "ethyl alcohol"),
        ("CCO\tethanol", "CCO", "ethanol"),
        ("CCO,ethanol", "CCO", "ethanol"),
        ("CCO; ethanol", "CCO", "ethanol"),
        ("C[C@H](O)F |o1:1| one of two", "C[C@H](O)F |o1:1|", "one of two"),
        ("InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3 ethanol", "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3", "ethanol"),
    ],
)
def test_split_line(line: str, structure: str, rest: str) -> None:
    assert split_line(line) == (structure, rest)


def test_order_names_and_rows_are_kept_and_empty_lines_are_no_records() -> None:
    entries = read_lines("CCO ethanol\n\n# a comment\nC1CC broken\r\nCC\n")
    assert [(e.row, e.id, e.status) for e in entries] == [
        (1, "ethanol", "ok"),
        (2, "broken", "failed"),
        (3, "row 3", "ok"),
    ]
    assert entries[0].molecule is not None
    assert entries[0].molecule.smiles == "CCO"


def test_a_header_line_is_no_record() -> None:
    assert [e.id for e in read_lines("SMILES Name\nCCO ethanol")] == ["ethanol"]


def test_further_tab_fields_become_properties() -> None:
    assert read_lines("CCO\tethanol\t46.07")[0].properties == {"field 3": "46.07"}


def test_every_line_of_typed_text_is_answered_where_a_file_of_prose_is_refused() -> None:
    prose = "\n".join(["This is a letter, dear reader."] * 5)
    assert {e.status for e in read_lines(prose, may_be_prose=False)} == {"failed"}
    with pytest.raises(InputError, match="not one of 5 lines is a SMILES"):
        read_lines(prose)


def test_nothing_but_comments() -> None:
    with pytest.raises(InputError, match="no line holds a SMILES"):
        read_lines("# only\n\n# comments\n")
