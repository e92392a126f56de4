"""Structure files as users have them, each with its right answer; and relatives of each kind.

The files are made in the spirit of public issue threads: dative bonds (rdkit 4676, 6287), flat drawings tagged 3-D (rdkit 2082, 6697, 8573),
charges and hydrogens of XYZ (xtb 28, rdkit 9076, mace-foundations 66), lost rows (rdkit 1633), columns (graphium 27), PDB (chemfiles 489).

Covers `core.readers.atom_lines`, `core.readers.charge_spin`, `core.readers.geometry_inputs`,
`core.readers.length_units`, `core.readers.pdb_mol2`, `core.structure.dative`, `core.structure.given`,
`core.structure.kept`, `core.structure.salts`.
"""

# ruff: noqa: E501 - one case a line

from contextlib import suppress
from pathlib import Path

import pytest
from plain_passes import MOST_PASSES, count_passes

from core.errors import InputError
from core.predict import predict_entries
from core.readers.structures import detect_columns, entries_from_text, read_structures
from core.structure.entry import Entry
from core.structure.geometry import FAST_LEARNT

FILES = Path(__file__).parent / "field_structures"
FLAT, BOHR, ATOMS = "flat drawing", "read as Bohr", "read as a list of atoms"
CHARGE2, TRIPLET = "total charge must be 0, found +2", "found multiplicity 3"
BAD, PYRROLE = "not SMILES syntax", "Can't kekulize"

