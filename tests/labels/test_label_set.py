import numpy as np
import pandas as pd
import pytest
from archive_files import some_labels, write_ghosh, write_qm9_folder

from core.assets import BROAD_GFN2, BROAD_PBE, DRAWN_PBE, QM9_GFN2, QM9_PBE, REFERENCE
from core.errors import InputError
from core.labels.label_set import LabelSet, Provenance, join_labels, load_labels, save_labels, training_split
from core.labels.splits import is_reserved, load_reserved, molecule_keys
from core.structure.domain import check_geometry
from core.structure.geometry import count_core_levels
from core.theory import REFERENCE_THEORY, XTB_THEORY


@pytest.fixture(scope="module")
def labels():
    return load_labels(QM9_PBE)


def test_shipped_labels_are_what_the_readme_says(labels):
    table = labels.table
    assert table["id"].is_unique
    assert (table["split"] == "test").sum() == 1000
    assert set(table.loc[table["split"] == "test", "geometry"]) == {"dft"}
    assert set(table["geometry"]) == {"dft", "mmff", "rattled"}
    assert not set(table["qm9_index"]) & load_reserved()
    held_out = table.loc[table["split"] != "train", "qm9_index"]
    assert not set(held_out) & set(table.loc[table["split"] == "train", "qm9_index"])
    assert set(table.loc[table["split"] == "test_other", "qm9_index"]) <= set(
        table.loc[table["split"] == "test", "qm9_index"]
    )


def test_pretraining_never_saw_held_out_molecules(labels):
    seen = set(load_labels(QM9_GFN2).table["qm9_index"])
    assert len(seen) == 29_996
    assert not seen & load_reserved()
    assert not seen & set(labels.table.loc[labels.table["split"] != "train", "qm9_index"])


def check_physical(labels):
    """Every row's levels ascend, and lie where those of neutral closed-shell molecules do."""
    for geometry, levels, row in zip(labels.geometries(), labels.levels(), labels.table.itertuples(), strict=True):
        assert row.n_occupied == int(geometry.numbers.sum()) // 2
        assert row.n_core == count_core_levels(geometry)
        assert (np.diff(row.levels_ev) >= 0).all()
        assert -45 < levels.valence_ev[0] < levels.homo_ev < -1
        assert levels.gap_ev > 0


def test_every_label_is_physical(labels):
    check_physical(labels)
    heavy = [(g.numbers > 1).sum() for g in labels.geometries()]
    assert (labels.table["n_core"] == heavy).all()
    for geometry in labels.geometries()[:50]:
        check_geometry(geometry)


@pytest.mark.parametrize(
    ("name", "n_rows", "heavy_atoms", "elements"),
    [("aa", 1000, (5, 15), {1, 6, 7, 8, 16}), ("oe", 500, (10, 20), {1, 6, 7, 8, 9, 16})],
)
def test_sets_of_other_chemistry_are_what_the_readme_says(name, n_rows, heavy_atoms, elements):
    labels = load_labels(REFERENCE / f"{name}.parquet")
    assert len(labels) >= n_rows
    assert labels.table["id"].is_unique
    assert labels.provenance.level_of_theory == str(REFERENCE_THEORY)
    check_physical(labels)
    keys = {split: set(molecule_keys(labels.split(split).table)) for split in ("train", "test")}
    assert not keys["train"] & keys["test"], "conformers of a molecule fall on one side"
    assert not any(is_reserved(key) for key in keys["train"] | keys["test"])
    sizes = [int((g.numbers > 1).sum()) for g in labels.geometries()]
    assert (min(sizes), max(sizes)) == heavy_atoms
    assert {int(z) for g in labels.geometries() for z in g.numbers} == elements


def test_homo_of_glyoxal_is_pbes(labels):
    """PBE's HOMO lies 2 to 5 eV above minus the ionisation energy, 10.2 to 10.6 eV (NIST WebBook): units and sign hold."""
    glyoxal = labels.select(labels.table["smiles"] == "O=CC=O")
    assert len(glyoxal) == 1
    assert -10.4 + 2 < glyoxal.levels()[0].homo_ev < -10.4 + 5


def test_labels_of_a_users_own_file_get_a_split(tmp_path):
    path = tmp_path / "labels.parquet"
    own = some_labels(40, split="train").table.assign(split="file", qm9_index=-1)
    own.to_parquet(path)
    found = load_labels(path)
    assert set(found.table["split"]) == {"train", "test"}
    assert any("split drawn here by molecule" in note for note in found.notes)
    save_labels(found, tmp_path / "kept.parquet")
    pd.testing.assert_frame_equal(load_labels(tmp_path / "kept.parquet").table, found.table, check_dtype=False)
    own.assign(split="library").to_parquet(path)
    assert set(load_labels(path).table["split"]) == {"library"}


def test_a_short_list_of_levels_is_not_taken_for_the_deepest(tmp_path):
    path, own = tmp_path / "labels.parquet", some_labels(3, split="train").table
    levels = own["levels_ev"].tolist()
    levels[1] = levels[1][-6:]
    own.assign(levels_ev=levels, n_core=0, n_occupied=[own["n_occupied"][0], 5, own["n_occupied"][2]]).to_parquet(path)
    with pytest.raises(InputError, match=rf"valence levels, found {len(levels[0])} levels of which 0 are core"):
        load_labels(path)
    own.iloc[1:2].assign(levels_ev=[levels[1]], n_core=0, n_occupied=5).to_parquet(path)
    with pytest.raises(InputError, match="found 6 levels of which 0 are core and 5 occupied; put nan"):
        load_labels(path)


