"""Awkward inputs, each answered row by row with its exact status and a reason that says why."""

# ruff: noqa: E501 - one awkward input a line

import io
import random
import struct
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor

from core.errors import InputError
from core.readers.spectra import read_spectrum
from core.readers.structures import detect_columns, entries_from_text, read_structures
from core.structure.embed import embed_geometry
from core.structure.molecule import parse_smiles

WATER = "O 0 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n"


def molfile(smiles: str, *, name: str = "") -> str:
    """A 3-D molfile with all hydrogens."""
    mol = Chem.AddHs(parse_smiles(smiles).rdkit)
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.SetPositions(np.ascontiguousarray(embed_geometry(parse_smiles(smiles)).positions))
    mol.AddConformer(conformer)
    mol.SetProp("_Name", name)
    return Chem.MolToMolBlock(mol)


def flat(smiles: str, *, v3000: bool = False) -> str:
    mol = Chem.MolFromSmiles(smiles, sanitize=False)
    mol.UpdatePropertyCache(strict=False)
    rdDepictor.Compute2DCoords(mol)
    return Chem.MolToV3KMolBlock(mol, kekulize=False) if v3000 else Chem.MolToMolBlock(mol, kekulize=False)


def replace_atom_line(block: str, k: int, coordinates: str) -> str:
    lines = block.split("\n")
    lines[3 + k] = coordinates + lines[3 + k][30:]
    return "\n".join(lines)


def parquet(**columns: list) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


ZERO = "    0.0000    0.0000    0.0000"
NAN = "       nan    0.0000    0.0000"