# file: [(id, SMILES or "", whether there is a geometry, part of the reason or "", part of a note or ""), ...]
RIGHT: dict[str, list[tuple[str, str, bool, str, str]]] = {
    "dative2.smi": [("a", "[O-][n+]1cc[n+]([O-])cc1", False, "", ""), ("b", "[O-][n+]1cc[n+]([O-])cc1", False, "", ""), ("c", "C[N+](C)([O-])CC[N+](C)(C)[O-]", False, "", ""), ("d", "[O-][n+]1ccccc1", False, "", ""), ("e", "C[N+]1([O-])CCCC1", False, "", "")],
    "min_A.smi": [("row 1", "[O-][n+]1cc[n+]([O-])cc1", False, "", "")],
    "2d_sketch_tag3D_0825.sdf": [(s, s, False, "", FLAT) for s in ("CCO", "CC(C)=O", "c1ccccc1", "CCCCO")],
    "2d_sketch_tag3D_1.0.sdf": [(s, s, False, "", FLAT) for s in ("CCO", "CC(C)=O", "c1ccccc1", "CCCCO")],
    "d_2dcoords_tag3D_ethanol.sdf": [("row 1", "CCO", False, "", FLAT)],
    "gaussian.gjf": [("ethanol", "CCO", True, "", "read as Gaussian input")],
    "gaussian.com": [("title", "CCO", True, "", "read as Gaussian input")],
    "orca.inp": [("row 1", "CCO", True, "", "read as ORCA input")],
    "fdf.txt": [("row 1", "", False, "no hydrogens at all", "")],
    "bare_coords.txt": [("row 1", "CCO", True, "", ATOMS)],
    "bare_coords.xyz": [("row 1", "CCO", True, "", ATOMS)],
    "nocount_xyz.xyz": [("ethanol", "CCO", True, "", ATOMS)],
    "min_G.xyz": [("row 1", "", False, "no hydrogens at all", "")],
    "noH_benzene.xyz": [("benzene heavy atoms", "", False, "no hydrogens at all", "")],
    "noH_ethanol.xyz": [("row 1", "", False, "no hydrogens at all", "")],
    "min_H1.xyz": [("row 1", "", False, "no hydrogens at all", "")],
    "min_H2.xyz": [("row 1", "", False, TRIPLET, "")],
    "triplet_o2.xyz": [("row 1", "", False, TRIPLET, "")],
    "mace.extxyz": [("row 1", "", False, TRIPLET, "")],
    "dication.xyz": [("2 1", "", False, CHARGE2, "")],
    "charge2.xyz": [("charge 2", "", False, CHARGE2, "")],
    "qkey.xyz": [("row 1", "", False, CHARGE2, "")],
    "iso_smiles.extxyz": [("propanal", "CC(C)=O", True, "", "CCC=O (C3H6O), is not what the coordinates show"), ("row 2", "F/C=C\\F", True, "", "the stereochemistry of F/C=C/F is not"), ("row 3", "CCO", True, "", "c1ccccc1 (C6H6), is not what the coordinates show")],
    "c_nohdr_badfirst.csv": [("bad one", "", False, BAD, ""), ("ethanol", "CCO", False, "", ""), ("ethane", "CC", False, "", "")],
    "c_nohdr_badfirst_id.csv": [("A1", "", False, PYRROLE, ""), ("A2", "CCO", False, "", ""), ("A3", "CC", False, "", "")],
    "c_onecol_nohdr_bad.csv": [("row 1", "", False, PYRROLE, ""), ("row 2", "CCO", False, "", ""), ("row 3", "CC", False, "", "")],
    "c_nohdr_emptyfirst.csv": [("A1", "", False, "must not be empty", ""), ("A2", "CCO", False, "", ""), ("A3", "CC", False, "", "")],
    "c_nohdr_tab.tsv": [("A1", "", False, PYRROLE, ""), ("A2", "CCO", False, "", "")],
    "min_K.csv": [("bad", "", False, BAD, ""), ("ethanol", "CCO", False, "", "")],
    "c_smiles_id.csv": [("x1", "CCO", False, "", ""), ("x2", "CC", False, "", "")],
    "c_smiles_status.csv": [("1", "CCO", False, "", ""), ("2", "CC", False, "", "")],
    "c_grid.csv": [("row 1", "CCO", False, "", ""), ("row 2", "CC", False, "", "")],
    "c_valid.csv": [("row 1", "CCO", False, "", ""), ("row 2", "CC", False, "", "")],
    "min_N1.csv": [("x1", "CCO", False, "", "")],
    "min_N2.csv": [("row 1", "CCO", False, "", "")],
    "c_sep.csv": [("ethanol", "CCO", False, "", ""), ("benzene", "c1ccccc1", False, "", "")],
    "c_title.csv": [("a", "CCO", False, "", "left out above the header: Exported by ELN"), ("b", "CC", False, "", "left out above the header")],
    "c_comment.csv": [("a", "CCO", False, "", ""), ("b", "CC", False, "", "")],
    "l_idfirst.smi": [("mol1", "CCO", False, "", "before the SMILES"), ("mol2", "CC", False, "", "before the SMILES"), ("mol3", "C", False, "", "before the SMILES")],
    "l_header2.smi": [("ethanol", "CCO", False, "", "")],
    "c_peptide.csv": [("row 1", "CC", False, "", ""), ("row 2", "CN", False, "", ""), ("row 3", "C", False, "", "")],
    "qm9_raw.xyz": [("gdb 1", "C", True, "", "")],
    "deuterium.xyz": [("row 1", "C", True, "", "D is read as H")],
    "bohr.xyz": [("row 1", "CCO", True, "", "converted from Bohr")],
    "d_bohr.sdf": [("row 1", "C[C@H](O)F", True, "", BOHR)],
    "d_notitle.sdf": [("X-1", "CCO", False, "", "")],
    "p_model.pdb": [("LIG", "", False, "no hydrogens at all", "")],
    "p_title.pdb": [("mol", "", False, "no hydrogens at all", "")],
    "m_comment.mol2": [("eth", "", False, "the MOL2 record cannot be read", "")],
    "stereo.smi": [("open", "CC=CC", False, "", ""), ("E", "C/C=C/C", False, "", ""), ("Z", "C/C=C\\C", False, "", "")],
}  # fmt: skip

ETHANOL = (FILES / "bare_coords.txt").read_text()
BENZENE_C = "".join((FILES / "noH_benzene.xyz").read_text().splitlines(keepends=True)[2:])
DIAMINE = "".join((FILES / "charge2.xyz").read_text().splitlines(keepends=True)[2:])


def check(entry: Entry, right: tuple[str, str, bool, str, str]) -> None:
    name, smiles, has_geometry, reason, note = right
    assert entry.id == name
    assert (entry.molecule.smiles if entry.molecule else "") == smiles
    assert (entry.geometry is not None) == has_geometry
    assert reason in entry.reason
    assert (entry.status == "ok") == (reason == "")
    assert note in "; ".join(entry.notes)
    assert bool(note) == bool(entry.notes)


