"""Libraries: stereoisomers, checks after relaxing, resuming, descriptors, and the shipped C7H10O2 library.

Covers `core.library.assemble`.
"""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.library.build import build_library, unfinished_path
from core.library.candidate import LibraryRecipe
from core.library.store import SCHEMA, find_libraries, library_info, load_library
from core.structure.entry import FAILED, REFUSED, Entry
from core.structure.geometry import FAST_LEARNT, XTB_LEARNT, Geometry
from core.structure.molecule import Molecule, parse_smiles
from core.structure.stereochemistry import (
    enumerate_stereoisomers,
    hand_free_smiles,
    read_stereochemistry,
)
from core.table import table_of_library

# Of the home library: no centre, one centre, a cage with impossible stereoisomers, one of which none embeds.
SMALL = ("CC(C)(O)C1=CC=CO1", "CC(O)C1=C(C)C=CO1", "CC12CCC(=O)OC1C2", "CC(=O)C1(O)C2CC1C2")


def entries(*smiles: str) -> list[Entry]:
    return [Entry(n, f"m{n}", parse_smiles(text)) for n, text in enumerate(smiles, start=1)]


def same_tables(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.to_json(double_precision=6) == other.to_json(double_precision=6)


# building


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("library") / "small.parquet"
    return build_library(entries(*SMALL), out, workers=0), out


def test_build_small_library(built):
    result, out = built
    assert result.complete
    assert not unfinished_path(out).exists()
    library = load_library(out)
    assert set(library["id"].str.split("-").str[0]) == {"m1", "m2", "m3", "m4"}
    assert (library["geometry"] == XTB_LEARNT).all()
    assert library["xtb_energy_ev"].between(-800, -600).all()
    assert list(library.columns) == SCHEMA.names
    # every input is accounted for, and every stereoisomer of it
    expected = sum(len(enumerate_stereoisomers(parse_smiles(smiles))) for smiles in SMALL)
    assert len(result.outcomes) == expected
    assert (result.outcomes["outcome"] == "kept").sum() == len(library)
    assert (result.outcomes.loc[result.outcomes["outcome"] != "kept", "reason"] != "").all()
    assert library.attrs["notes"]["counts"] == result.counts
    # stored geometries are minima, and the molecules that they say they are
    for row in library.itertuples():
        geometry = Geometry(row.numbers, row.positions)
        assert hand_free_smiles(
            read_stereochemistry(Molecule(row.smiles).rdkit, geometry.positions)
        ) == hand_free_smiles(Molecule(row.smiles))


def test_build_resumes_to_the_same_library(built, tmp_path):
    whole, _ = built
    out = tmp_path / "small.parquet"
    stops = iter([False, False, True])  # two inputs, then stop
    first = build_library(entries(*SMALL), out, workers=0, should_cancel=lambda: next(stops))
    assert not first.complete
    assert not out.exists()
    assert first.counts["inputs done"] == 2
    with unfinished_path(out).open("a") as file:
        file.write('{"row": 3, "candi')  # killed while writing
    seen = []
    again = build_library(entries(*SMALL), out, workers=0, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 4), (3, 4), (4, 4)]
    assert again.complete
    assert same_tables(again.library, whole.library)
    assert again.counts == whole.counts


def test_what_was_noted_and_the_input_s_own_columns_stay(tmp_path):
    rows = [
        Entry(1, "a", parse_smiles("CO"), notes=("taken off as a salt: Cl",), properties={"yield": "87 %"}),
        Entry(2, "b", parse_smiles("CCO")),
    ]
    out = tmp_path / "own.parquet"
    result = build_library(rows, out, workers=0, recipe=LibraryRecipe(relax=False))
    library = load_library(out)
    assert set(result.library.columns) == set(library.columns)
    assert library["note"].tolist() == ["taken off as a salt: Cl", ""]
    assert library["input_yield"].fillna("").tolist() == ["87 %", ""]
    scanned = table_of_library(library)
    assert scanned["note"][0] == "taken off as a salt: Cl"
    assert scanned["input_yield"][0] == "87 %"


