"""A table of one's own as labels: CSV, TSV, Parquet."""

import numpy as np
import pandas as pd
import pytest
from archive_files import some_labels, table_columns, write_csv

from core.errors import InputError
from core.labels.label_set import load_labels
from core.units import HARTREE_EV


@pytest.fixture(scope="module")
def chosen():
    return some_labels(4)


@pytest.fixture
def columns(chosen):
    return table_columns(chosen)


def from_homo(chosen, *, depth=16, unit="ev", factor=1.0):
    names = ["homo" if k == 0 else f"homo-{k}" for k in range(depth)]
    values = np.array([x.band_ev[::-1][:depth] for x in chosen.levels()]) / factor
    return {f"{name}_{unit}": values[:, k] for k, name in enumerate(names)}


def assert_levels(labels, chosen, *, known=None):
    assert labels.left_out.empty, list(labels.left_out["reason"])
    for found, truth in zip(labels.levels(), chosen.levels(), strict=True):
        n = known or len(truth.valence_ev)
        assert (found.n_known, len(found.valence_ev)) == (n, len(truth.valence_ev))
        np.testing.assert_allclose(found.valence_ev[-n:], truth.valence_ev[-n:], atol=1e-4)


def test_a_list_of_levels(tmp_path, chosen, columns):
    labels = load_labels(write_csv(tmp_path / "mine.csv", columns))
    assert_levels(labels, chosen)
    assert labels.levels()[0].lumo_ev == pytest.approx(chosen.levels()[0].lumo_ev, abs=1e-5)
    assert labels.provenance.level_of_theory == ""
    assert labels.describe()["provenance"]["licence"] == "not stated"


def test_levels_from_the_homo_down_in_hartree(tmp_path, chosen, columns):
    del columns["levels_ev"], columns["lumo_ev"]
    table = columns | from_homo(chosen, depth=3, unit="hartree", factor=HARTREE_EV)
    assert_levels(load_labels(write_csv(tmp_path / "mine.csv", table)), chosen, known=3)


def test_numbered_levels_and_a_unit_told_apart(tmp_path, chosen, columns):
    del columns["levels_ev"], columns["lumo_ev"]
    band = np.array([x.band_ev for x in chosen.levels()]) / HARTREE_EV
    table = columns | {f"level_{k + 1}": band[:, k] for k in range(16)}
    path = write_csv(tmp_path / "mine.csv", table)
    with pytest.raises(InputError, match="the unit of the levels must be stated"):
        load_labels(path)
    assert_levels(load_labels(path, unit="Hartree"), chosen, known=16)
    with pytest.raises(InputError, match="must be eV or Hartree, got 'kcal'"):
        load_labels(path, unit="kcal")
    doubtful = load_labels(path, unit="eV")
    assert "is the unit right?" in doubtful.notes[-1]
    assert_levels(load_labels(write_csv(tmp_path / "row.csv", table | {"unit": ["Hartree"] * 4})), chosen, known=16)


def test_parquet_with_arrays(tmp_path, chosen):
    table = chosen.table[["id", "smiles", "numbers", "positions", "qm9_index"]].copy()
    table["levels_ev"] = [x.valence_ev for x in chosen.levels()]
    table["positions"] = [list(x.reshape(-1, 3)) for x in table["positions"]]  # nested
    table["split"] = ["train", "train", "test", "valid"]
    table.to_parquet(tmp_path / "mine.parquet")
    labels = load_labels(tmp_path / "mine.parquet")
    assert_levels(labels, chosen)
    assert list(labels.table["split"]) == ["train", "train", "test", "valid"], "its own split is kept"
    assert list(labels.table["qm9_index"]) == list(chosen.table["qm9_index"])


def test_tabs_semicolons_and_line_ends(tmp_path, chosen, columns):
    columns["xyz"] = [x.replace("\n", "\\n") for x in columns["xyz"]]  # one line a row
    frame = pd.DataFrame(columns)
    for sep, name in (("\t", "mine.tsv"), (";", "mine.csv")):
        path = tmp_path / name
        frame.to_csv(path, sep=sep, index=False)
        lines = path.read_bytes().split(b"\n")
        path.write_bytes(b"\xef\xbb\xbf" + lines[0] + b"\r\n" + lines[1] + b"\n" + b"\r\n".join(lines[2:]))
        assert_levels(load_labels(path), chosen)


def test_lists_as_text(tmp_path, chosen, columns):
    geometry = chosen.geometries()
    del columns["xyz"]
    columns["numbers"] = [" ".join(map(str, g.numbers)) for g in geometry]
    columns["positions"] = [str(g.positions.tolist()) for g in geometry]
    columns["levels_ev"] = [" ".join(map(str, x.valence_ev)) for x in chosen.levels()]
    assert_levels(load_labels(write_csv(tmp_path / "mine.csv", columns)), chosen)


def test_a_list_that_goes_on_beyond_the_homo(tmp_path, chosen, columns):
    del columns["lumo_ev"]
    levels = chosen.levels()
    columns["levels_ev"] = [str([*x.valence_ev.tolist(), x.lumo_ev, 9.9]) for x in levels]
    columns["n_occupied"] = [len(x.valence_ev) for x in levels]
    labels = load_labels(write_csv(tmp_path / "mine.csv", columns))
    assert_levels(labels, chosen)
    assert labels.levels()[1].lumo_ev == pytest.approx(levels[1].lumo_ev, abs=1e-5)