# (what, bytes or text, file name, [(status, part of the reason), ...] one a row)
ROWS: list[tuple[str, str | bytes, str, list[tuple[str, str]]]] = [
    ("wrong extension: SDF called csv", molfile("CCO") + "$$$$\n", "a.csv", [("ok", "")]),
    ("wrong extension: CSV called sdf", "id,smiles\n1,CCO\n", "a.sdf", [("ok", "")]),
    ("wrong extension: XYZ called smi", f"3\n\n{WATER}", "a.smi", [("ok", "")]),
    ("wrong extension: Parquet called csv", parquet(smiles=["CCO", "C[SeH]"]), "a.csv", [("ok", ""), ("refused", "Se")]),
    ("10 MB on one line", "C" * 10_000_000, "a.smi", [("failed", "at most 2000 characters, got 10000000")]),
    ("10 MB in one cell", "smiles\n" + "C" * 10_000_000 + "\nCC\n", "a.csv", [("failed", "at most 2000"), ("ok", "")]),
    ("nitro groups, charge-separated and not", "C[N+](=O)[O-]\nCN(=O)=O\n", "a.smi", [("ok", ""), ("ok", "")]),
    ("five-bonded nitro in a molfile", flat("CN(=O)=O"), "a.mol", [("ok", "")]),
    ("salt of the model's elements", "CC(=O)[O-].[NH4+]", "a.smi", [("refused", "one fragment is predicted at a time, found 2")]),
    ("sodium salt", "CC(=O)[O-].[Na+]", "a.smi", [("refused", "found Na")]),
    ("hydrate", "CCO.O", "a.smi", [("refused", "found 2 (a salt or a mixture?)")]),
    ("ions", "C[NH3+]\nCC(=O)[O-]\n", "a.smi", [("refused", "must be 0, found +1"), ("refused", "must be 0, found -1")]),
    ("zwitterion", "[NH3+]CC(=O)[O-]", "a.smi", [("ok", "")]),
    ("radicals", "C[CH2]\n[CH2]\n[O][O]\n", "a.smi", [("refused", "found 1 unpaired electron")] + 2 * [("refused", "found 2 unpaired electrons")]),
    ("selenium among others", "CCO\nC[SeH]\nCF\n", "a.smi", [("ok", ""), ("refused", "found Se"), ("ok", "")]),
    ("a metal", "[Fe]\n", "a.smi", [("refused", "found Fe")]),
    ("isotopes", "[2H]C([2H])[2H]\n[13CH4]\n", "a.smi", [("ok", ""), ("ok", "")]),
    ("attachment point", "*CC", "a.smi", [("refused", "found *")]),
    ("reaction", "CCO>>CC=O", "a.smi", [("failed", "not SMILES syntax")]),
    ("aromatic that cannot be", "n1cccc1", "a.smi", [("failed", "Can't kekulize")]),
    ("five bonds on carbon", "CC(C)(C)(C)C", "a.smi", [("failed", "Explicit valence for atom # 1 C, 5")]),
    ("unclosed ring and bracket", "C1CC\nC(C\n[CH4\n", "a.smi", 3 * [("failed", "not SMILES syntax")]),
    ("a broken InChI", "InChI=1S/C2H6O/garbage", "a.inchi", [("failed", "InChI cannot be read")]),
    ("too many atoms", "C" * 90, "a.smi", [("refused", "at most 250 atoms, found 272")]),
    ("far too many atoms", "C" * 1_500, "a.smi", [("refused", "at most 250 atoms, found more than 1000")]),
    ("deep nesting", "C(" * 600 + "C" + ")" * 600, "a.smi", [("refused", "at most 250 atoms, found 1805")]),
    ("single atoms", "[H]\nC\n[He]\n", "a.smi", [("refused", "unpaired"), ("ok", ""), ("refused", "found He")]),
    ("empty cells", "id,smiles\n1,\n2,CC\n3,   \n", "a.csv", [("failed", "must not be empty"), ("ok", ""), ("failed", "must not be empty")]),
    ("ragged rows", "id,smiles,x\n1\n2,CC,3,4,5\n", "a.csv", [("failed", "must not be empty"), ("ok", "")]),
    ("unclosed quote", 'smiles,name\nCCO,"ethanol\nCC,ethane\n', "a.csv", [("ok", ""), ("ok", "")]),
    ("NaN coordinates, SDF", replace_atom_line(molfile("CCO"), 1, NAN), "a.sdf", [("failed", "coordinates must be finite numbers, atom line 1 has nan")]),
    ("NaN coordinates, XYZ", "3\n\nO nan 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n", "a.xyz", [("failed", "coordinates must be finite numbers, atom 1")]),
    ("infinite coordinates", "3\n\nO 1e999 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n", "a.xyz", [("failed", "coordinates must be finite numbers, atom 1")]),
    ("overlapping atoms, XYZ", "3\n\nO 0 0 0\nH 0 0 0.1\nH 0.93 0 -0.24\n", "a.xyz", [("failed", "atoms 1 and 2 are 0.100")]),
    ("overlapping atoms, SDF", replace_atom_line(replace_atom_line(molfile("CCO"), 1, ZERO), 2, ZERO), "a.sdf", [("failed", "atoms 1 and 2 are 0.000")]),
    ("an exploded geometry", "3\n\nO 0 0 0\nH 0 0 0.96\nH 9 0 0\n", "a.xyz", [("refused", "the geometry falls into 2")]),
    ("a crystal", f'3\nLattice="9 0 0 0 9 0 0 0 9"\n{WATER}', "a.extxyz", [("refused", "the frame is periodic")]),
    ("an ion in extxyz", f"3\ncharge=-1\n{WATER}", "a.extxyz", [("refused", "total charge must be 0, found -1")]),
    ("a lying atom count", f"3\n\n{WATER}5\n\n{WATER}3\n\n{WATER}", "a.xyz", [("ok", ""), ("failed", "announces 5 atoms, found 3"), ("ok", "")]),
    ("a PDB file called xyz", "ATOM      1  N   MET A   1      38.198  19.582  28.293\n", "a.xyz", [("refused", "no hydrogens at all")]),
    ("elements that are none", "1\n\nQq 0 0 0\n", "a.xyz", [("failed", "atom line 1 must hold an element")]),
    ("an empty record", molfile("C") + "$$$$\n$$$$\n" + molfile("O") + "$$$$\n", "a.sdf", [("ok", ""), ("failed", 'no line "M  END"'), ("ok", "")]),
    ("no atoms in a molfile", Chem.MolToMolBlock(Chem.Mol()), "a.mol", [("failed", "needs at least one atom, got none")]),
    ("a broken record in the middle", molfile("C") + "$$$$\nx\n\n\n  3  2  0  0  0  0            999 V2000\n ???\nM  END\n$$$$\n" + molfile("O"), "a.sdf", [("ok", ""), ("failed", "counts, atom or bond lines are malformed"), ("ok", "")]),
    ("V3000 salt", flat("[Na+].[F-]", v3000=True), "a.sdf", [("refused", "found Na")]),
    ("a version that is none", flat("CCO").replace("V2000", "V9000"), "a.sdf", [("failed", "the molfile cannot be read")]),
    ("a V3000 count of a billion", flat("CCO", v3000=True).replace("COUNTS 3", "COUNTS 1000000000"), "a.sdf", [("failed", "the molfile cannot be read")]),
    ("UTF-16 from a spreadsheet", "smiles\tname\nCCO\téthanol\n".encode("utf-16"), "a.txt", [("ok", "")]),
    ("old Macintosh line ends", "smiles,name\rCCO,a\rC[SeH],b\r", "a.csv", [("ok", ""), ("refused", "Se")]),
    ("library row with other atoms", parquet(smiles=["CC", "O"], numbers=[[8, 1, 1]] * 2, positions=[[0, 0, 0, 0, 0, 0.96, 0.93, 0, -0.24]] * 2), "a.parquet", [("failed", "must be of one molecule"), ("ok", "")]),
]  # fmt: skip