def test_more_molecules_can_be_kept_for_testing(tmp_path):
    path = tmp_path / "labels.parquet"
    some_labels(80, split="train").table.assign(split="file").to_parquet(path)
    few, many = (load_labels(path, test_fraction=f).table["split"] == "test" for f in (0.1, 0.5))
    assert few.sum() < many.sum() < 60
    assert many[few].all(), "what was for testing stays for testing"
    with pytest.raises(InputError, match="must be between 0 and 1, got 1"):
        load_labels(path, test_fraction=1.0)


def test_splits(labels):
    assert len(labels.split("test")) == 1000
    with pytest.raises(InputError, match=r"split must be one of .*train.*, got 'validation'"):
        labels.split("validation")


def test_unreadable_labels_say_why(tmp_path):
    path = tmp_path / "labels.parquet"
    with pytest.raises(InputError, match=r"must be a readable file or folder: .*No such file"):
        load_labels(path)
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(InputError, match="must be a readable table"):
        load_labels(path)
    pd.DataFrame({"id": ["a"]}).to_parquet(path)
    with pytest.raises(InputError, match="levels must be given once"):
        load_labels(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        load_labels(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("molecules.xyz", "1\nwater\nO 0 0 0\n", "holds labels only if it is QM9's"),
        ("figure.png", "\x89PNG", "is none of them"),
        ("levels.json", "[1, 2]", 'orient="split"'),
    ],
)
def test_a_file_of_another_kind_is_told_so(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        load_labels(path)


def test_a_folder_of_nothing_known(tmp_path):
    with pytest.raises(InputError, match=r"the folder .* is none of them"):
        load_labels(tmp_path)


def test_options_are_refused_where_they_mean_nothing(tmp_path):
    with pytest.raises(InputError, match="states its level of theory and is in eV"):
        load_labels(QM9_PBE, theory="pbe")
    folder = write_ghosh(tmp_path / "ghosh", some_labels(2))
    with pytest.raises(InputError, match="can be chosen of OE62 only"):
        load_labels(folder, theory="pbe")
    with pytest.raises(InputError, match="a unit can be told of a table of one's own only"):
        load_labels(folder, unit="eV")


def test_shipped_labels_say_how_they_were_computed(labels):
    assert labels.provenance.level_of_theory == str(REFERENCE_THEORY)
    assert {load_labels(path).provenance.level_of_theory for path in (QM9_GFN2, BROAD_GFN2)} == {str(XTB_THEORY)}
    assert {load_labels(path).provenance.level_of_theory for path in (BROAD_PBE, DRAWN_PBE)} == {str(REFERENCE_THEORY)}
    assert labels.describe(model_theory=str(REFERENCE_THEORY))["notes"] == []


def test_labels_of_another_method_are_told_apart_from_the_models(tmp_path):
    labels = load_labels(write_qm9_folder(tmp_path / "qm9", some_labels(2)))
    assert (
        "the model predicts PBE/6-31+G(d), the labels are B3LYP/6-31G(2df,p)"
        in labels.describe(model_theory=str(REFERENCE_THEORY))["notes"][-1]
    )


def test_saved_labels_keep_everything(tmp_path):
    folder = write_qm9_folder(tmp_path / "qm9", some_labels(3))
    (folder / "broken.xyz").write_text("5\n")
    labels = load_labels(folder)
    save_labels(labels, tmp_path / "new" / "labels.parquet")
    again = load_labels(tmp_path / "new" / "labels.parquet")
    assert again.provenance == labels.provenance
    assert again.notes == labels.notes
    pd.testing.assert_frame_equal(again.left_out, labels.left_out)
    assert list(again.table) == list(labels.table)
    for a, b in zip(again.levels(), labels.levels(), strict=True):
        np.testing.assert_array_equal(a.valence_ev, b.valence_ev)
    assert again.split("test").provenance == labels.provenance


def test_labels_that_cannot_be_written_say_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="output must be writable"):
        save_labels(some_labels(1), tmp_path / "file" / "labels.parquet")


def test_joined_sets_keep_every_row_in_order():
    first, second = some_labels(5), some_labels(4, split="train")
    joined = join_labels(first, LabelSet(second.table.drop(columns="qm9_index"), second.provenance))
    assert joined.table["id"].tolist() == [*first.table["id"], *second.table["id"]]
    assert joined.table["qm9_index"].tolist() == [*first.table["qm9_index"], -1, -1, -1, -1]
    assert joined.provenance == first.provenance
    assert join_labels(first) is first


def test_sets_of_two_theories_or_with_one_id_twice_are_not_joined():
    first = some_labels(5)
    with pytest.raises(InputError, match=r"must be of one level of theory, found not stated and B3LYP"):
        join_labels(first, LabelSet(some_labels(3, split="train").table, Provenance("", "B3LYP")))
    with pytest.raises(InputError, match=f"must not share an id, found {first.table['id'][0]} twice"):
        join_labels(first, first)


def test_a_test_molecule_under_another_name_is_not_trained_on():
    train, test = some_labels(40, split="train"), some_labels(6)
    smuggled = test.table.iloc[:2].assign(id=["a", "b"], qm9_index=-1, split="train")
    table = pd.concat([train.table, test.table.iloc[3:], smuggled], ignore_index=True)
    with pytest.raises(InputError, match="must not see reserved or test molecules, found 2: a, b"):
        training_split(LabelSet(table, train.provenance), valid_fraction=0.2, seed=1)