def test_provenance_is_read_and_must_be_one(tmp_path, columns):
    stated = {"level_of_theory": ["PBE0/def2-SVP"] * 4, "doi": ["10.1/x"] * 4, "license": ["CC0"] * 4}
    provenance = load_labels(write_csv(tmp_path / "mine.csv", columns | stated)).provenance
    assert (provenance.level_of_theory, provenance.doi, provenance.licence) == ("PBE0/def2-SVP", "10.1/x", "CC0")
    stated["level_of_theory"][2] = "HF"
    with pytest.raises(InputError, match="level_of_theory must be the same in all rows, found HF, PBE0/def2-SVP"):
        load_labels(write_csv(tmp_path / "two.csv", columns | stated))


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("xyz", "", "must start with its number of atoms"),
        ("xyz", "3\n\nO 0 0 0\nH 0 0 1\n", "the frame announces 3 atoms, found 2"),
        ("xyz", "3\n\nO 0 0 0\nH 0 0 1\nH 0 nan 1\n", "coordinates must be finite"),
        ("levels_ev", "", "at least the HOMO is needed"),
        ("levels_ev", "[-9.0, NaN]", "levels must be finite numbers, 1 are not"),
        ("levels_ev", "[-9.0, 'x']", "levels_ev must be a list of numbers"),
        ("levels_ev", "-7,2; -9,3", "levels_ev must have decimal points, got '-7,2; -9,3'"),
        ("levels_ev", str(list(range(-60, -2))), "valence levels and"),
        ("levels_ev", "__import__('os').getcwd()", "levels_ev must be a list of numbers"),
        ("lumo_ev", "high", "lumo_ev must be a number, got 'high'"),
        ("smiles", "C1CC", "SMILES cannot be read"),
        ("smiles", "CCBr", "SMILES and geometry must be of the same atoms"),
        ("split", "", "has a column split, and it is empty"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed(tmp_path, chosen, columns, column, cell, reason):
    columns |= {"smiles": ["" if column == "xyz" else s for s in chosen.table["smiles"]], "split": ["train"] * 4}
    columns[column][1] = cell
    labels = load_labels(write_csv(tmp_path / "mine.csv", columns))
    assert len(labels) == 3
    assert list(labels.left_out["id"]) == [chosen.table["id"][1]]
    assert reason in labels.left_out["reason"][0]


def test_levels_with_gaps(tmp_path, chosen, columns):
    del columns["levels_ev"]
    levels = {k: [str(x) for x in v] for k, v in from_homo(chosen, depth=4).items()}
    levels["homo-3_ev"][0] = ""  # the deepest may be missing
    levels["homo-1_ev"][1] = ""
    labels = load_labels(write_csv(tmp_path / "mine.csv", columns | levels))
    assert [x.n_known for x in labels.levels()] == [3, 4, 4]
    assert labels.left_out["reason"].tolist() == ["homo-1_ev is empty, and a deeper level is not"]
    numbered = {f"level_{k + 1}_ev": v for k, v in enumerate(levels.values())}
    labels = load_labels(write_csv(tmp_path / "numbered.csv", columns | numbered))
    assert len(labels.left_out) == 2
    assert labels.left_out["reason"][0].startswith("level_4_ev is empty: where their number differs")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["id", "xyz"], "levels must be given once, as levels_ev .* found none of these"),
        (["id", "xyz", "levels_ev", "homo_ev"], "levels must be given once"),
        (["id", "xyz", "levels_ev", "levels_hartree"], "levels must be given once"),
        (["id", "xyz", "homo_ev", "homo-2_ev"], "must leave no gap, found homo_ev, homo-2_ev"),
        (["id", "xyz", "homo-1_ev"], "must leave no gap"),
        (["id", "xyz", "level_1_ev", "level_3_ev"], "must leave no gap"),
        (["id", "xyz", "homo_ev", "lumo_hartree"], "all levels must be in one unit"),
        (["id", "xyz", "levels"], "the unit of the levels must be stated"),
        (["id", "smiles", "levels_ev"], "labels need a geometry a row"),
    ],
)
def test_columns_that_do_not_make_labels(tmp_path, names, message):
    with pytest.raises(InputError, match=message):
        load_labels(write_csv(tmp_path / "mine.csv", {name: ["1"] for name in names}))


def test_a_table_without_rows_or_columns(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("")
    with pytest.raises(InputError, match="is empty"):
        load_labels(path)
    path.write_text("id,xyz,levels_ev\n")
    with pytest.raises(InputError, match="at least one row"):
        load_labels(path)
    path.write_text('id,xyz,levels_ev\na,"1\n')
    with pytest.raises(InputError, match="readable table"):
        load_labels(path)


def test_a_table_whose_rows_are_all_bad_says_why(tmp_path, columns):
    columns["levels_ev"] = ["none"] * 4
    with pytest.raises(InputError, match=r"no row of .* can be used, 4 left out, .*must be a list of numbers"):
        load_labels(write_csv(tmp_path / "mine.csv", columns))