# (what, bytes or text, file name, the sentence)
NOTHING: list[tuple[str, str | bytes, str, str]] = [
    ("empty", b"", "a.smi", "the file is empty"),
    ("blank", b" \r\n\t\n", "a.sdf", "the file is empty"),
    ("blanks that only Unicode knows", b"\xa0\xa0\x1d", "a.csv", "the file is empty"),
    ("binary", struct.pack("<64d", *range(64)), "a.smi", "the file is binary"),
    ("a spreadsheet called csv", b"PK\x03\x04rest", "a.csv", "a ZIP archive or an Excel"),
    ("gzip", b"\x1f\x8b\x08rest", "a.sdf", "gzip-compressed"),
    ("a cut Parquet file", parquet(smiles=["C"])[:-20], "a.parquet", "the Parquet file is damaged"),
    ("10 MB of prose", "The quick brown fox.\n" * 480_000, "a.txt", "at most 20,000 rows, this one holds 480,000"),
    ("a letter", "Dear Sir or Madam,\nplease find enclosed the results.\nYours sincerely\n", "a.txt", "not one of 3 lines is a SMILES"),
    ("a table without structures", "name,mass\nwater,18\n", "a.csv", "no column reads as SMILES or InChI"),
    ("only a header", "smiles,name\n", "a.csv", "no rows beneath its header"),
    ("five million columns", "C," * 5_000_000, "a.csv", "at most 1,000 columns"),
    ("JSON", '{"smiles": ["CCO"]}', "a.json", "the file is JSON"),
    ("HTML", "<!DOCTYPE html><script>alert(1)</script>", "a.smi", "the file is HTML"),
    ("no SDF in an SDF", "hello\n", "a.sdf", "holds no SDF or MOL record"),
]  # fmt: skip


def as_bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


