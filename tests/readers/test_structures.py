"""read_structures, detect_columns and entries_from_text: formats by content, limits, the shipped examples."""

from pathlib import Path

import pytest
from rdkit import Chem

from core.errors import InputError
from core.readers import records
from core.readers.structures import LIMITS, detect_columns, entries_from_text, read_structures, sniff_format

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
ETHANOL_MOL = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
WATER_XYZ = "3\nwater\nO 0 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n"


@pytest.mark.parametrize(
    ("name", "n", "n_geometries"),
    [
        ("molecules.smi", 6, 0),
        ("molecules.csv", 6, 0),
        ("molecules.inchi", 3, 0),
        ("molecules.sdf", 5, 4),
        ("molecules.extxyz", 4, 4),
    ],
)
def test_shipped_examples(name: str, n: int, n_geometries: int) -> None:
    entries = read_structures((EXAMPLES / name).read_bytes(), name)
    assert [e.row for e in entries] == list(range(1, n + 1))
    assert {e.status for e in entries} == {"ok"}
    assert all(e.molecule is not None for e in entries)
    assert sum(e.geometry is not None for e in entries) == n_geometries


@pytest.mark.parametrize(
    "extension", ["smi", "txt", "csv", "tsv", "sdf", "mol", "xyz", "extxyz", "inchi", "parquet", ""]
)
@pytest.mark.parametrize(
    "text", ["CCO\nCC\n", "id,smiles\n1,CCO\n", Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")), WATER_XYZ]
)
def test_the_content_decides_whatever_the_extension_says(text: str, extension: str) -> None:
    entries = read_structures(text.encode(), f"x.{extension}")
    assert {e.status for e in entries} == {"ok"}
    assert len(entries) == (2 if text == "CCO\nCC\n" else 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str) -> None:
    text = newline.join(["smiles,name", "CCO,Äthanol", "CC,éthane", ""])
    assert [e.id for e in read_structures(text.encode(encoding), "x.csv")] == ["Äthanol", "éthane"]


def test_detect_columns_is_empty_for_what_is_no_table() -> None:
    assert detect_columns(b"CCO ethanol\n", "x.smi").names == ()
    assert detect_columns(b"code;SMILES\na;CCO\n", "x.csv").smiles == "SMILES"


@pytest.mark.parametrize(
    ("text", "smiles"),
    [
        ("CCO ethanol", ["CCO"]),
        ("InChI=1S/CH4/h1H4", ["C"]),
        ("CCO\nnonsense\nC", ["CCO", None, "C"]),
        (Chem.MolToMolBlock(Chem.MolFromSmiles("CCN")), ["CCN"]),
        (WATER_XYZ, ["O"]),
        ("name,smiles\nethanol,CCO", ["CCO"]),
    ],
)
def test_entries_from_text(text: str, smiles: list[str | None]) -> None:
    assert [e.molecule.smiles if e.molecule else None for e in entries_from_text(text)] == smiles


@pytest.mark.parametrize("text", ["", "  \n\t\n"])
def test_no_text(text: str) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        entries_from_text(text)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="at most 3 rows, this one holds 4"):
        read_structures(b"C\n" * 4, "x.smi")
    with pytest.raises(InputError, match=r"at most 20 MB, this one has 20\.0 MB"):
        read_structures(b"C\n" * 10_000_001, "x.smi")
    assert LIMITS == "up to 20 MB, 20,000 molecules a file and 250 atoms a molecule"


def test_sniff_format_reads_an_inchi_list_before_any_table() -> None:
    assert sniff_format("InChI\nInChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3\n", "x.csv") == "lines"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("HEADER    HYDROLASE\nREMARK   1\n", "PDB file without atoms"),
        ("data_x\n_cell_length_a 5.0\n", "CIF"),
        ('{"smiles": "CCO"}', "JSON"),
        ("<!DOCTYPE html><html></html>", "HTML"),
        ('[{"id": "a", "smiles": "CCO"}]', "JSON"),
        ("C\nC 1 1.5\nO 2 1.4 1 109.0\nH 3 0.96 2 108 1 180\n", "Z-matrix"),
        ("5 C\n C H\n 1 1 0.0 0.0 0.0\n", "DFTB"),
        ("water\n1.0\n10 0 0\n0 10 0\n0 0 10\nO H\n1 2\nCartesian\n0 0 0\n", "POSCAR"),
        ('<?xml version="1.0"?>\n<molecule><atomArray></atomArray></molecule>', "CML"),
    ],
)
def test_other_formats_are_named(text: str, kind: str) -> None:
    with pytest.raises(InputError, match=kind):
        read_structures(text.encode(), "x.txt")