def test_workers_change_nothing(built, tmp_path):
    whole, _ = built
    result = build_library(entries(*SMALL), tmp_path / "small.parquet", workers=2)
    assert same_tables(result.library, whole.library)


def test_another_build_is_not_resumed(tmp_path):
    out = tmp_path / "x.parquet"
    build_library(entries("CO", "CCO"), out, workers=0, should_cancel=lambda: True)
    with pytest.raises(InputError, match="must belong to this build"):
        build_library(entries("CO", "CCN"), out, workers=0)
    with pytest.raises(InputError, match="must belong to this build"):
        build_library(entries("CO", "CCO"), out, workers=0, recipe=LibraryRecipe(seed=8))


def test_build_from_own_entries_answers_every_row(tmp_path):
    water = Geometry([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    rows = [
        Entry(1, "a", parse_smiles("CC(O)F")),
        Entry(2, "a", parse_smiles("CO")),  # the same id again
        Entry(3, "salt", status=REFUSED, reason="one fragment is predicted at a time"),
        Entry(4, "junk", status=FAILED, reason="SMILES cannot be read"),
        Entry(5, "Se", parse_smiles("C[SeH]")),
        Entry(6, "xyz", geometry=water),
        Entry(7, "twin", parse_smiles("OC")),
        Entry(8, "bad", geometry=Geometry([1, 1], [[0, 0, 0], [0, 0, 0.1]])),
    ]
    result = build_library(rows, tmp_path / "own.parquet", workers=0, recipe=LibraryRecipe(relax=False))
    outcomes = result.outcomes.set_index("row")["outcome"].to_dict()
    assert outcomes == {
        1: "kept",
        2: "kept",
        3: "refused",
        4: "unreadable",
        5: "refused",
        6: "kept",
        7: "duplicate",
        8: "unreadable",
    }
    library = load_library(tmp_path / "own.parquet").set_index("id")
    assert library.index.tolist() == ["a#1", "a#2", "xyz"]
    assert library["geometry"].tolist() == [FAST_LEARNT, FAST_LEARNT, "as given"]
    assert library.loc["xyz", "formula"] == "H2O"
    assert np.allclose(library.loc["xyz", "positions"], water.positions.ravel())
    assert library["xtb_energy_ev"].isna().all()


def test_build_refuses_nothing_and_unknown_recipes(tmp_path):
    with pytest.raises(InputError, match="at least one input"):
        build_library([], tmp_path / "x.parquet")
    with pytest.raises(InputError, match="must be one of c7h10o2, "):
        build_library("qm9", tmp_path / "x.parquet")
    with pytest.raises(InputError, match="no molecule could be kept"):
        build_library(entries("C[SeH]"), tmp_path / "x.parquet", workers=0)


# the store


def test_broken_libraries_are_named(built, tmp_path):
    _, good = built
    table = load_library(good)
    with pytest.raises(InputError, match="found none at gone"):
        load_library(tmp_path / "gone.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(InputError, match="must be a whole Parquet file"):
        load_library(tmp_path / "text.parquet")
    table.drop(columns="positions").to_parquet(tmp_path / "lacks.parquet")
    with pytest.raises(InputError, match="missing: positions"):
        load_library(tmp_path / "lacks.parquet")
    table.head(0).to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="at least one molecule"):
        load_library(tmp_path / "empty.parquet")


def test_what_can_be_derived_is_filled_in(built, tmp_path):
    table = load_library(built[1])
    table[["numbers", "positions"]].to_parquet(tmp_path / "bare.parquet")
    bare = load_library(tmp_path / "bare.parquet")
    assert list(bare["n_atoms"]) == list(table["n_atoms"])
    assert (bare["id"][0], bare["geometry"][0]) == ("row 1", "as given")


def test_library_info_and_names(built):
    result, out = built
    info = library_info(load_library(out))
    assert info["n_molecules"] == len(result.library)
    assert info["n_constitutions"] == 4
    assert info["formulae"] == {"C7H10O2": len(result.library)}
    assert info["elements"] == ["H", "C", "O"]
    assert info["n_atoms"] == (19, 19)
    assert find_libraries(out.parent) == {"small": out}
