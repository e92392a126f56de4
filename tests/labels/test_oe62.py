import json

import numpy as np
import pytest
from archive_files import oe62_columns, some_labels, write_split_json

from core.elements import COVERED_SYMBOLS
from core.errors import InputError
from core.labels.archives.oe62 import THEORIES
from core.labels.label_set import load_labels


@pytest.fixture(scope="module")
def chosen():
    return some_labels(5)


@pytest.mark.parametrize("cores", [True, False], ids=["all occupied levels", "valence levels only"])
def test_pbe_levels_come_out_as_they_went_in(tmp_path, chosen, cores):
    labels = load_labels(write_split_json(tmp_path / "df_62k.json", oe62_columns(chosen, cores=cores)))
    assert list(labels.table["id"]) == list(chosen.table["id"])
    assert labels.left_out.empty
    for found, truth in zip(labels.levels(), chosen.levels(), strict=True):
        np.testing.assert_allclose(found.valence_ev, truth.valence_ev, atol=1e-5)
        assert found.lumo_ev == pytest.approx(truth.lumo_ev, abs=1e-5)
    for found, truth in zip(labels.geometries(), chosen.geometries(), strict=True):
        assert found.numbers.tolist() == truth.numbers.tolist()
        np.testing.assert_allclose(found.positions, truth.positions, atol=1e-5)
    assert list(labels.table["smiles"]) == list(chosen.table["smiles"]), "without the tab and the line end"


def test_every_level_of_theory_can_be_chosen_and_says_what_it_is(tmp_path, chosen):
    columns = oe62_columns(chosen)
    for k, theory in enumerate(THEORIES.values()):
        shifted = oe62_columns(chosen, shift_ev=-0.25 * k)
        columns[theory.occupied] = shifted["energies_occ_pbe"]
        columns[theory.empty] = shifted["energies_unocc_pbe"]
    path = write_split_json(tmp_path / "df_5k.json", columns)
    homo = chosen.levels()[0].homo_ev
    for k, (key, theory) in enumerate(THEORIES.items()):
        labels = load_labels(path, theory=key)
        assert labels.levels()[0].homo_ev == pytest.approx(homo - 0.25 * k, abs=1e-4)
        assert labels.provenance.level_of_theory == theory.text
        assert labels.provenance.doi == "10.1038/s41597-020-0385-y"
        assert "CC BY 4.0" in labels.provenance.licence
    assert load_labels(path).provenance.level_of_theory == THEORIES["pbe"].text
    with pytest.raises(InputError, match=r"level of theory must be one of pbe, pbe0_vac_tier2, .*got 'b3lyp'"):
        load_labels(path, theory="b3lyp")


def test_a_level_of_theory_that_the_file_lacks(tmp_path, chosen):
    path = write_split_json(tmp_path / "df_62k.json", oe62_columns(chosen))
    with pytest.raises(InputError, match="has no gw_tzvp levels, it has pbe"):
        load_labels(path, theory="gw_tzvp")


def test_rows_that_cannot_be_used_are_listed(tmp_path, chosen):
    columns = oe62_columns(chosen)
    columns["xyz_pbe_relaxed"][0] = columns["xyz_pbe_relaxed"][0].rsplit("\n", 2)[0]  # an atom line is gone
    columns["energies_occ_pbe"][1] = columns["energies_occ_pbe"][1][1:]  # a core is gone: only then are all cores there
    columns["energies_occ_pbe"][2] = columns["energies_occ_pbe"][2][:-1]  # a valence level is gone
    columns["energies_unocc_pbe"][3] = []
    columns["energies_occ_pbe"][4] = None
    labels = load_labels(write_split_json(tmp_path / "df_62k.json", columns))
    assert list(labels.table["id"]) == [chosen.table["id"][k] for k in (1, 3)]
    assert np.isnan(labels.levels()[1].lumo_ev)
    reasons = dict(zip(labels.left_out["id"], labels.left_out["reason"], strict=True))
    assert "the frame announces" in reasons[chosen.table["id"][0]]
    assert "valence levels" in reasons[chosen.table["id"][2]]
    assert "at least the HOMO is needed" in reasons[chosen.table["id"][4]]


def test_other_elements_and_nan_are_listed(tmp_path, chosen):
    columns = oe62_columns(chosen)
    columns["xyz_pbe_relaxed"][0] = columns["xyz_pbe_relaxed"][0].replace("\nO ", "\nSe ").replace("\nN ", "\nSe ")
    columns["energies_occ_pbe"][1][5] = float("nan")  # JSON as Python writes it
    columns["energies_occ_pbe"][2] = "not levels"
    labels = load_labels(write_split_json(tmp_path / "df_31k.json", columns))
    assert len(labels) == 2
    assert [x.split(",")[0] for x in labels.left_out["reason"]] == [
        f"elements must be among {' '.join(COVERED_SYMBOLS)}",
        "levels must be finite numbers",
        "energies_occ_pbe must be a list of numbers",
    ]


@pytest.mark.parametrize("orient", ["columns", "records", "index", "values"])
def test_another_orient_is_named(tmp_path, chosen, orient):
    path = write_split_json(tmp_path / "df_62k.json", oe62_columns(chosen))
    frame = json.loads(path.read_text())
    records = [dict(zip(frame["columns"], row, strict=True)) for row in frame["data"]]
    other = {
        "records": records,
        "columns": {c: {str(k): r[c] for k, r in enumerate(records)} for c in frame["columns"]},
        "index": {str(k): r for k, r in enumerate(records)},
        "values": frame["data"],
    }[orient]
    path.write_text(json.dumps(other))
    with pytest.raises(InputError, match='must be JSON that pandas wrote with orient="split"'):
        load_labels(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"columns": ["refcode_csd"], "index": [0], "data": [["A"]', "whole, readable JSON"),
        ('{"columns": ["refcode_csd"], "index": [0], "data": [["A"]]}', "lacks xyz_pbe_relaxed"),
        ('{"columns": ["refcode_csd", "xyz_pbe_relaxed"], "index": [0], "data": [["A", ""]]}', "it has none"),
        ("", "is empty"),
        ("[" * 100_000, "whole, readable JSON"),
    ],
)
def test_a_file_that_is_not_oe62(tmp_path, text, message):
    path = tmp_path / "df_5k.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_labels(path)


def test_a_row_of_another_length_is_listed(tmp_path, chosen):
    path = write_split_json(tmp_path / "df_62k.json", oe62_columns(chosen))
    frame = json.loads(path.read_text())
    frame["data"][0] = frame["data"][0][:-1]
    frame["data"][1] = "row"
    path.write_text(json.dumps(frame))
    labels = load_labels(path)
    assert list(labels.left_out["id"]) == ["row 1", "row 2"]
    assert set(labels.left_out["reason"]) == {"a row must have 7 cells"}


def test_a_folder_of_them_asks_which(tmp_path, chosen):
    write_split_json(tmp_path / "df_62k.json", oe62_columns(chosen))
    with pytest.raises(InputError, match=r"name one of df_62k.json"):
        load_labels(tmp_path)
