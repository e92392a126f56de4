"""Delimited tables: columns found and chosen, broken rows kept.

Covers `core.readers.columns`.
"""

import pytest
from rdkit import Chem

from core.errors import InputError
from core.readers.sdf import read_sdf
from core.readers.tables import Columns, find_columns, parse_table, read_table, sniff_delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a\tb\n1\t2,5\n", "\t"),
        ("a;b\n1;2,5\n3;4,5\n", ";"),
        ("a|b\n1|2\n", "|"),
        ("CCO\nCC\n", None),
    ],
)
def test_sniff_delimiter(text: str, delimiter: str | None) -> None:
    assert sniff_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("text", "smiles", "identifier"),
    [
        ("id,smiles\n1,CCO\n", "smiles", "id"),
        ("Canonical_SMILES,Compound ID\nCCO,x\n", "Canonical_SMILES", "Compound ID"),
        ("canonical smiles,isomeric smiles\nCCO,CCO\n", "isomeric smiles", None),
        ("code,mol,logp\na1,CCO,0.1\na2,c1ccccc1,2.1\n", "mol", "code"),
        ("element,molecule text\nC,CCO\nN,CCN\n", "molecule text", None),
        ("name,logp\nfoo,1.0\n", None, "name"),
        ("structure,smi\nfig1.png,CCO\n", "smi", None),
        ("CCO,ethanol\nCC,ethane\n", "column 1", "column 2"),
        ("logp,smiles\n0.1,CC\n0.2,CCC\n", "smiles", None),
    ],
)
def test_columns_find_themselves(text: str, smiles: str | None, identifier: str | None) -> None:
    found = find_columns(parse_table(text))
    assert found.smiles == smiles
    if identifier is not None:
        assert found.id == identifier


def test_find_columns_lists_every_name_and_makes_them_unique() -> None:
    found = find_columns(parse_table("smiles,x,x,\nCCO,1,2,3\n"))
    assert found == Columns(("smiles", "x", "x (2)", "column 4"), "smiles", None)


def test_columns_can_be_chosen() -> None:
    table = parse_table("smiles,other,id,code\nCC,CCO,1,a\n")
    (entry,) = read_table(table, smiles_column="other", id_column="code")
    assert entry.molecule is not None
    assert (entry.molecule.smiles, entry.id) == ("CCO", "a")
    assert entry.properties == {"smiles": "CC", "other": "CCO", "id": "1"}
    (without,) = read_table(table, id_column="")
    assert without.id == "row 1"


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(InputError, match="column must be one of smiles, id, got 'SMILE'"):
        read_table(parse_table("smiles,id\nCC,1\n"), smiles_column="SMILE")


def test_an_unclosed_quote_costs_no_other_row() -> None:
    entries = read_table(parse_table('smiles,name\nCCO,"ethanol\nCC,ethane\nC,methane\n'))
    assert [e.id for e in entries] == ["ethanol", "ethane", "methane"]


def test_what_a_spreadsheet_could_not_compute_keeps_its_row() -> None:
    entries = read_table(parse_table("smiles,name\nCCO,a\n#N/A,c\n# a remark\nCN,d\n"))
    assert [(e.row, e.id, e.status) for e in entries] == [(1, "a", "ok"), (2, "c", "failed"), (3, "d", "ok")]


def test_quoted_cells_may_hold_delimiters_and_line_ends() -> None:
    entries = read_table(parse_table('smiles,name,note\nCCO,"ethanol, pure","two\nlines"\nCC,ethane,\n'))
    assert [e.id for e in entries] == ["ethanol, pure", "ethane"]
    assert entries[0].properties["note"] == "two\nlines"


def test_short_and_long_rows_are_answered() -> None:
    entries = read_table(parse_table("id,smiles,x\n1\n2,CC,3,4,5\n"))
    assert [(e.id, e.status) for e in entries] == [("1", "failed"), ("2", "ok")]
    assert entries[0].reason == "SMILES must not be empty"
    assert entries[1].properties == {"smiles": "CC"}
    assert entries[1].notes[0].startswith("5 cells where the header has 3, as a decimal comma makes them")


def test_a_decimal_comma_shifts_no_name_and_no_value() -> None:
    entries = read_table(parse_table("SMILES,IP,name\nCCO,10,48,ethanol\nCO,10.84,methanol\n"))
    assert [(e.id, e.properties.get("IP")) for e in entries] == [("row 1", None), ("methanol", "10.84")]


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("c1ccccc1C (=O)O", "a SMILES must hold no blank"),
        ("CCO CO", "a SMILES must hold no blank"),
        ("CCCC |Sg:n:1,2:n:ht|", "polymers, open places and mixtures of isomers cannot be read"),
        ("C[C@H](O)[C@H](F)Cl |&1:1,&2:3|", "polymers, open places and mixtures of isomers cannot be read"),
        ("CCO |$_AV:a;b;c$|", "CCO"),
        ("CCO ethanol", "CCO"),
    ],
)
def test_what_follows_a_smiles_in_its_cell_is_said(cell: str, outcome: str) -> None:
    entry = read_table(parse_table(f"id,SMILES\na,{cell!r}\n".replace("'", '"')))[0]
    if entry.molecule is None:
        assert outcome in entry.reason
    else:
        assert entry.molecule.smiles == outcome
        assert ("left out" in " ".join(entry.notes)) == (cell == "CCO ethanol")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("charge", "1", "total charge must be 0, found +1 under 'charge'"),
        ("Multiplicity", "3", "closed shells only, found multiplicity 3 under 'Multiplicity'"),
        ("charge", "0", ""),
        ("charge", "0.32", ""),
    ],
)
def test_charge_and_spin_of_a_column_count(name: str, value: str, reason: str) -> None:
    assert read_table(parse_table(f"SMILES,{name}\nCCO,{value}\n"))[0].reason == reason
    record = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")) + f"> <{name}>\n{value}\n\n$$$$\n"
    assert read_sdf(record)[0].reason == reason


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("smiles,id\n", "no rows beneath its header"),
        ("a,b\nhello,world\n", "no column reads as SMILES"),
        (",".join(["CC"] * 1_001), "at most 1,000 columns"),
    ],
)
def test_what_is_no_table(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_table(parse_table(text))