@pytest.mark.parametrize(("data", "name", "answers"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_row_is_answered(data: str | bytes, name: str, answers: list[tuple[str, str]]) -> None:
    entries = read_structures(as_bytes(data), name)
    assert [entry.row for entry in entries] == list(range(1, len(answers) + 1))
    assert [entry.status for entry in entries] == [status for status, _ in answers]
    for entry, (status, reason) in zip(entries, answers, strict=True):
        assert reason in entry.reason
        assert (entry.reason == "") == (status == "ok")
        assert status != "ok" or entry.molecule is not None or entry.geometry is not None


@pytest.mark.parametrize(("data", "name", "sentence"), [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_where_nothing_can_be_read_one_sentence_says_why(data: str | bytes, name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_structures(as_bytes(data), name)


def test_duplicate_ids_stay_as_they_are_and_rows_tell_them_apart() -> None:
    entries = read_structures(b"id,smiles\nx,CCO\nx,CCO\nx,C[SeH]\n", "a.csv")
    assert [(e.row, e.id, e.status) for e in entries] == [(1, "x", "ok"), (2, "x", "ok"), (3, "x", "refused")]


def test_names_with_html_scripts_and_control_characters_stay_plain_text() -> None:
    name = "<img src=x onerror=alert(1)>"
    (first, second) = read_structures(f"CCO {name}\nCC \x07bell\x1b[31m\u202ered\n".encode(), "a.smi")
    assert first.id == name
    assert second.id == "bell[31mred"
    (field,) = read_structures(f"smiles,note\nCCO,<b>{'n' * 20_000}</b>\n".encode(), "a.csv")
    assert len(field.properties["note"]) == 10_000


def test_an_endless_name_is_cut() -> None:
    (entry,) = read_structures(b"CCO " + b"n" * 5_000, "a.smi")
    assert len(entry.id) == 200


def test_a_table_of_5000_rows_keeps_its_order_and_its_broken_rows() -> None:
    smiles = [("CCO", "C1CC", "C[SeH]", "")[k % 4] for k in range(5_000)]
    text = "name,SMILES\n" + "".join(f"m{k},{s}\n" for k, s in enumerate(smiles))
    entries = read_structures(text.encode(), "a.csv")
    assert [e.id for e in entries] == [f"m{k}" for k in range(5_000)]
    assert [e.status for e in entries] == ["ok", "failed", "refused", "failed"] * 1_250


def test_more_rows_than_the_limit_are_refused_as_a_whole() -> None:
    with pytest.raises(InputError, match="at most 20,000 rows, this one holds 20,001"):
        read_structures(b"C\n" * 20_001, "a.smi")


def test_hydrogens_that_are_missing_are_said_to_be() -> None:
    mol = Chem.RemoveHs(Chem.MolFromMolBlock(molfile("CCO"), removeHs=False))
    (entry,) = read_structures(Chem.MolToMolBlock(mol).encode(), "a.mol")
    assert (entry.status, entry.geometry) == ("ok", None)
    assert "hydrogens are missing" in entry.notes[0]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The data with a few bytes changed, cut out or doubled."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(out))
        match rng.randrange(4):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at] = rng.choice(b" \n,;\t0123456789-+.#$[]()=CNOFH\"'")
            case 2:
                del out[at : at + rng.randrange(1, 40)]
            case _:
                out[at:at] = out[at : at + rng.randrange(1, 40)]
        out = out or bytearray(b"C")
    return bytes(out)


SEEDS = (
    b"CCO ethanol\nC[C@H](O)F |o1:1| x\nInChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3 y\n",
    b'id,smiles,note\n1,CCO,"a, b"\n2,c1ccccc1,-1.5\n',
    (molfile("CCO", name="a") + "> <k>\nv\n\n$$$$\n" + flat("CC=O", v3000=True) + "$$$$\n").encode(),
    parquet(id=["a", "b"], smiles=["CC", "O"], numbers=[[8, 1, 1]] * 2, positions=[[0.0, 0, 0, 0, 0, 1, 1, 0, 0]] * 2),
    f'3\nid=1 smiles="O" charge=0\n{WATER}3\nProperties=species:S:1:pos:R:3\n{WATER}'.encode(),
    b"#p pbe\n\nwater\n\n0 1\nO 0 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n\n",
    b"! PBE\n* xyz 0 1\nO 0.0 0.0 0.0\nH 0.0 0.0 0.96\nH 0.93 0.0 -0.24\n*\n",
    b"$coord\n0.0 0.0 0.0 o\n0.0 0.0 1.8 h\n1.7 0.0 -0.4 h\n$end\n",
    b"atom 0.0 0.0 0.0 O\natom 0.0 0.0 0.96 H\natom 0.93 0.0 -0.24 H\n",
    b"HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O\nHETATM    2  H   HOH A   1       0.000   0.000   0.960  1.00  0.00           H\n",
    b"@<TRIPOS>MOLECULE\nw\n3 2\nSMALL\nNO_CHARGES\n\n@<TRIPOS>ATOM\n1 O 0 0 0 O.3\n2 H 0 0 0.96 H\n3 H 0.93 0 -0.24 H\n@<TRIPOS>BOND\n1 1 2 1\n2 1 3 1\n",
    b"sep=;\nTitle\n#x\nName;SMILES;n\na;CCO;1,5\nb;O<-n1ccn(->O)cc1;2\n",
    b"5\ngdb 1\t1.0\nC\t0.0\t1.0\t8.7*^-3\t-0.5\nH 0 0 0 0\nH 1 1.4 0 0\nH -0.5 1.4 -0.8 0\nH -0.5 1.4 0.9 0\n1.0\t2.0\nC\tC\nInChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4\n",
    b"Binding energy (eV);I\n10,5;1\n11,5;2\n",
    b"##TITLE=x\n##XUNITS=EV\n##FIRSTX=8\n##LASTX=10\n##NPOINTS=5\n##XYDATA=(X++(Y..Y))\n8A0JJJ\n11A3T\n##END=\n",
)


def answers(read: Callable[[], object]) -> bool:
    """Whether it returned, or refused with a sentence; anything else it raises ends the test."""
    try:
        read()
    except InputError as error:
        return bool(str(error))
    return True


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("extension", ["smi", "csv", "sdf", "xyz", "jdx"])
def test_no_bytes_raise_anything_but_a_sentence(seed: int, extension: str) -> None:
    rng = random.Random(seed)
    for _ in range(25):
        kind = rng.randrange(3)
        data = rng.randbytes(rng.randrange(400)) if kind == 0 else mutated(rng.choice(SEEDS), rng)
        name = f"x.{extension}"
        assert answers(lambda: read_structures(data, name))  # noqa: B023
        assert answers(lambda: detect_columns(data, name))  # noqa: B023
        assert answers(lambda: read_spectrum(data, name))  # noqa: B023
        assert answers(lambda: entries_from_text(data.decode("latin-1")))  # noqa: B023