@pytest.mark.parametrize("name", RIGHT)
def test_every_file_has_its_right_answer(name: str) -> None:
    entries = read_structures((FILES / name).read_bytes(), name)
    assert [e.row for e in entries] == list(range(1, len(RIGHT[name]) + 1))
    for entry, right in zip(entries, RIGHT[name], strict=True):
        check(entry, right)


def test_a_table_of_mixed_quality_is_answered_row_by_row() -> None:
    data = (FILES / "own500.csv").read_bytes()
    entries = read_structures(data, "own500.csv")
    assert len(entries) == len(data.splitlines()) - 1
    assert detect_columns(data, "own500.csv").smiles == "canonical_smiles"
    assert detect_columns(data, "own500.csv").id == "Compound name"
    assert {e.status for e in entries} == {"ok", "refused", "failed"}


# (text, file name, the right answer)
RELATIVES: list[tuple[str, str, list[tuple[str, str, bool, str, str]]]] = [
    ("C[N](C)(C)->O x", "a.smi", [("x", "C[N+](C)(C)[O-]", False, "", "")]),
    ("smiles,id\nO<-N(C)(C)C,x\n", "a.csv", [("x", "C[N+](C)(C)[O-]", False, "", "")]),
    ("CCO, CC, C", "", [("row 1", "CCO", False, "", "each is a row"), ("row 2", "CC", False, "", "each is a row"), ("row 3", "C", False, "", "each is a row")]),
    ("CCO; C1CC; C", "", [("row 1", "CCO", False, "", "each is a row"), ("row 2", "", False, BAD, ""), ("row 3", "C", False, "", "each is a row")]),
    ("CCO, CC\nCCN, N, O", "", [(f"row {k}", s, False, "", "each is a row") for k, s in enumerate(("CCO", "CC", "CCN", "N", "O"), start=1)]),
    ("CCO, N\nCC, O\nC, ethane", "", [("N", "CCO", False, "", ""), ("O", "CC", False, "", ""), ("ethane", "C", False, "", "")]),
    ("InChI=1S/CH4/h1H4, InChI=1S/H2O/h1H2", "", [("row 1", "C", False, "", "each is a row"), ("row 2", "O", False, "", "each is a row")]),
    ("CCO, ethanol, 46.07", "", [("ethanol, 46.07", "CCO", False, "", "")]),
    ("rigid,SMILES,liquid\nyes,CCO,no\nno,CC,maybe\n", "a.csv", [("row 1", "CCO", False, "", ""), ("row 2", "CC", False, "", "")]),
    ("SMILES,SMILES\nCCO,CCC\n", "a.csv", [("row 1", "CCO", False, "", "SMILES (2) would do by its name too")]),
    ("SMILES,Isomeric SMILES\nCC(O)F,C[C@H](O)F\n", "a.csv", [("row 1", "CC(O)F", False, "", "")]),
    ("SMILES,Charge (e),Multiplicity (2S+1)\nCCC,1,2\n", "a.csv", [("row 1", "", False, "total charge must be 0, found +1", "")]),
    ("reactant_smiles,product_smiles\nCCO,CC=O\n", "a.csv", [("row 1", "CCO", False, "", "product_smiles would do by its name too")]),
    (ETHANOL, "", [("row 1", "CCO", True, "", ATOMS)]),
    (f"my molecule\n0 1\n{ETHANOL}", "", [("my molecule", "CCO", True, "", ATOMS)]),
    (f"2 1\n{DIAMINE}", "", [("row 1", "", False, CHARGE2, "")]),
    (ETHANOL.replace(" ", ", "), "a.txt", [("row 1", "CCO", True, "", ATOMS)]),
    ("".join(f"{k} {line}\n" for k, line in enumerate(ETHANOL.splitlines(), start=1)), "a.txt", [("row 1", "CCO", True, "", ATOMS)]),
    (f"$molecule\n0 1\n{ETHANOL}$end\n$rem\nmethod pbe\n$end\n", "a.in", [("row 1", "CCO", True, "", "Q-Chem")]),
    (f"molecule {{\n0 1\n{ETHANOL}}}\nenergy('scf')\n", "a.dat", [("row 1", "CCO", True, "", "Psi4")]),
    (f"geometry units angstroms\n{ETHANOL}end\ntask dft\n", "a.nw", [("row 1", "CCO", True, "", "NWChem")]),
    (f"charge 2\ngeometry\n{DIAMINE}end\n", "a.nw", [("row 1", "", False, CHARGE2, "")]),
    (f"&SUBSYS\n&COORD\n{ETHANOL}&END COORD\n&END\n", "a.inp", [("row 1", "CCO", True, "", "CP2K")]),
    ("".join(f"atom {' '.join(line.split()[1:])} {line.split()[0]}\n" for line in ETHANOL.splitlines()), "geometry.in", [("row 1", "CCO", True, "", "FHI-aims")]),
    (f"! PBE\n%coords\nCharge 0\n{ETHANOL}end\n", "a.inp", [("row 1", "CCO", True, "", "ORCA")]),
    (f"! PBE\n* xyz 2 1\n{DIAMINE}*\n", "a.inp", [("row 1", "", False, CHARGE2, "")]),
    (f"#p pbe\n\nt\n\n2 1\n{DIAMINE}\n", "a.gjf", [("t", "", False, CHARGE2, "")]),
    (f"6\nsmiles=c1ccccc1\n{BENZENE_C}", "a.xyz", [("row 1", "c1ccccc1", False, "", "hydrogens are missing")]),
    (f"14\nethylenediamine\n{DIAMINE}", "a.xyz", [("ethylenediamine", "", False, "no neutral molecule fits", "")]),
    (f"14\nTotal Charge: 2\n{DIAMINE}", "a.xyz", [("Total Charge: 2", "", False, CHARGE2, "")]),
    (f"14\nnet_charge=2.0\n{DIAMINE}", "a.xyz", [("row 1", "", False, CHARGE2, "")]),
    (f"9\nuhf=2\n{ETHANOL}", "a.xyz", [("row 1", "", False, TRIPLET, "")]),
    (f"9\ncharge=0 spin=1\n{ETHANOL}", "a.xyz", [("row 1", "CCO", True, "", "")]),
    ("Struktur;Wert\nCCO;1,5\nCC;2,5\n", "a.csv", [("row 1", "CCO", False, "", ""), ("row 2", "CC", False, "", "")]),
    ("n/a,A1\nCCO,A2\nCC,A3\n", "a.csv", [("A1", "", False, BAD, ""), ("A2", "CCO", False, "", ""), ("A3", "CC", False, "", "")]),
    ("#SMILES\tID\nCCO\ta\nCC\tb\n", "a.tsv", [("a", "CCO", False, "", ""), ("b", "CC", False, "", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "right"), RELATIVES)
def test_relatives_of_the_files(text: str, name: str, right: list[tuple[str, str, bool, str, str]]) -> None:
    entries = read_structures(text.encode(), name) if name else entries_from_text(text)
    assert len(entries) == len(right)
    for entry, answer in zip(entries, right, strict=True):
        check(entry, answer)


@pytest.mark.parametrize("name", ["gaussian.gjf", "orca.inp", "bare_coords.txt", "nocount_xyz.xyz"])
def test_what_is_pasted_is_read_like_a_file(name: str) -> None:
    (entry,) = entries_from_text((FILES / name).read_text())
    assert entry.molecule is not None
    assert (entry.molecule.smiles, entry.geometry is not None) == ("CCO", True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (" Entering Gaussian System, Link 0=g16\n 0 1\n", "a Gaussian output"),
        ("\n   * O   R   C   A *\n", "an ORCA output"),
        ("! PBE\n* xyzfile 0 1 a.xyz\n", "an ORCA input with internal coordinates or its geometry in another file"),
        (">sp|P1|X\nMKTAYIAKQR\n", "a FASTA sequence"),
        ("[Molden Format]\n[Atoms] AU\nC 1 6 0 0 0\n", "a Molden file"),
    ],
)
def test_formats_that_are_not_read_are_refused_by_name(text: str, named: str) -> None:
    for read in (lambda: read_structures(text.encode(), "a.txt"), lambda: entries_from_text(text)):
        with pytest.raises(InputError, match=named):
            read()


def test_a_table_without_smiles_offers_its_columns() -> None:
    with pytest.raises(InputError, match=r"no column reads as SMILES.*can be named, of name, mass"):
        read_structures(b"name,mass\nwater,18\n", "a.csv")


@pytest.mark.parametrize(
    ("smiles", "kept", "status", "note"),
    [
        ("CC(=O)[O-].[Na+]", "CC(=O)O", "ok", "taken off as salt or solvent: [Na+]; made neutral: CC(=O)[O-] to CC(=O)O"),
        ("CCN.Cl", "CCN", "ok", "taken off as salt or solvent: Cl"),
        ("CCO.O", "CCO", "ok", "taken off as salt or solvent: O"),
        ("C[N+](C)(C)C.[Cl-]", "C[N+](C)(C)C", "refused", "taken off as salt or solvent: [Cl-]"),
        ("CCO.CCN", "CCN.CCO", "refused", "none is taken off"),
        ("CCO", "CCO", "ok", ""),
    ],
)  # fmt: skip
def test_salts_are_taken_off_on_request_and_each_row_says_so(smiles: str, kept: str, status: str, note: str) -> None:
    (entry,) = read_structures(smiles.encode(), "a.smi", strip_salts=True)
    assert entry.molecule is not None
    assert (entry.molecule.smiles, entry.status) == (kept, status)
    assert note in "; ".join(entry.notes)
    (untouched,) = read_structures(smiles.encode(), "a.smi")
    assert untouched.notes == ()


def test_notes_stand_in_the_prediction_table_and_open_stereochemistry_is_among_them(model) -> None:
    entries = read_structures((FILES / "stereo.smi").read_bytes(), "stereo.smi")
    entries += read_structures((FILES / "2d_sketch_tag3D_1.0.sdf").read_bytes(), "a.sdf")[:1]
    table = predict_entries(entries, model, geometry="fast")
    assert table["note"][0] == "stereochemistry is left open, the isomer predicted is C/C=C/C"
    assert list(table["note"][1:3]) == ["", ""]
    assert FLAT in table["note"][3]
    assert (table["geometry"] == FAST_LEARNT).all()


def test_fuzzed_files_get_a_sentence_or_their_rows() -> None:
    with pytest.raises(InputError, match="the file is empty"):
        read_structures((FILES / "min_bom_only.csv").read_bytes(), "a.csv")
    (entry,) = read_structures((FILES / "min_blank10000.smi").read_bytes(), "a.smi")
    assert entry.status == "ok"


NONSENSE = {
    "letters": "The quick brown fox. " * 952_000,
    "short lines": "The quick brown fox.\n" * 952_000,
    "blank lines": "\n" * 19_999_000 + "x",
    "atoms": "C 0.1 0.2 0.3\n" * 1_420_000,
    "a route and atoms": "#p x\n\nt\n\n0 1\n" + "C 0.1 0.2 0.3\n" * 1_420_000,
    "quotes": '"' * 19_990_000,
    "brackets": "(" * 19_990_000,
    "counts": "3\n" * 9_990_000,
    "digits": "1" * 19_990_000 + "x",
    "brackets that open": "[" * 1_500 + "!\n" + ("[" * 1_500 + "!\n") * 10_000,
    "numbers of titles": "1" * 900 + "!\nC 0.1 0.2 0.3\n",
    "ends": "M  END\n" * 2_800_000,
}


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.parametrize("extension", ["smi", "csv"])
def test_20_mb_of_nonsense_are_refused(kind: str, extension: str) -> None:
    entries: list[Entry] = []
    with suppress(InputError):
        entries = read_structures(NONSENSE[kind].encode(), f"a.{extension}")
    assert {e.status for e in entries} <= {"failed", "refused"}


def test_nonsense_costs_no_more_than_some_plain_passes_over_it() -> None:
    """In a process of its own, where nothing counts lines; a ratio within one run."""
    ratios = dict(zip(NONSENSE, count_passes(__file__, read="read_structures", name="a.smi"), strict=True))
    assert {kind: r for kind, r in ratios.items() if r > MOST_PASSES} == {}
