import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.geometry import check_geometry
from core.reference.datasets import QM9_GFN2, QM9_PBE, load_labels, load_reserved


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
    assert len(seen) == 30_000
    assert not seen & load_reserved()
    assert not seen & set(labels.table.loc[labels.table["split"] != "train", "qm9_index"])


def test_every_label_is_physical(labels):
    for geometry, levels, row in zip(labels.geometries(), labels.levels(), labels.table.itertuples(), strict=True):
        n_electrons = int(geometry.numbers.sum())
        assert row.n_occupied == n_electrons // 2
        assert row.n_core == (geometry.numbers > 1).sum()
        assert (np.diff(row.levels_ev) >= 0).all()
        assert -45 < levels.valence_ev[0] < levels.homo_ev < -1
        assert levels.gap_ev > 0
    for geometry in labels.geometries()[:50]:
        check_geometry(geometry)


def test_homo_of_glyoxal_is_pbes(labels):
    """PBE's HOMO lies 2 to 5 eV above minus the ionisation energy, 10.2 to 10.6 eV (NIST WebBook): units and sign hold."""
    glyoxal = labels.select(labels.table["smiles"] == "O=CC=O")
    assert len(glyoxal) == 1
    assert -10.4 + 2 < glyoxal.levels()[0].homo_ev < -10.4 + 5


def test_splits(labels):
    assert len(labels.split("test")) == 1000
    with pytest.raises(InputError, match=r"split must be one of .*train.*, got 'validation'"):
        labels.split("validation")


def test_unreadable_labels_say_why(tmp_path):
    path = tmp_path / "labels.parquet"
    with pytest.raises(InputError, match="readable Parquet"):
        load_labels(path)
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(InputError, match="readable Parquet"):
        load_labels(path)
    pd.DataFrame({"id": ["a"]}).to_parquet(path)
    with pytest.raises(InputError, match="lacks numbers, positions"):
        load_labels(path)
